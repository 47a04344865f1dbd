"""How long a run has trained, by the times in TensorBoard's files: they outlive a copy, as a file's own do not."""

import math
import struct
from pathlib import Path

_LENGTH, _TIME = struct.Struct("<Q"), struct.Struct("<d")
_AROUND = 4
"""Bytes of a checksum, behind a record's length and behind the record."""
_TIME_FIELD = 0x09
"""First byte of an event: its time follows, in seconds."""


def training_seconds(directory: Path) -> float | None:
    """The seconds from the first to the last record of each of a run's attempts; None without records.

    Args:
        directory: the run's.
    """
    spans = [_span(path) for path in sorted(directory.glob("events.out.tfevents.*")) if path.is_file()]
    known = [span for span in spans if span is not None]
    return sum(known) if known else None


def _span(path: Path) -> float | None:
    first = last = None
    size = path.stat().st_size
    with path.open("rb") as file:
        while len(header := file.read(_LENGTH.size + _AROUND)) == _LENGTH.size + _AROUND:
            record, length = file.read(1 + _TIME.size), _LENGTH.unpack_from(header)[0]
            if len(record) < 1 + _TIME.size or record[0] != _TIME_FIELD or length > size:
                break  # a file that is being written, or of something else
            last = _TIME.unpack_from(record, 1)[0]
            first = last if first is None else first
            file.seek(length - len(record) + _AROUND, 1)
    return last - first if first is not None and last is not None and first <= last < math.inf else None
