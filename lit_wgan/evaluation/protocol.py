"""Protocol under which a metric was measured; only metrics with equal protocols compare."""

from dataclasses import asdict, dataclass
from typing import Any

from lit_wgan.evaluation.classes import in_words
from lit_wgan.evaluation.options import ProtocolOptions


@dataclass(frozen=True, kw_only=True)
class Protocol(ProtocolOptions):
    """All that metrics depend on.

    Args:
        samples: the generated images, in words.
        num_samples: how many.
        reference: the real images, in words.
        num_real: how many, if that is known.
        extractor: name of the feature extractor.
        layers: the layer that each metric takes its features from.
        weights_sha256: of the extractor's weights.
        devices: number of devices, which changes nothing but rounding.
        latent_law: of the noise.
        conditions: of the generated images, in words; None for unconditional ones.
        left_out: classes that ``intra_fid`` leaves out.
    """

    samples: str
    num_samples: int
    reference: str
    num_real: int | None
    extractor: str
    layers: dict[str, str]
    weights_sha256: str
    devices: int
    latent_law: str = "normal"
    conditions: str | None = None
    left_out: tuple[int, ...] = ()

    def in_words(self) -> list[str]:
        """Lines for people."""
        layers = ", ".join(f"{layer} for {metric}" for metric, layer in self.layers.items())
        noise = "" if self.latent_law == "normal" else f", {self.latent_law} noise"
        left_out = f"; left out of intra_fid: {in_words(self.left_out)}" if self.left_out else ""
        return [
            f"samples    {self.samples}, seed {self.seed}{noise}",
            *([] if self.conditions is None else [f"conditions {self.conditions}{left_out}"]),
            f"reference  {self.reference}",
            f"extractor  {self.extractor} ({layers}), weights sha256 {self.weights_sha256[:16]}",
            f"precision  {self.precision}, compat {self.compat}, {self.devices} device(s)",
        ]


class FidelityResult(dict[str, float]):
    """Metrics by name, and the protocol they were measured under.

    Args:
        metrics: such as ``fid``; names of another extractor than Inception end in its name, ``fid_digits``.
        protocol: what they depend on.
        seconds: how long it took.
    """

    def __init__(self, metrics: dict[str, float], protocol: Protocol, seconds: float):
        super().__init__(metrics)
        self.protocol = protocol
        self.seconds = seconds

    def table(self) -> str:
        """Metrics and protocol as lines of text."""
        width = max(map(len, self))
        metrics = [f"{name:<{width}}  {value:.6g}" for name, value in self.items()]
        return "\n".join([*metrics, "", *self.protocol.in_words()])

    def as_json(self) -> dict[str, Any]:
        """Metrics and protocol as plain types; the key of the metrics is ``figures``, as files have always had it."""
        return {"figures": dict(self), "protocol": asdict(self.protocol), "seconds": self.seconds}
