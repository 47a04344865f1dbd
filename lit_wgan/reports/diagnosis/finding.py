"""What a rule has found in a run."""

from typing import Literal, NamedTuple

Kind = Literal["fault", "hint"]
"""A fault keeps a run from training as it should; a hint says what could be better, or what cannot be told."""


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
