"""Image files are data: no program is started for one."""

import io
import os

import pytest
from PIL import Image, UnidentifiedImageError

from lit_wgan.data.folders import FolderImages
from lit_wgan.data.image_files import FORMATS, open_image
from lit_wgan.data.named import LmdbImages

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(attack) run\n"


@pytest.fixture
def ghostscript(tmp_path, monkeypatch):
    """A program by the name of Ghostscript's, and the file that it leaves behind."""
    trace = tmp_path / "started"
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "gs"
    program.write_text(f"#!/bin/sh\ntouch {trace}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    return trace


class Database:
    """Stands in for torchvision's LSUN, which holds one file."""

    keys = (b"0",)

    @property
    def env(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def begin(self):
        return self

    def get(self, key):
        return POSTSCRIPT


def test_postscript_named_jpg_is_refused_and_starts_nothing(tmp_path, ghostscript):
    (tmp_path / "a.jpg").write_bytes(POSTSCRIPT)
    with pytest.raises(ValueError, match=r"Expected .*a\.jpg to be an image that can be read"):
        FolderImages(tmp_path, ["a.jpg"], grey=False)[0]
    with pytest.raises(UnidentifiedImageError):
        LmdbImages(Database())[0]
    assert not ghostscript.exists()
    with pytest.raises(OSError, match="broken|truncated|cannot|No such"):  # what Pillow alone makes of it
        Image.open(io.BytesIO(POSTSCRIPT)).load()
    assert ghostscript.exists()


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("AVIF", "HEIF", "JPEG2000")])
def test_an_image_is_known_by_its_contents_whatever_it_is_called(name, tmp_path):
    Image.new("RGB", (4, 3)).save(tmp_path / "a.png", format=name)
    with open_image(tmp_path / "a.png") as image:
        assert (image.format, image.size) == (name, (4, 3))
