"""Rules that tell from what a run has logged whether it trains as it should."""

from lit_wgan.reports.diagnosis.finding import Finding, Rule
from lit_wgan.reports.diagnosis.rules import RULES, diagnose

__all__ = ["RULES", "Finding", "Rule", "diagnose"]
