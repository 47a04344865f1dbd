"""Checkpoint files: written whole or not at all, checked when they are read, found after a crash."""

import io
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning.pytorch.utilities import rank_zero_only, rank_zero_warn

from lit_wgan.engine.files import atomic_write, is_local, leftovers
from lit_wgan.errors import UsageError


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes checkpoint files whole or not at all on the local file system; other paths are left to Lightning."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write ``checkpoint`` to ``path``.

        Raises:
            OSError: if the disk is full or the folder cannot be written. What ``path`` held before is still there.
        """
        if storage_options is not None or not is_local(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        buffer = io.BytesIO()  # since torch.save turns the error of a full disk into another
        torch.save(checkpoint, buffer)
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as file:
                file.write(buffer.getbuffer())
        except OSError as error:
            raise OSError(
                f"Expected to write the checkpoint {path}, but could not ({error.strerror}). Earlier checkpoints are "
                "intact: make room or mend the folder, and continue with --ckpt_path last."
            ) from error


def read_checkpoint(path: Path, option: str = "--ckpt_path") -> dict[str, Any]:
    """Read a checkpoint to the CPU, without running code that it may hold; errors name the option.

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
    """Compare the contents of a checkpoint with the checksums that torch writes and never reads."""
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
    """The newest intact checkpoint in a directory, or None; warn of damaged ones."""
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
    """Delete unfinished files of killed processes; rename damaged files, so that none is overwritten."""
    for path in leftovers(directory, "*.ckpt"):
        path.unlink(missing_ok=True)
    for path in damaged:
        path.rename(f"{path}.damaged")
