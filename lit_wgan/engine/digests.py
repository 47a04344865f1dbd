"""SHA-256 digests of files, arrays, weights and objects, by which a cache or a record tells them apart."""

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


def text_sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def json_sha256(value: object) -> str:
    """The SHA-256 of a value's JSON; the order of keys counts."""
    return text_sha256(json.dumps(value))


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's contents."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def array_sha256(array: np.ndarray) -> str:
    """The SHA-256 of an array's bytes in C order, whatever its layout; type and shape do not count."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def weights_sha256(weights: Mapping[str, Tensor]) -> str:
    """The SHA-256 of the names, types, shapes and bytes of weights, in the order of their names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(_bytes_of(tensor).data)
    return digest.hexdigest()


def module_sha256(module: nn.Module) -> str:
    """The SHA-256 of a module's class and of the names and bytes of its parameters and buffers, in its own order."""
    digest = hashlib.sha256(f"{type(module).__module__}.{type(module).__qualname__}".encode())
    for name, tensor in module.state_dict().items():
        digest.update(name.encode())
        digest.update(_bytes_of(tensor).data)
    return digest.hexdigest()


def fingerprint(root: Path, files: Sequence[str]) -> list[str]:
    """The folder ``root``, and the SHA-256 of the names, sizes and modification times of its ``files``."""
    stats = [(file, (root / file).stat()) for file in sorted(files)]
    return [str(root), json_sha256([(file, stat.st_size, stat.st_mtime_ns) for file, stat in stats])]


def describe(thing: object) -> str:
    """Deterministic JSON description of an object, defined even if it cannot be pickled.

    It holds what a pickle would: classes, attributes and, for classes and functions, their source text.
    """
    seen: dict[int, tuple[str, object]] = {}  # holds on to the objects too, so that no two share an id

    def contents(value: Any) -> object:
        if isinstance(value, bytes | bytearray):
            return hashlib.sha256(value).hexdigest()
        if isinstance(value, Tensor):
            return [str(value.dtype), value.shape, _bytes_of(value)]
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


def _bytes_of(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().flatten().view(torch.uint8).numpy()


def _source_text(value: Any) -> str:
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):  # built in, or typed at a prompt
        return ""
