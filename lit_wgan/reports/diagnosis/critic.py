"""Rules about the critic, or the discriminator: is it of use to the generator?"""

import math

from lit_wgan.reports.diagnosis.courses import course, mean, middle
from lit_wgan.reports.diagnosis.finding import Finding, found
from lit_wgan.runs.run import Run

SATURATED = 0.9
"""Share of the critic's weights at the clip bound. Measured: 0.14 to 0.6 where it trains, 0.98 where not."""
CONSTANT = 1e-6
"""The critic's estimate over its scores: rounding of float32 is 1.2e-7. Measured: 7e-8 and 0, against 6e-4 and more."""
STEEP, FLAT = 3.0, 0.5
"""Slopes. Measured: 0.99 to 2.2 late in a training as it should be."""
BEST_DISCRIMINATOR = 0.9 * math.log(2)
GAP, AGREED, STAYS = 0.25, 0.5, 0.5
"""Held-out estimate over the training minibatches', late, at most, and early, at least; late estimate in training over
the early one, at least. Measured: -0.2, 0.7 and 0.9 with 32 training samples. Where both estimates fall to their noise,
the first share may be as small. The discriminator of a GAN is not judged: batch norm makes it another when judged."""


def critic_constant(run: Run) -> Finding | None:
    """The critic gives all samples the same score, up to rounding: the generator has no gradient.

    Source: runs of ours at clip_value 1e-4 and at a learning rate of 0.05.
    """
    estimate = middle([abs(value) for value in course(run, "critic/wasserstein_estimate").late()])
    scores = middle([abs(value) for value in course(run, "generator/loss").late()])
    if estimate is None or scores is None or estimate > CONSTANT * scores:
        return None
    return found(
        "critic constant",
        "fault",
        f"The critic scores all samples alike: its estimate is {estimate:.2g}.",
        "Lower model.critic_optimizer.lr; with weight clipping raise model.clip_value, or train a WGANGP.",
    )


def critic_saturated(run: Run) -> Finding | None:
    """Most weights are at the clip bound, where the critic can express only simple functions.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 3 and Figure 1 (b).
    """
    share = middle(course(run, "critic/fraction_at_bound").late())
    if share is None or share < SATURATED:
        return None
    return found(
        "critic saturated",
        "hint",
        f"{100 * share:.0f} % of the critic's weights are at the clip bound.",
        "Raise model.clip_value, lower model.critic_optimizer.lr, or train a WGANGP, which clips nothing.",
    )


def critic_steep(run: Run) -> Finding | None:
    """The penalty leaves the critic much steeper than 1: its optimal slope is 1 + W1 / (2 lambda).

    Source: docs/metrics.md derives the slope; the penalty is Gulrajani et al. 2017, arXiv:1704.00028v3, Eq. (3).
    """
    slope = middle(course(run, "critic/gradient_norm").late())
    if slope is None or slope < STEEP:
        return None
    return found(
        "critic steep",
        "fault",
        f"The critic's slope is {slope:.3g}, far above 1.",
        "Raise model.gp_weight, or lower model.critic_optimizer.lr.",
    )


def critic_weak(run: Run) -> Finding | None:
    """The critic is much flatter than 1: it lags behind the generator, whose gradients are then worth little.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Algorithm 1 trains it near optimality; runs of ours with one
    critic update at a rate of 1e-6.
    """
    slope = middle(course(run, "critic/gradient_norm").late())
    if slope is None or slope > FLAT or critic_constant(run) is not None:
        return None
    return found(
        "critic weak",
        "fault",
        f"The critic's slope is {slope:.2g}, far below 1.",
        "Raise model.n_critic or model.critic_optimizer.lr; early in a training wait.",
    )


def discriminator_too_good(run: Run) -> Finding | None:
    """The discriminator of a GAN tells all samples apart: the divergence is near its maximum, log 2.

    Source: Arjovsky and Bottou 2017, arXiv:1701.04862v1, Section 2.1: the generator's gradients vanish or get noisy.
    """
    estimate = middle(course(run, "critic/jensen_shannon_estimate").late())
    if estimate is None or estimate < BEST_DISCRIMINATOR:
        return None
    return found(
        "discriminator too good",
        "fault",
        f"It tells all samples apart: {estimate:.3f} of at most 0.693 nats.",
        "Lower model.critic_optimizer.lr or model.n_critic, add the term R1, or train a WGANGP.",
    )


def held_out_gap(run: Run) -> Finding | None:
    """The critic tells training samples from generated ones, and no longer held-out samples: it has learned the former.

    Source: Karras et al. 2020, arXiv:2006.06676v2, Figure 1; runs of ours with 32 and with 1,265 training samples.
    """
    training, held_out = course(run, "critic/wasserstein_estimate"), course(run, "eval/wasserstein_estimate")
    late, early = middle(training.late()), middle(training.early())
    late_held_out, early_held_out = mean(held_out.late()), max(held_out.early(), default=None)
    if late is None or early is None or late_held_out is None or early_held_out is None:
        return None
    if min(training.late()) <= 0 or early <= 0:
        return None  # an estimate that changes its sign tells nothing from its noise
    if late_held_out > GAP * late or early_held_out < AGREED * early or late < STAYS * early:
        return None
    return found(
        "held-out gap",
        "fault",
        f"The critic's estimate is {late:.2g} in training, {late_held_out:.2g} held out.",
        "Train on more samples, let the critic see them through model.view DiffAugment, or stop earlier.",
    )
