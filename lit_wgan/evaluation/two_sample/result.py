"""Metrics of samples with the protocol they were measured under."""

from dataclasses import asdict, dataclass
from typing import Any

from lit_wgan.evaluation.two_sample.kinds import SAMPLE_METRICS

STANDARDISED = "by the reference: each column of (N, d), channel of (N, T, d) or (N, C, ...)"


@dataclass(frozen=True, kw_only=True)
class SampleProtocol:
    """All that metrics of samples depend on.

    Args:
        samples: the generated samples, in words.
        reference: the held-out samples, in words.
        floor: what the floors are of, in words.
        num_samples: how many of each.
        shape: of one sample.
        seed: of projections, folds and trees.
        features: name of the features that are compared; None for the samples themselves.
        metrics: what was asked for.
    """

    samples: str
    reference: str
    floor: str
    num_samples: int
    shape: tuple[int, ...]
    seed: int
    features: str | None
    metrics: list[str]

    def as_json(self) -> dict[str, Any]:
        """The same with what follows from the metrics: of how many samples, and in which units, each was computed."""
        kinds = {metric: SAMPLE_METRICS[metric] for metric in self.metrics if metric in SAMPLE_METRICS}
        most = {metric: min(kind.at_most or self.num_samples, self.num_samples) for metric, kind in kinds.items()}
        scaled = [metric for metric, kind in kinds.items() if not kind.own_units and self.features is None]
        standardised = {"standardised": scaled, "standardisation": STANDARDISED if scaled else "none"}
        return asdict(self) | {"samples_of": most} | standardised


class SampleResult(dict[str, float]):
    """Metrics and floors by name, and their protocol.

    Args:
        metrics: such as ``auc`` and ``auc_floor``.
        protocol: what they depend on.
    """

    def __init__(self, metrics: dict[str, float], protocol: SampleProtocol):
        super().__init__(metrics)
        self.protocol = protocol

    def table(self) -> str:
        """Each metric beside its floor, and the protocol, as lines of text."""
        names = [name for name in self if not name.endswith("_floor")]
        width = max(map(len, names))
        rows = [f"{'':<{width}}  {'samples':>10}  {'floor':>10}"]
        for name in names:
            floor = f"{self[f'{name}_floor']:>10.4g}" if f"{name}_floor" in self else f"{'':>10}"
            rows.append(f"{name:<{width}}  {self[name]:>10.4g}  {floor}".rstrip())
        given = self.protocol
        features = [] if given.features is None else [f"features   {given.features}"]
        return "\n".join(
            [
                *rows,
                "",
                f"samples    {given.samples}, {given.num_samples} of shape {given.shape}, seed {given.seed}",
                f"reference  {given.reference}",
                f"floor      {given.floor}",
                *features,
            ]
        )

    def as_json(self) -> dict[str, Any]:
        """Metrics and protocol as plain types."""
        return {"figures": dict(self), "protocol": self.protocol.as_json()}
