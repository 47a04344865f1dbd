"""Agreement of a run's processes on what they are going to do, checked before they do it."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lit_wgan.engine.collectives import gather, rank_and_world
from lit_wgan.engine.digests import json_sha256
from lit_wgan.errors import UsageError

MOST_NAMED = 3
"""So many differences are told; the files of two nodes may differ in everything."""
MOST_RANKS = 4


class Told(NamedTuple):
    """A value as text, and whether it is the name of a file or folder, which each node may keep elsewhere."""

    text: str
    is_place: bool


Difference = tuple[str, list[str]]
"""A name, and its value on each rank."""


def check_agreement(
    what: str, describe: Callable[[], Mapping[str, Any]], remedy: str, places_may_differ: bool = True
) -> None:
    """Raise a UsageError on all processes if they do not describe the same; to be called on all of them.

    They exchange a digest and, only where that differs, the values.

    Args:
        what: they describe, such as ``options``.
        describe: values that JSON can hold, by the names that the error tells.
        remedy: a sentence on what to do.
        places_may_differ: whether names of files and folders may: texts with a ``/``, and those by which there is
            something on the disk of their process.

    Raises:
        UsageError: that names what differs and all values.
    """
    if rank_and_world()[1] == 1:
        return
    own: dict[str, str] = {}

    def digest() -> str:
        own.update({name: in_text(value) for name, value in describe().items()})
        return json_sha256(sorted(own.items()))

    if len(set(gather(digest))) == 1:
        return
    found = differences(
        gather(lambda: {name: Told(text, places_may_differ and is_place(text)) for name, text in own.items()})
    )
    if found:
        raise UsageError(f"Expected the same {what} in all processes, but got {in_words(found)}. {remedy}")


def in_text(value: Any) -> str:
    """A value as a configuration file has it; the order of keys does not count."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def is_place(text: str) -> bool:
    """Whether a text names a file or a folder."""
    return "/" in text or os.path.exists(text)


def differences(told: Sequence[Mapping[str, Told]]) -> list[Difference]:
    """What was not told alike by all ranks, in the order of the first; a missing value is told as ``nothing``."""
    nothing = Told("nothing", False)
    names = dict.fromkeys(name for each in told for name in each)
    values = {name: [each.get(name, nothing) for each in told] for name in names}
    return [
        (name, [value.text for value in of_ranks])
        for name, of_ranks in values.items()
        if len({value.text for value in of_ranks}) > 1 and not all(value.is_place for value in of_ranks)
    ]


def in_words(found: Sequence[Difference]) -> str:
    """Differences in words, such as ``trainer.max_steps 5 on rank 0 and 6 on rank 1``."""
    told = [f"{name} {_by_rank(values)}" for name, values in found[:MOST_NAMED]]
    more = len(found) - MOST_NAMED
    return "; ".join(told) + (f"; and {more} other differences" if more > 0 else "")


def _by_rank(values: Sequence[str]) -> str:
    return " and ".join(
        f"{value} on {_ranks([rank for rank, other in enumerate(values) if other == value])}"
        for value in dict.fromkeys(values)
    )


def _ranks(ranks: Sequence[int]) -> str:
    named = ", ".join(map(str, ranks[:MOST_RANKS]))
    return f"rank{'s' * (len(ranks) > 1)} {named}{', ...' * (len(ranks) > MOST_RANKS)}"
