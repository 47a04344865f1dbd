"""Samples under each of several conditions."""

from math import ceil, sqrt

from torch import Tensor

from lit_wgan.data.conditions.given import first_part
from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.systems import AdversarialSystem


def samples_under_each(system: AdversarialSystem, conditions: Condition, count: int) -> list[Tensor]:
    """About ``count`` samples in all, number 0, 1, ... under each condition: those of one number share their noise.

    Returns:
        Samples ``(N, ...)`` for each condition, where N is the same for all, and at most the root of ``count``.
    """
    columns = len(first_part(conditions))
    rows = min(count // columns, ceil(sqrt(count)))

    def under(column: int) -> Tensor:
        repeated = map_condition(lambda part: part[column].expand(rows, *part.shape[1:]), conditions)
        return system.sample(slice(rows), condition=repeated)

    return [under(column) for column in range(columns)]
