"""What tells one dataset from another: by the files it is read from, or by what the object holds."""

import hashlib
import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

import torch
from torch import Tensor


def fingerprint(root: Path, files: Sequence[str]) -> list[str]:
    """The folder ``root``, and a digest of the names, sizes and modification times of its ``files``."""
    stats = [(file, (root / file).stat()) for file in sorted(files)]
    lines = json.dumps([(file, stat.st_size, stat.st_mtime_ns) for file, stat in stats])
    return [str(root), hashlib.sha256(lines.encode()).hexdigest()]


def describe(thing: object) -> str:
    """What a pickle of an object would hold, as JSON: unlike a pickle the same in every process, and never refused."""
    seen: dict[int, tuple[str, object]] = {}  # holds on to the objects too, so that no two share an id

    def contents(value: Any) -> object:
        if isinstance(value, bytes | bytearray):
            return hashlib.sha256(value).hexdigest()
        if isinstance(value, Tensor):
            return [str(value.dtype), value.shape, value.detach().cpu().flatten().view(torch.uint8).numpy()]
        if isinstance(value, set | frozenset):
            return sorted(map(repr, value))
        if id(value) in seen:
            return seen[id(value)][0]
        seen[id(value)] = (f"object {len(seen)}", value)
        if isinstance(value, type | FunctionType | BuiltinFunctionType):
            return [value.__module__, value.__qualname__, _source_text(value)]
        try:
            return [type(value), *value.__reduce_ex__(4)[1:3]]
        except Exception:  # what cannot be pickled says so in many ways; its class is all there is to know
            return [type(value)]

    return json.dumps(thing, default=contents, check_circular=False, skipkeys=True)


def _source_text(value: Any) -> str:
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):  # built in, or typed at a prompt
        return ""
