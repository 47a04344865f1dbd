"""``lit-wgan sample`` as a user types it, on checkpoints of tiny systems whose data are gone."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from lit_wgan.callbacks.pictures.flat import flat_samples
from lit_wgan.callbacks.pictures.grid import save_grid
from lit_wgan.data.conditions import ClassLabels, SeveralConditions, Values
from lit_wgan.evaluation.images import to_bytes
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.systems.resuming import run_state
from lit_wgan.trained.loading import load_system

IMAGE = np.arange(16, dtype=np.uint8).reshape(4, 4) * 17


def drawn(command, *arguments):
    status, out, err = command("sample", *arguments)
    assert status == 0, err
    return out


def test_samples_are_those_of_their_numbers_and_of_the_moving_average(saved, command):
    options, system = saved((3,), ema_decay=0.5)
    system.ema_generator.scale.weight.data += 1
    torch.save({"lit_wgan": run_state(system), "state_dict": system.state_dict()}, options[0])
    out = drawn(command, *options, "-n", "5")
    assert out == "5 samples (seed 0, generator update 0) are in generated/samples.npy.\n"
    np.testing.assert_array_equal(np.load("generated/samples.npy"), system.sample(slice(5)))
    drawn(command, *options, "-n", "5", "-o", "live.npy", "--live", "--batch_size", "2")
    system.ema_generator = None
    np.testing.assert_array_equal(np.load("live.npy"), system.sample(slice(5)))


def test_without_a_condition_each_sample_has_that_of_its_number(saved, command):
    options, system = saved((3,), ClassLabels(10), torch.tensor([2, 2, 7]))
    out = drawn(command, *options, "-o", "new/all.npy")
    assert out.endswith("are in new/all.npy, and their conditions in new/all_conditions.npy.\n")
    np.testing.assert_array_equal(np.load("new/all.npy"), system.sample(slice(64)))
    np.testing.assert_array_equal(np.load("new/all_conditions.npy"), system.condition_of_samples(slice(64)))


def test_a_seed_gives_other_samples_and_conditions_the_same_at_every_call(saved, command):
    options, system = saved((3,), ClassLabels(10), torch.arange(10))
    outs = [drawn(command, *options, "--seed", seed, "-o", f"{name}.npy") for name, seed in ("a3", "b3", "c4")]
    a, b, c = (np.load(f"{name}.npy") for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert not np.isclose(a, c).any(1).all()
    system.streams = RandomStreams(3)
    np.testing.assert_array_equal(a, system.sample(slice(64)))
    np.testing.assert_array_equal(np.load("a_conditions.npy"), system.condition_of_samples(slice(64)))
    assert "(seed 3, generator update 0)" in outs[0]


def test_a_run_is_found_by_its_directory(saved, command):
    _, system = saved((3,))
    drawn(command, "run", "--accelerator", "cpu", "-n", "2", "-o", "two.npy")
    np.testing.assert_array_equal(np.load("two.npy"), system.sample(slice(2)))


# Forms.


def test_an_archive_has_samples_and_conditions(saved, command):
    source = SeveralConditions([ClassLabels(10), Values((1, 4, 4))])
    options, system = saved((2, 3, 4), source, (torch.arange(5), torch.randn(5, 1, 4, 4)))
    drawn(command, *options, "-n", "7", "-o", "out", "--format", "npz", "--batch_size", "3")
    with np.load("out/samples.npz") as archive:
        assert sorted(archive) == ["conditions_1", "conditions_2", "samples"]
        np.testing.assert_array_equal(archive["samples"], system.sample(slice(7)))
        for place, part in enumerate(system.condition_of_samples(slice(7)), 1):
            np.testing.assert_array_equal(archive[f"conditions_{place}"], part)


@pytest.mark.parametrize(
    ("shape", "header", "rows"),
    [
        ((3,), "x0,x1,x2,condition", 4),
        ((1,), "x,condition", 4),
        ((20,), "x0,x1,x2", 4),
        ((9, 2), "sample,time,x0,x1,condition", 36),
        ((2, 9), "sample,time,x0,x1,condition", 36),
    ],
)
def test_vectors_and_series_are_tables_with_their_conditions(shape, header, rows, saved, command):
    options, system = saved(shape, Values(1), torch.linspace(0, 1, 5)[:, None])
    drawn(command, *options, "-n", "4", "-o", "all.csv")
    first, *others = Path("all.csv").read_text().splitlines()
    assert first.startswith(header)
    assert len(others) == rows
    table = np.genfromtxt("all.csv", delimiter=",", names=True)
    samples, told = system.sample(slice(4)), system.condition_of_samples(slice(4))
    if len(shape) == 2:  # time is the longer axis
        samples = samples if shape[0] > shape[1] else samples.mT
        np.testing.assert_allclose(table["x1"], samples[..., 1].flatten(), rtol=1e-5)
        assert table["time"].tolist() == list(range(9)) * 4
        assert table["sample"].tolist() == np.repeat(range(4), 9).tolist()
    np.testing.assert_allclose(table["condition"], np.repeat(told.flatten().numpy(), rows // 4), rtol=1e-5)


def test_conditions_of_a_table_are_columns_and_images_a_file(saved, command):
    source = SeveralConditions([ClassLabels(10), Values(2), Values((1, 4, 4))])
    options, system = saved((2,), source, (torch.arange(5), torch.randn(5, 2), torch.randn(5, 1, 4, 4)))
    out = drawn(command, *options, "-n", "3", "-o", "all.tsv")
    assert Path("all.tsv").read_text().splitlines()[0].split("\t") == [
        "x0",
        "x1",
        "condition_1",
        "condition_2_0",
        "condition_2_1",
    ]
    assert "their conditions in all_conditions.npy" in out
    np.testing.assert_array_equal(np.load("all_conditions.npy"), system.condition_of_samples(slice(3))[2])


def write_conditions():
    np.save("rows.npy", np.linspace(0, 0.75, 4)[:, None])
    np.save("labels.npy", np.array([1, 2, 3, 1], np.uint8))
    np.save("bytes.npy", np.stack([IMAGE[None]] * 4))
    np.save("objects.npy", np.array([None]), allow_pickle=True)
    Image.fromarray(IMAGE).save("image.png")
    with open("damaged.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")


SHOWN = torch.from_numpy(IMAGE[None]) / 127.5 - 1
ASKED = {
    "a class": (lambda: ClassLabels(10), "3", 3),
    "a class for each": (lambda: ClassLabels(10), "labels.npy", torch.tensor([1, 2, 3, 1])),
    "a number": (lambda: Values(1), "0.5", 0.5),
    "a number below zero": (lambda: Values(1), "-.5", -0.5),
    "numbers for each": (lambda: Values(1), "rows.npy", torch.arange(4.0)[:, None] / 4),
    "a vector": (lambda: Values(2), "[0.1, 0.2]", [0.1, 0.2]),
    "an image": (lambda: Values((1, 4, 4)), "image.png", SHOWN),
    "bytes of images": (lambda: Values((1, 4, 4)), "bytes.npy", SHOWN.expand(4, -1, -1, -1)),
    "several": (lambda: SeveralConditions([ClassLabels(10), Values((1, 4, 4))]), '[3, "image.png"]', [3, SHOWN]),
}


@pytest.mark.parametrize(("source", "option", "value"), ASKED.values(), ids=ASKED)
def test_samples_are_drawn_under_the_condition_asked_for(source, option, value, saved, command):
    write_conditions()
    options, system = saved((3,), source())  # the law is not known, and not needed
    drawn(command, *options, "-n", "4", "--condition", option, "-o", "all.npy", "--batch_size", "3")
    np.testing.assert_array_equal(np.load("all.npy"), system.sample(slice(4), condition=value))
    asked = system.condition_asked(value, 4)
    several = isinstance(asked, tuple)
    for place, part in enumerate(asked if several else [asked], 1):
        np.testing.assert_array_equal(np.load(f"all_conditions{f'_{place}' if several else ''}.npy"), part)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_images_are_files_or_a_grid(saved, command, tmp_path):
    options, system = saved((1, 8, 8), ClassLabels(10), torch.arange(10))
    drawn(command, *options, "-n", "3", "--condition", "1", "-o", "ones")
    expected = to_bytes(system.sample(slice(3), condition=1))
    for number in range(3):
        np.testing.assert_array_equal(pixels(f"ones/{number:06d}.png"), expected[number, 0])
    assert drawn(command, *options, "-n", "3", "--condition", "1", "-o", "ones.png").endswith("ones.png.\n")
    save_grid(flat_samples(system.sample(slice(3), condition=1), system.transform), tmp_path / "expected.png")
    assert (tmp_path / "ones.png").read_bytes() == (tmp_path / "expected.png").read_bytes()
    drawn(command, *options, "-n", "20", "-o", "columns", "--grid")
    assert pixels("columns/samples.png").shape[1] == 2 + 10 * 66
    drawn(command, *options, "-n", "3", "--condition", "1", "-o", "tiffs", "--format", "tif")
    np.testing.assert_array_equal(pixels("tiffs/000002.tif"), expected[2, 0])


def test_samples_of_five_axes_make_no_picture(saved, command):
    options, _ = saved((1, 2, 2, 2, 2))
    status, out, err = command("sample", *options, "-o", "out.png")
    assert (status, out, len(err.splitlines())) == (2, "", 1), err
    assert re.search(r"make a picture, .* shape \(1, 2, 2, 2, 2\)", err)


REFUSED = {
    "another class": (lambda: ClassLabels(10), ["--condition", "12"], "a class from 0 to 9, or 4 of them"),
    "null": (
        lambda: ClassLabels(10),
        ["--condition", "null"],
        "Expected --condition to be a number, a list .* but got null",
    ),
    "no condition is known": (lambda: ClassLabels(10), [], "Expected --condition, since the checkpoint does not hold"),
    "a system without": (
        lambda: None,
        ["--condition", "3"],
        "Expected no condition, since the gene",
    ),
    "another shape": (lambda: Values((1, 8, 8)), ["--condition", "image.png"], r"shape \(1, 8, 8\), or 4 of them"),
    "another number": (lambda: Values(1), ["-n", "5", "--condition", "rows.npy"], "a number, or 5 of them"),
    "no number": (lambda: Values(1), ["--condition", "three"], "to be a number, a list .*, or a file, but got three"),
    "not finite": (lambda: Values(1), ["--condition", "nan"], "a number, or 4 of them"),
    "objects": (lambda: Values(1), ["--condition", "objects.npy"], "objects.npy, which is damaged or something else"),
    "no image": (lambda: Values(1), ["--condition", "damaged.png"], "damaged.png, which is damaged or something else"),
    "one of several": (
        lambda: SeveralConditions([ClassLabels(2), Values(1)]),
        ["--condition", "1"],
        "as condition a list of 2",
    ),
    "no samples": (lambda: None, ["-n", "0"], "Expected --num to be above 0, but got 0"),
    "less than none": (lambda: None, ["-n", "-3"], "Expected --num to be above 0, but got -3"),
    "a seed below 0": (lambda: None, ["--seed", "-1"], "Expected --seed to be at least 0, but got -1"),
    "a folder in use": (lambda: None, ["-o", "run"], "to be a new folder, or an empty one, but got run"),
    "an unknown form": (lambda: None, ["--format", "jpg"], "Expected --format to be one of png, .* but got jpg"),
    "an unknown ending": (lambda: None, ["-o", "out.jpg"], "Expected --output to end in .npy, .* but got out.jpg"),
    "two forms": (lambda: None, ["-o", "out.csv", "--format", "npy"], "one form .* --format npy and .csv. Leave one"),
    "a picture and a form": (lambda: None, ["--grid", "--format", "npy"], "one form .* --format npy and a picture"),
    "a picture in an array": (lambda: None, ["--grid", "-o", "out.npy"], "one form .* --grid and out.npy"),
    "no images": (
        lambda: None,
        ["--format", "png"],
        r"Expected images .*, but got samples of shape \(3,\). Take one of ",
    ),
    "an option that is none": (lambda: None, ["--number", "3"], "Unrecognized arguments: --number"),
}


@pytest.mark.parametrize(("source", "arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_ends_in_one_line(source, arguments, message, saved, command, tmp_path):
    write_conditions()
    options, _ = saved((3,), source())
    status, out, err = command("sample", *options, "-n", "4", *arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1), err
    assert re.search(message, err), err
    assert not (tmp_path / "generated").exists()


def test_a_system_is_loaded_without_its_data(saved):
    options, system = saved((3,), ClassLabels(10), torch.tensor([2, 2, 7]))
    loaded = load_system(Path(options[0]))
    assert torch.equal(loaded.condition.counts, system.condition.counts)


# What is told before anything is drawn.


def refused(command, *arguments):
    status, out, err = command("sample", *arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1), err
    return err


def test_more_samples_than_fit_the_disk_are_refused(saved, command, monkeypatch, tmp_path):
    options, _ = saved((1, 64, 64))
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=5000))
    assert "room for 2 samples, about 8.19e-06 GB, but got 5e-06 GB free for" in refused(command, *options, "-n", "2")
    assert not (tmp_path / "generated").exists()
    drawn(command, *options, "-n", "1")


def test_images_are_no_table(saved, command):
    options, _ = saved((1, 8, 8))
    err = refused(command, *options, "-o", "out.csv")
    assert "rows of a table, vectors or series for --format csv, but got samples of shape (1, 8, 8)" in err
    assert "Take one of png, tif, npy, npz." in err


def test_a_run_that_is_none_or_has_no_checkpoint_or_a_damaged_one_is_told(saved, command, tmp_path):
    options, _ = saved((3,))
    assert "Expected a run, but got rum, which is not there. Did you mean run?" in refused(command, "rum")
    checkpoint = Path(options[0])
    contents = checkpoint.read_bytes()
    checkpoint.write_bytes(contents[:-500])
    assert "last.ckpt, which is damaged" in refused(command, *options)
    checkpoint.unlink()
    assert "Expected a run with a checkpoint, but got run, which has none" in refused(command, "run")


def test_a_checkpoint_without_its_configuration_is_told_the_option(saved, command, tmp_path):
    options, system = saved((3,))
    (tmp_path / "run" / "config.yaml").rename(tmp_path / "other.yaml")
    assert "Name it with --config." in refused(command, *options)
    drawn(command, *options, "--config", "other.yaml", "-o", "all.npy")
    np.testing.assert_array_equal(np.load("all.npy"), system.sample(slice(64)))
