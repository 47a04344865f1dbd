"""A run as plain text, for a terminal."""

import textwrap
from collections.abc import Iterator

from lit_wgan.reports.diagnosis import diagnose
from lit_wgan.reports.summary import summary
from lit_wgan.runs.run import Run

WIDTH = 100
"""Columns."""


def as_text(run: Run) -> str:
    """The summary and the diagnosis of a run, as paragraphs."""
    return "\n".join(_lines(run))


def _lines(run: Run) -> Iterator[str]:
    yield run.name
    for sentence in summary(run):
        yield from textwrap.wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="    ")
    found = diagnose(run)
    for finding in found:
        told = f"{finding.kind}: {finding.rule}. {finding.seen} {finding.remedy} ({finding.page})"
        yield from textwrap.wrap(told, WIDTH, initial_indent="  ", subsequent_indent="    ")
    if not found and run.metrics:
        yield "  The diagnosis finds nothing amiss."
