"""Installed packages and their versions, and the list that locks them."""

import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lit_wgan.engine.digests import file_sha256, text_sha256

BUILD_TOOLS = ("setuptools", "pip")  # torch names one, but no result depends on them, and no lock holds them


def installed_versions(package: str = "lit-wgan") -> dict[str, str]:
    """Versions, by name, of a package and of all that it requires, directly or not, without its optional extras."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(package), "")]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen or name in BUILD_TOOLS:
            continue
        seen.add((name, extra))
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue
        metadata = installed.metadata  # read anew at each access
        found[name] = metadata["Version"]
        for line in metadata.get_all("Requires-Dist", []):
            if is_for_other_extra(line, extra):
                continue
            requirement = _parse(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(requirement.name), wanted) for wanted in ("", *requirement.extras)]
    return dict(sorted(found.items()))


_parse = cache(Requirement)  # since a package is met once for each of its extras


def is_for_other_extra(requirement: str, extra: str) -> bool:
    """Whether a requirement is plainly one of another extra: most are, and parsing all of them takes a second."""
    marker = re.sub(r"\([^()]*\)", "", requirement.partition(";")[2])  # the rest is joined by 'and' alone or by 'or'
    named = re.search(r"""\bextra\s*==\s*["']([^"']+)["']""", marker)
    return named is not None and " or " not in marker and canonicalize_name(named[1]) != canonicalize_name(extra)


def versions_sha256(versions: Mapping[str, str]) -> str:
    """The SHA-256 of the sorted lines ``name==version``, which tells two installations apart."""
    lines = "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))
    return text_sha256(lines)


def lock_sha256() -> str | None:
    """The SHA-256 of the file that locks the versions: ``$LIT_WGAN_LOCK``, or constraints.txt of a checkout."""
    path = Path(os.environ.get("LIT_WGAN_LOCK") or Path(__file__).parents[2] / "constraints.txt")
    return file_sha256(path) if path.is_file() else None
