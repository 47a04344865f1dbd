"""Errors of a checkpoint whose parts do not fit the run, which Lightning and torch raise in many ways."""

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from types import CodeType

from lit_wgan.commands.errors import is_of_use
from lit_wgan.commands.user_code import Place
from lit_wgan.engine.internals import restores_checkpoint
from lit_wgan.errors import UsageError
from lit_wgan.systems import resuming


@contextmanager
def told_as_checkpoints() -> Iterator[None]:
    """Turn an error with which a checkpoint could not be restored into a UsageError that says so.

    Raises:
        UsageError: in place of any error but those that are of use already, and those of code of the user's own.
    """
    try:
        yield
    except Exception as error:
        if is_of_use(error) or not _is_of_restoring(error):
            raise
        reason = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
        raise UsageError(
            f"Expected --ckpt_path to be a checkpoint that fits this run, but could not restore it ({reason}). Take an "
            "earlier checkpoint, or give the options that it was trained with."
        ) from error


def _is_of_restoring(error: BaseException) -> bool:
    """Whether an error happened while a checkpoint was restored, and in no code of the user's own behind that."""
    frames = [(frame.f_code, line) for frame, line in walk_tb(error.__traceback__)]
    behind = [number for number, (code, _) in enumerate(frames) if _restores(code)]
    users = (
        [Place(code.co_filename, line, code.co_name).is_users for code, line in frames[behind[0] :]] if behind else []
    )
    return bool(behind) and not any(users)


def _restores(code: CodeType) -> bool:
    return restores_checkpoint(code) or code.co_filename == resuming.__file__
