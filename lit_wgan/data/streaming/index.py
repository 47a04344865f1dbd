"""What the index of a litdata data set says of its chunks."""

import json
from typing import Any, NamedTuple

from lit_wgan.errors import UsageError

INDEX = "index.json"


class Index(NamedTuple):
    """The chunks of a data set: the name of each file, its items and its bytes."""

    names: list[str]
    counts: list[int]
    sizes: list[int]


def read_index(content: bytes, where: str) -> Index:
    """The chunks that an index tells of.

    Args:
        content: of the file.
        where: the folder or address that it is from, for error messages.

    Raises:
        UsageError: for a damaged index, one without items, and for chunks that are compressed or encrypted.
    """
    try:
        read = json.loads(content)
        config: dict[str, Any] = read["config"]
        index = Index(*(list(column) for column in zip(*map(_chunk, read["chunks"]), strict=True)))
    except (ValueError, LookupError, TypeError) as error:
        raise UsageError(
            f"Expected {where}/{INDEX} as litdata.optimize writes it, but it is damaged or of no chunks "
            f"({type(error).__name__}: {error}). Write the data set again."
        ) from error
    changed = [name for name in ("compression", "encryption") if config.get(name)]
    if changed:
        raise UsageError(
            f"Expected chunks in {where} without {changed[0]}, whose items can be read one by one, but got "
            f"{config[changed[0]]}. Write the data set again without it; JPEG or PNG inside the items are fine."
        )
    return index


def _chunk(entry: dict[str, Any]) -> tuple[str, int, int]:
    name, count, size = entry["filename"], entry["chunk_size"], entry["chunk_bytes"]
    if not (isinstance(name, str) and "/" not in name and int(count) > 0 and int(size) > 0):
        raise ValueError(f"a chunk {name!r} of {count} items and {size} bytes")
    return name, int(count), int(size)
