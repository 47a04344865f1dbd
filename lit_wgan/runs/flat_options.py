"""Nested options by flat names."""

from collections.abc import Mapping
from typing import Any


def flat_options(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested options by the names they have on the command line, such as ``model.clip_value``."""
    flat: dict[str, Any] = {}
    for name, value in options.items():
        path = prefix.rstrip(".") if name == "init_args" else f"{prefix}{name}"
        flat |= flat_options(value, f"{path}.") if isinstance(value, dict) and value else {path: value}
    return flat
