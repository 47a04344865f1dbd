"""A run's configuration without what is nobody else's business: accounts, loggers, paths of a machine."""

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

SECTIONS = ("seed_everything", "model", "data", "trainer", "checkpoint", "samples")
"""Those that say how a run trains; others are about the machine and the accounts of who ran it."""
OF_A_MACHINE = ("logger", "default_root_dir", "plugins", "dirpath", "cache_dir", "profiler")
PASSWORDS = re.compile(r"secret|password|token|access_key|credential", re.IGNORECASE)


def public_config(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as strangers may see it: of paths and addresses the last part is left, of secrets nothing."""
    return {name: _public(config[name]) for name in SECTIONS if name in config}


def _public(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if name not in OF_A_MACHINE}
        return {name: None if PASSWORDS.search(str(name)) else _public(each) for name, each in kept.items()}
    if isinstance(value, list):
        return [_public(each) for each in value]
    return public_name(value) if isinstance(value, str) else value


def public_name(text: str) -> str:
    """The last part of a path or an address, with the place in the file behind ``:/``; other texts as they are."""
    if not re.search(r"[/\\]", text):
        return text
    path, _, inside = text.partition("?")[0].replace("://", "//").partition(":/")
    windows = "\\" in path or re.match(r"^[A-Za-z]$", path)
    name = PureWindowsPath(text).name if windows else PurePosixPath(path).name
    return f"{name}:/{inside}" if inside and not windows else name
