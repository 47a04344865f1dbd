"""Checkpoint files: written whole or not at all, checked when they are read, found again after a crash."""

import io
import os
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning.fabric.utilities.cloud_io import _is_local_file_protocol
from lightning.pytorch.utilities import rank_zero_only, rank_zero_warn

from lit_wgan.errors import UsageError


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its target, flushes it to the disk and renames it, so no crash leaves half a file.

    Paths that are not of the local file system are left to Lightning.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write ``checkpoint`` to ``path``.

        Raises:
            OSError: if the disk is full or the folder cannot be written. What ``path`` held before is still there.
        """
        if storage_options is not None or not _is_local_file_protocol(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        buffer = io.BytesIO()
        torch.save(checkpoint, buffer)
        target = Path(path)
        temporary = target.with_name(f"{target.name}.tmp-{os.getpid()}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_durably(temporary, buffer.getbuffer())
            os.replace(temporary, target)
            _sync_directory(target.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise OSError(
                f"Expected to write the checkpoint {target}, but could not ({error.strerror}). Earlier checkpoints are "
                "intact: make room or mend the folder, and continue with --ckpt_path last."
            ) from error


def _write_durably(path: Path, content: memoryview) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    """Flush the names in a directory: a file renamed but not flushed is gone after a power failure."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_checkpoint(path: Path, option: str = "--ckpt_path") -> dict[str, Any]:
    """The contents of a checkpoint, on the CPU. No code in the file is run; errors name the option.

    Raises:
        FileNotFoundError: if there is no such file.
        UsageError: if it is damaged, or something else than a checkpoint of lit-wgan.
    """
    if not path.is_file():
        raise FileNotFoundError(f"Expected {option} to be a checkpoint file, but got {path}. Check the path.")
    try:
        _check_sums(path)
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (BadZipFile, RuntimeError, UnpicklingError, EOFError) as error:
        raise UsageError(
            f"Expected {option} to be a checkpoint file, but got {path}, which is damaged or something else. "
            "Take an earlier checkpoint, or --ckpt_path last for the newest intact one."
        ) from error
    if not isinstance(checkpoint, dict) or "lit_wgan" not in checkpoint:
        raise UsageError(
            f"Expected {option} to be a checkpoint of lit-wgan, but got {path}, made by another program. "
            "Check the path."
        )
    return checkpoint


def _check_sums(path: Path) -> None:
    """Compare the contents of a checkpoint with the check sums that torch writes and does not read."""
    with ZipFile(path) as archive:
        changed = archive.testzip()
    if changed is not None:
        raise BadZipFile(f"{changed} has changed since it was written")


class Newest(NamedTuple):
    """The newest intact checkpoint, the generator update it was written at, and the damaged ones that are newer."""

    path: Path
    update: int
    damaged: list[Path]


def find_newest(directory: Path) -> Newest | None:
    """The newest intact checkpoint in a directory, or None; a damaged one draws a warning."""
    damaged = []
    for path in sorted(directory.glob("*.ckpt"), key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            update = read_checkpoint(path)["lit_wgan"]["generator_updates"]
        except (ValueError, OSError):
            rank_zero_warn(f"{path} is no intact checkpoint. It is kept, and an earlier one is looked for.")
            damaged.append(path)
        else:
            return Newest(path, update, damaged)
    return None


@rank_zero_only
def remove_leftovers(directory: Path, damaged: list[Path]) -> None:
    """Delete what processes killed while they wrote have left; rename damaged files, so that none is overwritten."""
    for path in directory.glob("*.ckpt.tmp-*"):
        path.unlink(missing_ok=True)
    for path in damaged:
        path.rename(f"{path}.damaged")
