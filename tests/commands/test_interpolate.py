"""``lit-wgan interpolate`` as a user types it, on checkpoints of tiny systems."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lit_wgan.callbacks.pictures import videos
from lit_wgan.data.conditions import ClassLabels, Values
from lit_wgan.data.transforms import TableTransform
from lit_wgan.trained.interpolation import interpolation


def drawn(command, *arguments):
    status, out, err = command("interpolate", *arguments)
    assert status == 0, err
    return out


def test_rows_go_from_sample_to_sample(saved, command):
    options, system = saved((3,))
    out = drawn(command, *options, "--between", "3", "1", "4", "--steps", "5", "-o", "new/rows.npy")
    assert out == "2 rows of 5 samples (seed 0, generator update 0) are in new/rows.npy.\n"
    np.testing.assert_array_equal(np.load("new/rows.npy"), interpolation(system, [(3, 1), (1, 4)], 5))
    drawn(command, *options, "--rows", "3", "--how", "linear", "-o", "rows.npy")
    np.testing.assert_array_equal(np.load("rows.npy"), interpolation(system, [(0, 1), (1, 2), (2, 3)], 16, "linear"))


def test_each_row_is_under_one_class_unless_a_class_is_given(saved, command):
    options, system = saved((3,), ClassLabels(3), torch.arange(3))
    drawn(command, *options, "--rows", "4", "-o", "rows.npy")
    pairs = [(row, row + 1) for row in range(4)]
    np.testing.assert_array_equal(np.load("rows.npy"), interpolation(system, pairs, condition=[0, 1, 2, 0]))
    drawn(command, *options, "--rows", "4", "--condition", "2", "-o", "rows.npy")
    np.testing.assert_array_equal(np.load("rows.npy"), interpolation(system, pairs, condition=2))


TABLE = TableTransform(["height", "kind"], [[], ["a", "b"]])
KINDS = {
    "images": ((1, 8, 8), None),
    "volumes": ((1, 4, 4, 4), None),
    "points": ((2,), None),
    "series": ((12, 2), None),
    "vectors": ((5,), None),
    "a table": ((3,), TABLE),
}


@pytest.mark.parametrize(("shape", "transform"), KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("ending", ["png", "gif"])
def test_samples_of_every_kind_make_pictures_and_videos(shape, transform, ending, saved, command):
    options, _ = saved(shape, transform=transform)
    drawn(command, *options, "--rows", "2", "--steps", "3", "-o", f"rows.{ending}")
    with Image.open(f"rows.{ending}") as image:
        assert np.asarray(image.convert("L")).std() > 0
        assert (getattr(image, "n_frames", 1) > 1) == (ending == "gif")


def test_a_grid_has_a_row_for_each_pair_and_a_column_for_each_step(saved, command):
    options, _ = saved((1, 8, 8))
    drawn(command, *options, "--rows", "3", "--steps", "5", "-o", "rows.png")
    with Image.open("rows.png") as image:
        assert image.size == (5 * 66 + 2, 3 * 68)


def test_an_mp4_is_written_or_where_nothing_can_a_gif_which_is_said(saved, command, monkeypatch):
    options, _ = saved((1, 9, 9))
    if videos.find_encoder():
        assert drawn(command, *options, "--rows", "2", "--steps", "3", "-o", "rows.mp4").endswith("rows.mp4.\n")
        assert Path("rows.mp4").read_bytes()[4:8] == b"ftyp"
        assert [path.name for path in Path().glob("*rows*")] == ["rows.mp4"]
    monkeypatch.setattr(videos, "find_encoder", lambda: None)
    out = drawn(command, *options, "--rows", "2", "--steps", "3", "-o", "other.mp4")
    assert "Nothing here writes .mp4 (pip install 'lit-wgan[video]'): a .gif instead." in out
    assert out.endswith("are in other.gif.\n")
    assert Path("other.gif").exists()


REFUSED = {
    "one number": (["--between", "3"], "Expected --between to name at least two samples, but got 3 alone"),
    "a number below 0": (["--between", "3", "-1"], "Expected numbers of samples from 0 to .* but got -1"),
    "a number too large": (["--between", "3", "9223372036854775807"], "Expected numbers of samples from 0 to .*, but"),
    "both": (["--between", "3", "1", "--rows", "2"], "Expected --between or --rows, but got both"),
    "no rows": (["--rows", "0"], "Expected --rows to be above 0, but got 0"),
    "one step": (["--steps", "1"], "Expected --steps to be at least 2, the ends, but got 1"),
    "another way": (["--how", "cubic"], "Expected --how to be linear or spherical, but got cubic"),
    "another ending": (["-o", "rows.jpg"], "Expected --output to end in .png, .npy, .gif or .mp4, but got rows.jpg"),
    "another class": (["--condition", "12"], "Expected as condition a class from 0 to 9"),
    "no run": (["--config", "none.yaml"], "Name it with --config"),
    "different classes": (
        ["--between", "0", "1", "2", "3", "4"],
        "Expected samples of one class at both ends",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_ends_in_one_line(arguments, message, saved, command):
    options, _ = saved((3,), ClassLabels(10), torch.arange(10))
    status, out, err = command("interpolate", *options, *arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1), err
    assert re.search(message, err), err


def test_samples_that_make_no_picture_are_refused_and_make_an_array(saved, command):
    options, _ = saved((1, 2, 2, 2, 2), Values(1), torch.ones(3, 1))
    status, _, err = command("interpolate", *options)
    assert (status, len(err.splitlines())) == (2, 1)
    assert "Expected samples that make a picture, of at most four axes" in err
    drawn(command, *options, "-o", "rows.npy")
    assert np.load("rows.npy").shape == (8, 16, 1, 2, 2, 2, 2)
