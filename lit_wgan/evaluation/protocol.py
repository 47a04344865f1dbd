"""What a figure is worth nothing without: the protocol that it was measured by."""

from dataclasses import asdict, dataclass
from typing import Any

from lit_wgan.evaluation.weights import INCEPTION


@dataclass(frozen=True)
class Protocol:
    """All that figures depend on. Only those of one protocol compare."""

    samples: str
    num_samples: int
    reference: str
    num_real: int | None
    extractor: str
    layers: dict[str, str]
    weights_sha256: str
    precision: str
    compat: str
    seed: int
    batch_size: int
    devices: int
    isc_splits: int
    kid_subsets: int
    kid_subset_size: int

    def in_words(self) -> list[str]:
        """Lines for people."""
        layers = ", ".join(f"{layer} for {metric}" for metric, layer in self.layers.items())
        return [
            f"samples    {self.samples}, seed {self.seed}",
            f"reference  {self.reference}",
            f"extractor  {self.extractor} ({layers}), weights sha256 {self.weights_sha256[:16]}",
            f"precision  {self.precision}, compat {self.compat}, {self.devices} device(s)",
        ]


class FidelityResult(dict[str, float]):
    """Figures by name, and how they were measured.

    Args:
        figures: such as ``fid``; those of another extractor than Inception end in its name, ``fid_digits``.
        protocol: what they depend on.
        seconds: how long it took.
    """

    def __init__(self, figures: dict[str, float], protocol: Protocol, seconds: float):
        super().__init__(figures)
        self.protocol = protocol
        self.seconds = seconds

    def table(self) -> str:
        """Figures and protocol as lines of text."""
        width = max(map(len, self))
        figures = [f"{name:<{width}}  {value:.6g}" for name, value in self.items()]
        return "\n".join([*figures, "", *self.protocol.in_words()])

    def as_json(self) -> dict[str, Any]:
        """Figures and protocol as plain types."""
        return {"figures": dict(self), "protocol": asdict(self.protocol), "seconds": self.seconds}


def figure_name(name: str, extractor: str) -> str:
    """What a figure is called: by its plain name only if Inception's features were measured."""
    return name if extractor == INCEPTION else f"{name}_{extractor}"
