"""All rules, in the order in which their findings are told."""

from collections.abc import Callable, Sequence

from lit_wgan.reports.diagnosis.finding import Finding
from lit_wgan.runs.run import Run

Rule = Callable[[Run], Finding | None]
"""Looks at a run, and tells what it finds, or None."""

RULES: Sequence[Rule] = ()


def diagnose(run: Run) -> list[Finding]:
    """What the rules find in a run that has logged something; faults before hints."""
    found = [finding for rule in RULES if (finding := rule(run)) is not None]
    return sorted(found, key=lambda finding: finding.kind != "fault")
