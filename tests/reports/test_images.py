"""Pictures in a page."""

import base64
import io

import pytest
from PIL import Image

from lit_wgan.reports.images import embed, evenly


def decoded(embedded):
    kind, _, data = embedded.uri.partition(";base64,")
    return kind, base64.b64decode(data)


def test_a_small_picture_is_embedded_byte_by_byte(tmp_path):
    path = tmp_path / "a.png"
    Image.new("L", (9, 7)).save(path)
    embedded = embed(path, 1000)
    assert decoded(embedded) == ("data:image/png", path.read_bytes())
    assert (embedded.width, embedded.height) == (9, 7)


@pytest.mark.parametrize("mode", ["L", "RGBA", "I;16", "P"])
def test_a_large_picture_is_encoded_anew_until_it_fits(tmp_path, mode):
    path = tmp_path / "a.png"
    Image.effect_noise((400, 600), 90).convert("I;16" if mode == "I;16" else mode).save(path)
    embedded = embed(path, 9000)
    kind, data = decoded(embedded)
    assert kind == "data:image/webp"
    assert len(data) <= 9000
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (embedded.width, embedded.height)
        assert picture.height / picture.width == pytest.approx(1.5, rel=0.05)


@pytest.mark.parametrize("contents", [b"", b"<svg onload='alert(1)'>", b"\x89PNG\r\n\x1a\n and no more"])
def test_a_file_that_is_no_picture_is_left_out(tmp_path, contents):
    (tmp_path / "a.png").write_bytes(contents)
    assert embed(tmp_path / "a.png", 1000) is None


def test_a_damaged_picture_is_left_out(tmp_path):
    path = tmp_path / "a.png"
    Image.effect_noise((64, 64), 90).save(path)
    path.write_bytes(path.read_bytes()[:-900])
    assert embed(path, 10_000) is None
    assert embed(path, 100) is None


def test_items_are_chosen_evenly_with_both_ends():
    assert evenly(range(5), 9) == [0, 1, 2, 3, 4]
    assert evenly(range(101), 5) == [0, 25, 50, 75, 100]
    assert evenly(range(7), 1) == [6]
