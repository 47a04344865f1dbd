"""How the commands tell errors: those of use in one or two plain lines, all others with their traceback."""

import dis
import traceback
from collections.abc import Iterator

from lit_wgan.commands.messages import describe, lacks_memory
from lit_wgan.commands.terminal import complain
from lit_wgan.commands.user_code import LIBRARIES, find_user_code
from lit_wgan.errors import UsageError

REFUSING = ("lightning", "lightning_utilities", "torch_fidelity")
"""Libraries whose every ``raise`` is an answer to options, where no code of the user's own is involved."""


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
    """Whether an error is one that the user can mend: wrong options, too little memory, a file, a missing package."""
    if isinstance(error, UsageError | OSError) or lacks_memory(error):
        return True
    from jsonargparse import ArgumentError  # takes seconds, as the next does
    from lightning.fabric.utilities.exceptions import MisconfigurationException

    return isinstance(error, ArgumentError | MisconfigurationException) or _answers_options(error)


def _answers_options(error: BaseException) -> bool:
    """Whether an error says that options, and nothing in code of the user's own, are wrong.

    So is every error of a class that is made from options; what a library refuses; and a package that is missing.
    """
    from lit_wgan.engine.internals import class_being_made

    if find_user_code(error) is not None:
        return False
    package = _raised_in(error)
    refused = package in REFUSING and _is_raised_on_purpose(error)
    lacks_package = isinstance(error, ModuleNotFoundError) and package in LIBRARIES - {"jsonargparse", "lit_wgan"}
    return refused or lacks_package or class_being_made(error) is not None


def unwrap(error: Exception) -> Exception:
    """The error of use, or of the user's own code, that jsonargparse wrapped in errors of its own; else the error."""
    inside = list(_inside(error))
    of_users = [inner for inner in inside if isinstance(inner, UsageError) or find_user_code(inner)]
    of_use = [inner for inner in inside if _answers_options(inner) or lacks_memory(inner)]
    return next(iter(of_users + of_use), error)


def _inside(error: BaseException) -> Iterator[Exception]:
    """The errors of others for which jsonargparse raised an error."""
    from lit_wgan.engine.internals import union_errors

    if _raised_in(error) != "jsonargparse":
        return
    for inner in (*union_errors(error), error.__cause__, error.__context__):
        if isinstance(inner, Exception):
            yield inner
            yield from _inside(inner)


def _raised_in(error: BaseException) -> str:
    """The package whose code raised an error, or ``""``."""
    names = [str(frame.f_globals.get("__name__", "")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    return names[-1].partition(".")[0] if names else ""


def _is_raised_on_purpose(error: BaseException) -> bool:
    """Whether a ``raise`` gave an error, and not an operation that failed."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None or isinstance(error, AssertionError):
        return False
    return place.tb_frame.f_code.co_code[place.tb_lasti] == dis.opmap["RAISE_VARARGS"]
