"""Rules about the balance of critic and generator, by the critic's estimate beside W1."""

from statistics import median

from lit_wgan.reports.diagnosis.courses import Course, course, middle
from lit_wgan.reports.diagnosis.critic import critic_constant
from lit_wgan.reports.diagnosis.finding import Finding, found
from lit_wgan.reports.diagnosis.progress import STUCK, w1, w1_stuck
from lit_wgan.runs.run import Run

ESTIMATES = ("critic/wasserstein_estimate", "critic/jensen_shannon_estimate")
"""Of WGANs, and of GANs."""
FOOLED = 0.3
"""Share of late estimates that are not above 0, at least. Measured: at most 0.18 in trainings as they should be."""
STEADY = 1.1
"""Largest over smallest of the estimate's medians in the three thirds, at most, where the generator hardly moves."""
FALLEN, RISEN = 0.7, 1.5
"""Late W1 over the early one, at most or at least, that the estimate should follow. Measured: where W1 fell so far in
trainings as they should be, the estimate fell to 0.9 of what it was, or less."""


def generator_too_strong(run: Run) -> Finding | None:
    """The critic rates generated samples as high as real ones, which W1 tells apart: it cannot follow the generator.

    Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Section 3: the critic is to be trained till optimality, where its
    estimate is positive; runs of ours with one critic update and a generator that learns ten times as fast.
    """
    measured = w1(run)
    if measured is None or critic_constant(run) is not None:
        return None
    label, _, distances, reached = measured
    late = [value for name in ESTIMATES for value in course(run, name).late()]
    below = sum(value <= 0 for value in late)
    if middle(late) is None or below < FOOLED * len(late) or min(distances.late()) < STUCK * reached:
        return None
    return found(
        "generator too strong",
        "fault",
        f"{below} of {len(late)} late estimates are not above 0, at {label} {distances.values[-1]:.3g}.",
        "Raise model.n_critic, or lower model.generator_optimizer.lr.",
    )


def generator_too_weak(run: Run) -> Finding | None:
    """The critic tells samples apart all along, and they do not change: the generator makes too little of each update.

    Source: a run of ours with a generator's learning rate of 1e-6.
    """
    thirds = _thirds(course(run, ESTIMATES[0]))
    if thirds is None or min(thirds) <= 0 or max(thirds) > STEADY * min(thirds):
        return None
    if w1_stuck(run) is None or critic_constant(run) is not None:
        return None
    return found(
        "generator too weak",
        "fault",
        f"The critic's estimate stays at {thirds[-1]:.3g}.",
        "Raise model.generator_optimizer.lr; or lower model.n_critic, for more generator updates in the same time.",
    )


def estimate_misleading(run: Run) -> Finding | None:
    """The critic's estimate does not fall where W1 falls, or does not rise where W1 rises.

    Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Section 4.2: the estimate is that of W1 up to the critic's slope.
    """
    measured, thirds = w1(run), _thirds(course(run, ESTIMATES[0]))
    if measured is None or thirds is None or min(thirds) <= 0:
        return None
    label, _, distances, _ = measured
    before, now = median(distances.early() or distances.values[:1]), median(distances.late())
    early, _, late = thirds
    if not (now < FALLEN * before and late >= early) and not (now > RISEN * before and late <= early):
        return None
    return found(
        "estimate misleading",
        "hint",
        f"{label} went from {before:.3g} to {now:.3g}, the estimate from {early:.2g} to {late:.2g}.",
        "Judge the run by W1; raise model.gp_weight, or lower model.clip_value, so that the slope stays what it is.",
    )


def _thirds(estimates: Course) -> list[float] | None:
    """The medians of the three thirds of a course; None with too few values."""
    medians = [middle(third) for third in (estimates.early(), estimates.halfway(), estimates.late())]
    told = [value for value in medians if value is not None]
    return told if len(told) == len(medians) else None
