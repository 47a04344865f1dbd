"""What a rule has found in a run."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from lit_wgan.runs.run import Run

Kind = Literal["fault", "hint"]
"""A fault keeps a run from training as it should; a hint says what could be better, or what cannot be told."""
PAGE = "docs/troubleshooting.md"


class Finding(NamedTuple):
    """What a rule has found in a run, in words for its owner.

    Attributes:
        rule: name of the rule, such as ``critic saturated``.
        kind: how bad it is.
        seen: a short sentence with the numbers that were seen, of at most 65 characters.
        remedy: a sentence on what to change, with the names of options.
        page: of the documentation, with its anchor, such as ``docs/troubleshooting.md#critic-saturated``.
    """

    rule: str
    kind: Kind
    seen: str
    remedy: str
    page: str


Rule = Callable[[Run], Finding | None]
"""Looks at a run, and tells what it finds, or None."""


def found(rule: str, kind: Kind, seen: str, remedy: str) -> Finding:
    """A finding, with the page that tells more."""
    return Finding(rule, kind, seen, remedy, f"{PAGE}#{rule.replace(' ', '-')}")
