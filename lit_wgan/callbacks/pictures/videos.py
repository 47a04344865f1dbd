"""Pictures one after another, as a video."""

import subprocess
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from lit_wgan.engine.files import REMEDY, atomic_write

SECONDS = 0.1
"""That a picture is shown."""
RATE = 10
"""Frames per second of the file, in which a picture is repeated: some players take no fewer."""
COLOURS = 64
"""Of a GIF."""
ENCODER_SECONDS = 120
"""After so many seconds an encoder is given up."""


def find_encoder() -> str | None:
    """The path of the ffmpeg that comes with imageio-ffmpeg; None if that is not installed or has none."""
    if find_spec("imageio_ffmpeg") is None:
        return None
    from imageio_ffmpeg import get_ffmpeg_exe

    try:
        return str(get_ffmpeg_exe())
    except RuntimeError:  # there is none for this machine
        return None


def save_video(
    frames: Iterable[Image.Image], path: Path, seconds: float = SECONDS, held: float = SECONDS, remedy: str = REMEDY
) -> Path:
    """Write pictures of one size as a video: H.264 if imageio-ffmpeg is installed, else a GIF.

    Args:
        frames: the pictures.
        path: ends in ``.gif`` or ``.mp4``.
        seconds: that each is shown.
        held: for how many seconds the last one is.
        remedy: what to do if the file cannot be written.

    Returns:
        The file that was written: a ``.gif`` where an ``.mp4`` was wanted that nothing installed can write.

    Raises:
        WriteError: if the disk is full or the folder cannot be written.
        subprocess.SubprocessError: if the encoder fails.
    """
    encoder = find_encoder() if path.suffix.lower() == ".mp4" else None
    path = path if encoder is not None else path.with_suffix(".gif")
    with TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        if encoder is None:
            first, *others = (each if each.mode == "L" else each.quantize(COLOURS) for each in frames)
            durations = [round(1000 * seconds)] * len(others) + [round(1000 * held)]
            first.save(made, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=False)
        else:
            for number, each in enumerate(frames):
                each.save(Path(folder) / f"{number:05d}.png", compress_level=1)
            _encode(encoder, Path(folder), made, seconds, held)
        with atomic_write(path, remedy) as file:
            file.write(made.read_bytes())
    return path


def _encode(encoder: str, folder: Path, path: Path, seconds: float, held: float) -> None:
    """Encode the numbered PNGs of a folder so that every player shows them: even sizes, the colours of films."""
    shown = f"fps={RATE},tpad=stop_mode=clone:stop_duration={max(held - seconds, 0)},pad=ceil(iw/2)*2:ceil(ih/2)*2"
    options = ["-vf", shown, "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"]
    given = ["-framerate", str(1 / seconds), "-i", str(folder / "%05d.png")]
    command = [encoder, "-y", "-loglevel", "error", "-threads", "1", *given, *options, "-movflags", "+faststart"]
    subprocess.run(
        [*command, str(path)], check=True, capture_output=True, timeout=ENCODER_SECONDS, start_new_session=True
    )
