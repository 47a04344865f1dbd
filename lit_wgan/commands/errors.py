"""How the commands tell errors: those of use in one or two plain lines, all others with their traceback."""

import re
import traceback
from typing import cast

from lit_wgan.commands.terminal import complain
from lit_wgan.commands.user_code import find_user_code
from lit_wgan.errors import UsageError

# The lines of a jsonargparse message that tell how it searched, not what is wrong.
_SEARCH = re.compile(
    r"Does not validate against|Subtypes: |Errors:|Given value|Expected a <class '(NoneType|str)'>$|Expected a path but"
    r"|Problem with given class_path|Parser key"
)


def report(error: Exception) -> int:
    """Write an error to stderr and return the exit status of the command.

    Returns:
        2 for an error of use, told in one or two lines; 1 for a process that was lost, told in one line, for an error
        in code of the user's own, told by a line that says where and by its traceback, and for any other error, which
        is a defect, told by its traceback.
    """
    error = unwrap(error)
    if is_of_use(error):
        return fail(describe(error))
    from lit_wgan.engine.collectives import LostRankError  # takes seconds

    if isinstance(error, LostRankError):
        return fail(str(error), status=1)
    place = find_user_code(error)
    if place is not None:
        complain(f"lit-wgan: error in {place}:")
    traceback.print_exception(error)
    return 1


def fail(message: str, status: int = 2) -> int:
    """Write a message to stderr, and return the exit status."""
    complain(f"lit-wgan: error: {message}")
    return status


def is_of_use(error: BaseException) -> bool:
    """Whether an error is one that the user can mend: wrong options, or a file that cannot be opened."""
    if isinstance(error, UsageError | OSError):
        return True
    if isinstance(error, ValueError) and _raised_in(error) == "lightning" and find_user_code(error) is None:
        return True  # an option that Lightning refuses
    from jsonargparse import ArgumentError  # takes seconds, as the next does
    from lightning.fabric.utilities.exceptions import MisconfigurationException

    return isinstance(error, ArgumentError | MisconfigurationException)


def unwrap(error: Exception) -> Exception:
    """The error of use, or of the user's own code, that jsonargparse wrapped in errors of its own; else the error."""
    inner: BaseException | None = error
    while inner is not None and _is_jsonargparses(inner):
        inner = inner.__cause__ or inner.__context__
        if isinstance(inner, Exception) and (isinstance(inner, UsageError) or find_user_code(inner)):
            return inner
    failed_to_make = str(error).startswith("Does not validate") and isinstance(error.__cause__, Exception)
    return cast(Exception, error.__cause__) if failed_to_make else error


def _is_jsonargparses(error: BaseException) -> bool:
    return _raised_in(error) == "jsonargparse"


def _raised_in(error: BaseException) -> str:
    """The package whose code raised an error, or ``""``."""
    names = [str(frame.f_globals.get("__name__", "")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    return names[-1].partition(".")[0] if names else ""


def describe(error: BaseException) -> str:
    """The message of an error of use, on one or two lines."""
    lines = [line.strip(" -") for line in str(error).splitlines() if line.strip(" -")]
    if lines and lines[0].startswith("Caught ") and "DataLoader worker" in lines[0]:
        return lines[-1].partition(": ")[2]  # before it stands the traceback of that process
    keys = re.findall(r'Parser key "([^"]+)"', str(error))
    if keys:
        reasons = dict.fromkeys(line for line in lines if not _SEARCH.match(line))
        return f"In {'.'.join(dict.fromkeys(keys))}: {'; '.join(reasons)}.\n{_remedy(keys[0].split('.')[0])}"
    if type(error).__name__ == "ArgumentError":
        lines = [lines[0], "lit-wgan fit --help lists the options."]
    return "\n".join(lines[:2]) or type(error).__name__


def _remedy(section: str) -> str:
    if section == "model":
        return "Take GAN, WGAN, WGANGP or a class path; --model.help WGANGP lists the options of one."
    if section == "data":
        return "Take ToyData, ImageData or a class path; --data.help ImageData lists the options of one."
    return f"lit-wgan fit --help lists the options of {section}."
