"""Checkpoint files: written whole or not at all, checked when they are read, found after a crash."""

import io
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning.fabric.utilities.cloud_io import get_filesystem
from lightning.pytorch.utilities import rank_zero_only, rank_zero_warn

from lit_wgan.engine import files
from lit_wgan.engine.checkpoint_contents import DamagedError, ForeignError, check_contents, check_plain
from lit_wgan.engine.files import atomic_write, is_local, writing
from lit_wgan.errors import UsageError

START_ANEW = "Remove that folder to start anew with --ckpt_path last, or leave the option out."


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes checkpoint files whole or not at all on the local file system; other paths are left to Lightning."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write ``checkpoint`` to ``path``.

        Raises:
            OSError: if the disk is full or the folder cannot be written. What ``path`` held before is still there.
            UsageError: for what could not be read back; likewise.
        """
        check_plain(checkpoint)
        if storage_options is not None or not is_local(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        buffer = io.BytesIO()  # since torch.save turns the error of a full disk into another
        torch.save(checkpoint, buffer)
        path = Path(path)
        remedy = "Earlier checkpoints are intact: make room or mend the folder, and continue with --ckpt_path last."
        with writing(path, remedy):
            path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path, remedy) as file:
            file.write(buffer.getbuffer())

    def remove_checkpoint(self, path: Any) -> None:
        """Delete a checkpoint file; anything else, such as a folder, stays.

        The path may come from a checkpoint, and Lightning would delete whatever is there.
        """
        filesystem = get_filesystem(path)
        if str(path).endswith(".ckpt") and filesystem.isfile(path):
            filesystem.rm_file(path)


def read_checkpoint(path: Path, option: str = "--ckpt_path") -> dict[str, Any]:
    """Read a checkpoint to the CPU, without running code that it may hold; errors name the option.

    Raises:
        FileNotFoundError: if there is no such file.
        OSError: if it may not be read.
        UsageError: if it is damaged, of a newer lit-wgan, or something else than a checkpoint of lit-wgan.
    """
    return _read(path, option, whole=True)


def _read(path: Path, option: str, whole: bool) -> dict[str, Any]:
    """Read a checkpoint; if not whole, weights stay on the disk and unchecked until they are used."""
    if not path.is_file():
        raise FileNotFoundError(f"Expected {option} to be a checkpoint file, but got {path}. Check the path.")
    path.open("rb").close()  # which raises what only the system can say
    try:
        if whole:
            _check_sums(path)
        checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=not whole)
    except Exception as error:  # bytes that have changed mean anything to zipfile and to the unpickler
        newest = "--ckpt_path last" if option == "--ckpt_path" else "the run's directory"
        raise DamagedError(
            f"Expected {option} to be a checkpoint file, but got {path}, which is damaged or something else. "
            f"Take an earlier checkpoint, or {newest} for the newest intact one."
        ) from error
    check_contents(checkpoint, option, str(path))
    return checkpoint


def _check_sums(path: Path) -> None:
    """Compare the contents of a checkpoint with the checksums that torch writes and never reads."""
    with ZipFile(path) as archive:
        if any(part.compress_type != ZIP_STORED for part in archive.infolist()):
            raise BadZipFile("torch compresses nothing")
        changed = archive.testzip()
    if changed is not None:
        raise BadZipFile(f"{changed} has changed since it was written")


class Newest(NamedTuple):
    """The newest intact checkpoint, the generator update it was written at, and the damaged ones beside it."""

    path: Path
    update: int
    damaged: list[Path]


def find_newest(directory: Path, remedy: str = START_ANEW) -> Newest | None:
    """The intact checkpoint of the latest generator update in a directory, or None without any; warn of unusable ones.

    The time of a file would not do: clocks are set back, and copies are new.

    Args:
        directory: of checkpoints.
        remedy: a sentence on what to do if none can be read.

    Raises:
        UsageError: if there are checkpoints, but none that can be read, or one of a newer lit-wgan.
    """
    updates: dict[Path, int] = {}
    unusable: list[Path] = []
    damaged: list[Path] = []

    def update_of(path: Path, whole: bool) -> int | None:
        try:
            update: int = _read(path, "--ckpt_path", whole)["lit_wgan"]["generator_updates"]
        except (DamagedError, ForeignError, OSError) as error:
            rank_zero_warn(f"{path} is no intact checkpoint. It is kept, and another one is looked for.")
            (damaged if isinstance(error, DamagedError) else unusable).append(path)
            return None
        return update

    for path in directory.glob("*.ckpt"):
        update = update_of(path, whole=False)
        if update is not None:
            updates[path] = update
    for path in sorted(updates, key=lambda path: (updates[path], path.stat().st_mtime_ns, path.name), reverse=True):
        if update_of(path, whole=True) is not None:
            return Newest(path, updates[path], damaged)
    if damaged or unusable:
        raise UsageError(
            f"Expected a checkpoint in {directory} that can be read, but got none among {len(damaged + unusable)}. "
            f"{remedy}"
        )
    return None


@rank_zero_only
def remove_leftovers(directory: Path, damaged: list[Path]) -> None:
    """Delete unfinished files of killed processes; rename damaged files, so that none is overwritten."""
    files.remove_leftovers(directory, "*.ckpt")
    for path in damaged:
        path.rename(f"{path}.damaged")
