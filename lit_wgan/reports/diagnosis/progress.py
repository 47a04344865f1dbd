"""Rules about the course of the main metric: do samples get better, did they, will they?"""

from itertools import pairwise
from statistics import median
from typing import NamedTuple

from lit_wgan.reports.diagnosis.courses import Course, course, floor
from lit_wgan.reports.diagnosis.finding import Finding, found
from lit_wgan.runs.run import Run

FEWEST_VALIDATIONS = 3
FAR = 2.0
"""Times the floor, above which W1 is far from it."""
NO_PROGRESS, STUCK, ENOUGH = 0.95, 3.0, 200
"""Late W1 over that of the second third, and over the floor, at least, after so many updates. Measured: 6 to 150 times
the floor in trainings that go nowhere, at most 2.6 in those as they should be."""
WORSE = 1.3
"""Late W1 over the best before. Measured: at most 1.1 in trainings as they should be."""
JUMP, JUMPS = 1.25, 2
"""W1 over the one before, and how often. Measured: at most one so large, near the floor."""
STILL_FALLS, NEAR = 0.75, 1.25
"""What is left of the distance to the floor after the last third, at most; times the floor, at least."""
LOWER_RATES = "Lower model.generator_optimizer.lr and model.critic_optimizer.lr"


class Distance(NamedTuple):
    """W1 or, where that is not logged, sliced W1, at all validations."""

    label: str
    metric: str
    course: Course
    floor: float


def w1(run: Run) -> Distance | None:
    """The distance of samples from held-out ones; None with too few validations, or without a floor."""
    for label, metric in (("W1", "eval/w1"), ("Sliced W1", "eval/sliced_w1")):
        measured, reached = course(run, metric), floor(run, metric)
        if len(measured.values) >= FEWEST_VALIDATIONS and reached is not None:
            return Distance(label, metric, measured, reached)
    return None


def w1_jumps(run: Run) -> Finding | None:
    """W1 leaps up again and again: the learning rates are too high, or the critic is hardly constrained.

    Source: runs of ours at learning rates of 0.05, at clip_value 1 and at gp_weight 0.001.
    """
    measured = w1(run)
    if measured is None:
        return None
    label, _, (_, values), reached = measured
    leaps = [b / a for a, b in pairwise(values) if a > 0 and b > FAR * reached and b > JUMP * a]
    if len(leaps) < JUMPS:
        return None
    return found(
        "w1 jumps",
        "fault",
        f"{label} rose by {100 * (JUMP - 1):.0f} % or more {len(leaps)} times, once by {100 * (max(leaps) - 1):.0f} %.",
        f"{LOWER_RATES}; constrain the critic more, by model.gp_weight or a smaller model.clip_value.",
    )


def w1_worse(run: Run) -> Finding | None:
    """W1 has been much better: training has diverged, or goes on past its best.

    Source: a run of ours at a learning rate of 0.05.
    """
    measured = w1(run)
    if measured is None:
        return None
    label, metric, (updates, values), reached = measured
    best, late = min(values), min(measured.course.late())
    if late < WORSE * best or late < WORSE * reached:
        return None
    return found(
        "w1 worse",
        "fault",
        f"{label} was {best:.3g} at update {updates[list(values).index(best)]}, and is {values[-1]:.3g} now.",
        f"{LOWER_RATES}; keep the best checkpoint with checkpoint.monitor {metric}.",
    )


def w1_stuck(run: Run) -> Finding | None:
    """W1 is far above its floor, and no better than it was in the second third: the generator does not learn.

    Source: runs of ours at clip_value 1e-4 and at a generator's learning rate of 1e-6.
    """
    measured = w1(run)
    if measured is None:
        return None
    label, _, (updates, values), reached = measured
    before, late = median(measured.course.halfway() or values[:1]), median(measured.course.late())
    if updates[-1] < ENOUGH or late < NO_PROGRESS * before or late < STUCK * reached:
        return None
    return found(
        "w1 stuck",
        "fault",
        f"{label} was {before:.3g} before and is {late:.3g} now; it could be {reached:.3g}.",
        "See to the findings about the critic first; without any raise model.generator_optimizer.lr.",
    )


def w1_still_falls(run: Run) -> Finding | None:
    """The last third of the updates has brought W1 much nearer to its floor: more updates will bring more.

    Source: runs of ours that were cut short.
    """
    measured = w1(run)
    if measured is None or w1_jumps(run) is not None:
        return None
    label, _, (updates, values), reached = measured
    before = [value for update, value in zip(updates, values, strict=True) if update <= 2 * updates[-1] / 3]
    if not before or values[-1] < NEAR * reached or values[-1] - reached > STILL_FALLS * (before[-1] - reached):
        return None
    return found(
        "w1 still falls",
        "hint",
        f"{label} fell from {before[-1]:.3g} to {values[-1]:.3g} in the last third; it could be {reached:.3g}.",
        "Train longer: --ckpt_path last and a larger trainer.max_steps.",
    )
