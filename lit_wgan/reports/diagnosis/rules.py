"""All rules, in the order in which their findings are told."""

from collections.abc import Sequence

from lit_wgan.reports.diagnosis.balance import estimate_misleading, generator_too_strong, generator_too_weak
from lit_wgan.reports.diagnosis.critic import (
    critic_constant,
    critic_saturated,
    critic_steep,
    critic_weak,
    discriminator_too_good,
    held_out_gap,
)
from lit_wgan.reports.diagnosis.finding import Finding, Rule
from lit_wgan.reports.diagnosis.progress import w1_jumps, w1_still_falls, w1_stuck, w1_worse
from lit_wgan.reports.diagnosis.samples import copies, duplicates, few_samples, modes_missed, recall_low
from lit_wgan.runs.run import Run

RULES: Sequence[Rule] = (
    critic_constant,
    critic_steep,
    critic_weak,
    generator_too_strong,
    generator_too_weak,
    discriminator_too_good,
    held_out_gap,
    copies,
    duplicates,
    modes_missed,
    recall_low,
    w1_jumps,
    w1_worse,
    w1_stuck,
    critic_saturated,
    estimate_misleading,
    few_samples,
    w1_still_falls,
)


def diagnose(run: Run) -> list[Finding]:
    """What the rules find in a run that has logged something; faults before hints."""
    findings = [finding for rule in RULES if (finding := rule(run)) is not None]
    return sorted(findings, key=lambda finding: finding.kind != "fault")
