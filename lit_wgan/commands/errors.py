"""Errors that a user can cause and mend, told in one or two plain lines."""

import re
from pathlib import Path

import yaml
from jsonargparse import ArgumentError
from lightning.fabric.utilities.exceptions import MisconfigurationException

from lit_wgan.errors import UsageError

USER_ERRORS = (UsageError, OSError, FloatingPointError, ArgumentError, MisconfigurationException)
"""Anything else is a defect and keeps its traceback."""

# The lines of a jsonargparse message that tell how it searched, not what is wrong.
_SEARCH = re.compile(
    r"Does not validate against|Subtypes: |Errors:|Given value|Expected a <class 'NoneType'>|Expected a path but"
    r"|Problem with given class_path|Parser key"
)


def describe(error: BaseException) -> str:
    """The message of an error on one or two lines."""
    if str(error).startswith("Does not validate") and error.__cause__ is not None:
        error = error.__cause__  # what the class itself said when it was made
    lines = [line.strip(" -") for line in str(error).splitlines() if line.strip(" -")]
    keys = re.findall(r'Parser key "([^"]+)"', str(error))
    if isinstance(error, ArgumentError) and keys:
        reasons = dict.fromkeys(line for line in lines if not _SEARCH.match(line))
        section = keys[0].split(".")[0]
        return f"In {'.'.join(dict.fromkeys(keys))}: {'; '.join(reasons)}.\n{_remedy(section)}"
    if isinstance(error, ArgumentError):
        lines = [lines[0], "lit-wgan fit --help lists the options."]
    return "\n".join(lines[:2]) or type(error).__name__


def _remedy(section: str) -> str:
    if section == "model":
        return "Take GAN, WGAN, WGANGP or a class path; --model.help WGANGP lists the options of one."
    if section == "data":
        return "Take ToyData, ImageData or a class path; --data.help ImageData lists the options of one."
    return f"lit-wgan fit --help lists the options of {section}."


def check_config_files(arguments: list[str]) -> None:
    """Raise an error that names the file if a ``--config`` among the arguments does not exist or is not YAML."""
    for option, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, value = option.partition("=")
        if name in ("-c", "--config"):
            _check_yaml(Path(value or following))


def _check_yaml(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(
            f"Expected --config to name a YAML file, but got {path}, which is none. Check the path."
        )
    try:
        options = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"Expected --config to name a YAML file, but got {path}: {reason}. Mend the file.") from error
    if not isinstance(options, dict):
        raise UsageError(
            f"Expected --config to name a YAML file of options, but got {type(options).__name__} in {path}. "
            "Copy one from configs/."
        )
