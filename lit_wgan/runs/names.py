"""Names of runs, which are names of folders."""

import re
from pathlib import Path

from lit_wgan.errors import UsageError


def run_name(given: str | None, config: str | None, class_path: str) -> str:
    """The name of a run: as given or, without that, of its configuration file or, without one, of its system.

    Args:
        given: ``--name``.
        config: path of the first configuration file. That of an earlier run, ``<name>/version_<k>/config.yaml``, gives
            that run's name.
        class_path: of the system.

    Raises:
        UsageError: for a name that is no name of a folder.
    """
    if given is not None:
        return _checked(given, "--name", "Give a plain one.")
    if config is None:
        return class_path.split(".")[-1].lower()
    path = Path(config)
    run = path.absolute().parent
    if path.name.startswith("config") and re.fullmatch(r"version_\d+", run.name):
        return _checked(run.parent.name, f"the run of {config}", "Give a --name.")
    stem = path.name.removesuffix(path.suffix) if path.suffix else re.sub(r"^\.ya?ml$", "", path.name)
    return _checked(stem, f"the configuration {config}", "Rename the file, or give a --name.")


def _checked(name: str, what: str, remedy: str) -> str:
    """A name, unless it leads to another folder than one in the folder of runs, or cannot be seen there."""
    if not name.strip(". ") or "/" in name or "\\" in name or not name.isprintable():
        raise UsageError(
            f"Expected {what} to give a name for the run's folder, but got {name!r}, which is none. {remedy}"
        )
    return name
