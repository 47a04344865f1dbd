"""Pictures one after another, as a video."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from lit_wgan.engine.files import atomic_write

SECONDS = 0.1
"""That a picture is shown."""


def encodes_mp4() -> bool:
    """Whether what writes .mp4 files is there: imageio-ffmpeg, the extra ``video``, with an encoder of this machine."""
    if find_spec("imageio_ffmpeg") is None:
        return False
    from imageio_ffmpeg import get_ffmpeg_exe

    try:
        get_ffmpeg_exe()
    except RuntimeError:
        return False
    return True


def save_video(frames: Sequence[Image.Image], path: Path, seconds: float = SECONDS) -> Path:
    """Write pictures of one size as a video.

    Args:
        frames: the pictures.
        path: ends in ``.gif`` or ``.mp4``.
        seconds: that each is shown.

    Returns:
        The file that was written: a ``.gif`` where an ``.mp4`` was wanted that nothing installed can write.

    Raises:
        WriteError: if the disk is full or the folder cannot be written.
    """
    if path.suffix.lower() == ".mp4" and encodes_mp4():
        _save_mp4(frames, path, seconds)
        return path
    path = path.with_suffix(".gif")
    first, *others = (frame.convert("P" if frame.mode == "L" else "RGB") for frame in frames)
    with atomic_write(path) as file:
        first.save(file, "GIF", save_all=True, append_images=others, duration=round(1000 * seconds), loop=0)
    return path


def _save_mp4(frames: Sequence[Image.Image], path: Path, seconds: float) -> None:
    from imageio_ffmpeg import write_frames

    pixels = [_even(np.asarray(frame.convert("RGB"))) for frame in frames]
    height, width = pixels[0].shape[:2]
    with TemporaryDirectory() as folder:
        made = Path(folder) / "video.mp4"
        encoder = write_frames(str(made), (width, height), fps=1 / seconds, quality=8, macro_block_size=2)
        encoder.send(None)  # starts it
        for each in pixels:
            encoder.send(np.ascontiguousarray(each))
        encoder.close()
        with atomic_write(path) as file:
            file.write(made.read_bytes())


def _even(pixels: np.ndarray) -> np.ndarray:
    """Pixels ``(H, W, 3)`` with a last row or column again where their number is odd."""
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
