"""``lit-wgan distance`` as a user types it."""

import json

import numpy as np
import pytest
from PIL import Image

QUICK = ("--updates", "2", "--width", "4", "--batch_size", "8", "--accelerator", "cpu")


def points(shift, count=40, features=2):
    return np.random.RandomState(0).randn(count, features) + shift


@pytest.fixture
def files(tmp_path):
    """Sets of points in files of several kinds."""
    np.save(tmp_path / "a.npy", points(0.0))
    np.savez(tmp_path / "b.npz", x=points(2.0).astype(np.float32))
    rows = "\n".join(f"{one},{other},{'red' if one > 0 else 'blue'}" for one, other in points(1.0))
    (tmp_path / "c.csv").write_text(f"x,y,colour\n{rows}\n")
    np.save(tmp_path / "wide.npy", points(0.0, features=3))
    np.save(tmp_path / "few.npy", points(0.0, 5))
    np.save(tmp_path / "nan.npy", np.where(points(0.0) > 2, np.nan, points(0.0)))
    for folder in ("photos", "others"):
        (tmp_path / folder).mkdir()
        for number in range(20):
            pixels = np.random.RandomState(number).randint(0, 255, (8, 8), np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{number}.png")


@pytest.mark.parametrize(
    ("sets", "shape", "network"),
    [
        (("a.npy", "b.npz:x"), [2], "MLPCritic"),
        (("a.npy", "c.csv:x,y"), [2], "MLPCritic"),
        (("photos", "others"), [1, 8, 8], "DCGANCritic"),
    ],
)
def test_it_prints_the_distance_and_writes_it_with_its_course(files, command, tmp_path, sets, shape, network):
    status, out, err = command("distance", *sets, *QUICK, "--json", "found.json")
    assert (status, err.count("rror")) == (0, 0)
    lines = out.splitlines()
    assert lines[0].startswith(f"{sets[0]} and {sets[1]}: ")
    assert [line[:21].strip() for line in lines[-6:]] == [
        "critic's estimate",
        "its mean slope",
        "estimate over slope",
        "exact W1",
        "settled",
        "time",
    ]
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["shape"], found["network"], found["options"]["updates"]) == (shape, network, 2)
    assert [each["update"] for each in found["course"]] == [1, 2]
    assert found["distance"] == pytest.approx(found["estimate"] / found["slope"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.npy", "wide.npy"), "Expected two sets of samples of one shape, but got (2,) and (3,)."),
        (("few.npy", "a.npy"), "Expected at least 20 samples in each set, but got 5 and 40."),
        (("a.npy", "a.npy", "--num_samples", "10"), "Expected at least 20 samples in each set, but got 10 and 10."),
        (("a.npy", "nan.npy"), "Expected finite numbers, but got nan in row "),
        (("a.npy", "c.csv"), "Expected columns of numbers, but got categories in colour of "),
        (("a.npy", "missing.npy"), "Expected B "),
        (("a.npy",), "argument"),
        (("a.npy", "a.npy", "--updates", "0"), "Expected --updates to be above 0, but got 0."),
        (("a.npy", "a.npy", "--seed", "-1"), "Expected --seed to be at least 0, but got -1."),
        (("a.npy", "a.npy", "--network", "resnet"), "--network"),
        (("a.npy", "a.npy", "--network", "dcgan"), "Expected"),
    ],
)
def test_a_mistake_is_told_in_one_line(files, command, arguments, message):
    status, out, err = command("distance", *arguments)
    assert status == 2
    assert out == "" or "--network" in arguments  # refused before anything is said of the samples
    assert err.startswith("lit-wgan: error: ")
    assert message in err
    assert err.count("\n") == 1


def test_its_help_has_examples(command, capsys):
    with pytest.raises(SystemExit):
        command("distance", "--help")
    assert "lit-wgan distance generated.npy real.npy" in capsys.readouterr().out
