"""What a critic found out about two sets of samples."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from lit_wgan.evaluation.by_critic.options import CriticOptions

DRIFT = 0.05
"""Of the distance, from the third quarter of training to the last, up to which it has settled."""


class Judged(NamedTuple):
    """How a critic judges samples that it is not trained on.

    Attributes:
        update: critic updates before.
        estimate: the difference of its mean scores of the two sets.
        slope: the mean norm of its gradient between them.
    """

    update: int
    estimate: float
    slope: float


def distance(course: list[Judged]) -> float:
    """The mean estimate over the mean slope: what a critic of slope 1 would find; 0 for one that is flat."""
    slope = sum(each.slope for each in course)
    return sum(each.estimate for each in course) / slope if slope else 0.0


@dataclass(frozen=True, kw_only=True)
class CriticDistance:
    """The distance between two sets, in the units of the samples.

    Args:
        course: what the critic found while it was trained.
        error: standard error of its last estimate, were others held out.
        exact: the exact distance between ``exact_rows`` samples of each set.
        floor: the same between as many samples of the first set and others of it.
        exact_rows: how many.
        rows: samples in each set.
        shape: of one sample.
        network: class of the critic.
        options: see :class:`CriticOptions`.
        seconds: that training took.
    """

    course: list[Judged]
    error: float
    exact: float
    floor: float
    exact_rows: int
    rows: tuple[int, int]
    shape: tuple[int, ...]
    network: str
    options: CriticOptions
    seconds: float

    def _quarter(self, number: int) -> list[Judged]:
        """The course in a quarter of training, of which 0 is the last and 1 the one before."""
        length = -(-len(self.course) // 4)
        end = len(self.course) - number * length
        return self.course[max(end - length, 0) : max(end, 0)]

    @property
    def estimate(self) -> float:
        """The critic's estimate, averaged over the last quarter of training."""
        last = self._quarter(0)
        return sum(each.estimate for each in last) / len(last)

    @property
    def slope(self) -> float:
        """The critic's mean slope, likewise, which the penalty leaves above 1."""
        last = self._quarter(0)
        return sum(each.slope for each in last) / len(last)

    @property
    def distance(self) -> float:
        """The estimate over the slope."""
        return distance(self._quarter(0))

    @property
    def drift(self) -> float:
        """By how much the distance has changed from the third quarter of training to the last."""
        return self.distance - distance(self._quarter(1))

    @property
    def has_settled(self) -> bool:
        """Whether that is less than 5 % of the distance, or than its standard error."""
        return abs(self.drift) <= max(DRIFT * abs(self.distance), self.error)

    def table(self) -> str:
        """All of it as lines of text."""
        course = f"{self.drift:+.2g} in the last quarter of {self.options.updates:,} updates of {self.network}"
        rows = {
            "critic's estimate": f"{self.estimate:.4g}, standard error {self.error:.2g}",
            "its mean slope": f"{self.slope:.4g}",
            "estimate over slope": f"{self.distance:.4g}",
            "exact W1": f"{self.exact:.4g} of {self.exact_rows:,} samples of each, floor {self.floor:.4g}",
            "settled": f"yes: {course}" if self.has_settled else f"no: {course}. Raise --updates",
            "time": f"{self.seconds:.1f} s",
        }
        return "\n".join(f"{name:<21}{value}" for name, value in rows.items())

    def as_json(self) -> dict[str, Any]:
        """The same as plain types."""
        names = ("distance", "estimate", "slope", "drift", "has_settled")
        found = {name: getattr(self, name) for name in names}
        return found | asdict(self) | {"course": [each._asdict() for each in self.course]}
