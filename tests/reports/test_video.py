"""learning.mp4: all pictures in order, in a form that every player shows; a GIF where there is no encoder."""

import subprocess

import numpy as np
import pytest
from PIL import Image

from lit_wgan.callbacks.pictures import videos
from lit_wgan.callbacks.pictures.videos import find_encoder
from lit_wgan.reports import video
from lit_wgan.reports.images import evenly
from lit_wgan.reports.video import frame, write_video
from lit_wgan.runs.run import Run

LEVELS = {10: 0, 200: 120, 3000: 250}


@pytest.fixture
def run(tmp_path):
    """A run with pictures of one grey each, of odd and different sizes."""
    (tmp_path / "samples").mkdir()
    for update, level in LEVELS.items():
        size = (131, 67) if update < 3000 else (133, 67)
        Image.new("L", size, level).save(tmp_path / "samples" / f"{update:07d}.png")
    Image.new("L", (131, 67)).save(tmp_path / "samples" / "real.png")
    return Run(tmp_path)


def test_a_video_shows_every_picture_and_holds_the_last(run):
    pytest.importorskip("imageio_ffmpeg")
    path = write_video(run)
    assert path == run.directory / "learning.mp4"
    seen = subprocess.run([find_encoder(), "-i", str(path)], capture_output=True, text=True, check=False).stderr
    assert "h264" in seen
    assert "yuv420p" in seen
    command = [find_encoder(), "-loglevel", "error", "-i", str(path), "-vf", "format=gray", "-f", "rawvideo", "-"]
    pixels = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8)
    width, height = (399, 201 + video.STRIP)
    frames = pixels.reshape(-1, height + height % 2, width + width % 2)
    middle = frames[:, 100, 200].astype(int)
    seen = list(middle[np.r_[True, np.abs(np.diff(middle)) > 20]])
    np.testing.assert_allclose(seen, list(LEVELS.values()), atol=4)
    assert (np.abs(middle - 250) < 4).sum() == videos.RATE * video.HELD
    assert frames[0, -video.STRIP :, 100:300].min() < 120  # the number of the update


def test_without_an_encoder_a_video_is_a_gif(run, monkeypatch):
    monkeypatch.setattr(videos, "find_encoder", lambda: None)
    path = write_video(run)
    assert path == run.directory / "learning.gif"
    with Image.open(path) as picture:
        assert picture.n_frames == 3
        durations = []
        for number, level in enumerate(LEVELS.values()):
            picture.seek(number)
            durations.append(picture.info["duration"])
            assert abs(picture.convert("L").getpixel((200, 100)) - level) < 8
    assert durations == [500, 500, 2000]


def test_an_encoder_that_is_missing_is_none(monkeypatch):
    monkeypatch.setattr(videos, "find_spec", lambda _: None)
    assert find_encoder() is None


def test_an_encoder_that_fails_leaves_no_half_video(run, monkeypatch):
    monkeypatch.setattr(videos, "find_encoder", lambda: "/bin/false")
    with pytest.raises(subprocess.CalledProcessError):
        write_video(run)
    assert {path.name for path in run.directory.iterdir()} == {"samples"}


def test_one_picture_makes_no_video(tmp_path):
    (tmp_path / "samples").mkdir()
    assert write_video(Run(tmp_path)) is None
    Image.new("L", (8, 8)).save(tmp_path / "samples" / "0000001.png")
    assert write_video(Run(tmp_path)) is None


def test_large_pictures_are_reduced_and_small_ones_enlarged(run):
    path = run.directory / "large.png"
    Image.new("RGB", (4000, 1000), "red").save(path)
    assert np.asarray(frame(path, 1, (1280, 348)))[160, 640].tolist() == [255, 0, 0]


def test_of_many_pictures_some_are_taken_with_the_first_and_the_last(tmp_path):
    pictures = [(update, tmp_path) for update in range(1000)]
    chosen = [update for update, _ in evenly(pictures, 4)]
    assert chosen == [0, 333, 666, 999]
    assert evenly(pictures[:3], 4) == pictures[:3]
    assert evenly([], 4) == []
