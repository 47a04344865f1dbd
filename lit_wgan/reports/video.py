"""learning.mp4: the pictures of a run's samples one after another, all from the same noise."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from lit_wgan.callbacks.pictures.videos import save_video
from lit_wgan.reports.images import evenly
from lit_wgan.runs.run import Run

MOST_FRAMES = 300
"""Of more pictures, so many are taken, evenly spaced."""
SECONDS = 8.0
"""How long a video is, if each picture so is seen for between a tenth and half of a second."""
SHORTEST, LONGEST = 0.1, 0.5
HELD = 2.0
"""For how many seconds the last picture stays."""
SIZES = (480, 1280)
"""Width and height are brought between these, in pixels: small pictures are enlarged by a whole factor."""
STRIP = 28
"""Height of the strip with the number of the update, in pixels."""


def write_video(run: Run) -> Path | None:
    """Write the pictures of a run's samples as a video into its directory: H.264 with imageio-ffmpeg, else a GIF.

    Returns:
        The path of ``learning.mp4`` or ``learning.gif``; None if there are fewer than two pictures.

    Raises:
        OSError: if the file cannot be written.
        subprocess.SubprocessError: if the encoder fails.
    """
    chosen = evenly(run.pictures(), MOST_FRAMES)
    if len(chosen) < 2:
        return None
    seconds = min(max(SECONDS / len(chosen), SHORTEST), LONGEST)
    size = _size([_size_of(path) for _, path in chosen])
    frames = (frame(path, update, size) for update, path in chosen)
    return save_video(frames, run.directory / "learning.mp4", seconds, HELD, "Training goes on without it.")


def frame(path: Path, update: int, size: tuple[int, int]) -> Image.Image:
    """A picture in the middle of a frame of a size, above the number of its update."""
    width, height = size
    with Image.open(path) as picture:
        shown = _resized(picture.convert("RGB"))
    made = Image.new("RGB", size, "white")
    made.paste(shown, ((width - shown.width) // 2, (height - STRIP - shown.height) // 2))
    text, font = f"generator update {update}", ImageFont.load_default(15)
    left = (width - font.getlength(text)) / 2
    ImageDraw.Draw(made).text((left, height - STRIP + 5), text, "#404040", font)
    return made


def _size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def _scale(width: int, height: int) -> float:
    least, most = SIZES
    return max(1, least // max(width, height)) if max(width, height) <= most else most / max(width, height)


def _resized(picture: Image.Image) -> Image.Image:
    scale = _scale(*picture.size)
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.LANCZOS
    return picture.resize((round(picture.width * scale), round(picture.height * scale)), how)


def _size(sizes: list[tuple[int, int]]) -> tuple[int, int]:
    """The even size of frames that hold all pictures and the strip: H.264 takes no other for the colours of films."""
    scaled = [(round(w * _scale(w, h)), round(h * _scale(w, h))) for w, h in sizes]
    width, height = max(max(w for w, _ in scaled), 200), max(h for _, h in scaled) + STRIP
    return width + width % 2, height + height % 2
