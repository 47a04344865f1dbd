"""``lit-wgan sample`` as a user types it, on checkpoints of tiny systems whose data are gone."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from lit_wgan import WGANGP
from lit_wgan.callbacks.pictures.flat import flat_samples
from lit_wgan.callbacks.pictures.grid import save_grid
from lit_wgan.data.conditions import ClassLabels, SeveralConditions, Values
from lit_wgan.evaluation.images import to_bytes
from lit_wgan.systems.resuming import run_state
from lit_wgan.trained.loading import load_system

OWN = """
from torch import nn

class Sum(nn.Module):
    '''Noise plus the means of the conditions, as samples of a shape; of samples, one score each.'''

    def __init__(self, shape=()):
        super().__init__()
        self.shape, self.scale = shape, nn.Linear(1, 1)

    def forward(self, x, *told):
        total = self.scale(x.flatten(1)[:, :1]) + sum(part.reshape(len(x), -1).float().mean(1, True) for part in told)
        return total.reshape(-1, *[1 for _ in self.shape]).expand(-1, *self.shape) if self.shape else total
"""
IMAGE = np.arange(16, dtype=np.uint8).reshape(4, 4) * 17


def described(source):
    """A source of conditions as a configuration names it."""
    if source is None:
        return None
    arguments = {
        ClassLabels: lambda: {"num_classes": source.num_classes},
        Values: lambda: {"shape": list(source.shape)},
        SeveralConditions: lambda: {"sources": [described(part) for part in source.sources]},
    }
    name = type(source).__name__
    return {"class_path": f"lit_wgan.data.conditions.{name}", "init_args": arguments[type(source)]()}


@pytest.fixture
def saved(command, tmp_path, monkeypatch):
    """Saves a checkpoint with the configuration of its run; returns the options that name it, and the system."""
    (tmp_path / "own_sum.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_sum", raising=False)

    def save(shape, source=None, law=None, ema_decay=None):
        from own_sum import Sum

        if law is not None:
            source.learn_(law)
        system = WGANGP(Sum(shape), Sum(), latent_dim=2, condition=source, ema_decay=ema_decay)
        checkpoint = tmp_path / "run" / "checkpoints" / "last.ckpt"
        checkpoint.parent.mkdir(parents=True)
        torch.save({"lit_wgan": run_state(system), "state_dict": system.state_dict()}, checkpoint)
        network = {"class_path": "own_sum.Sum"}
        arguments = {"generator": network | {"init_args": {"shape": list(shape)}}, "critic": network}
        arguments |= {"latent_dim": 2, "condition": described(source), "ema_decay": ema_decay}
        config = {"model": {"class_path": "lit_wgan.WGANGP", "init_args": arguments}}
        config["data"] = {"class_path": "data_that_are.Gone"}
        (tmp_path / "run" / "config.yaml").write_text(yaml.safe_dump(config))
        return ["--ckpt", str(checkpoint), "--accelerator", "cpu"], system

    return save


def drawn(command, *arguments):
    status, out, err = command("sample", *arguments)
    assert status == 0, err
    return out


def test_samples_are_those_of_their_numbers_and_of_the_moving_average(saved, command, tmp_path):
    options, system = saved((3,), ema_decay=0.5)
    system.ema_generator.scale.weight.data += 1
    torch.save({"lit_wgan": run_state(system), "state_dict": system.state_dict()}, options[1])
    assert drawn(command, *options, "--num", "5") == "The samples are in generated.\n"
    written = [np.load(tmp_path / "generated" / f"{number:06d}.npy") for number in range(5)]
    np.testing.assert_array_equal(np.stack(written), system.sample(slice(5)))
    assert len(list((tmp_path / "generated").iterdir())) == 5
    drawn(command, *options, "--num", "5", "--output", "live.npy", "--live", "--batch_size", "2")
    system.ema_generator = None
    np.testing.assert_array_equal(np.load("live.npy"), system.sample(slice(5)))


def test_without_a_condition_each_sample_has_that_of_its_number(saved, command):
    options, system = saved((3,), ClassLabels(10), torch.tensor([2, 2, 7]))
    out = drawn(command, *options, "--output", "new/all.npy")
    assert out == "The samples are in new/all.npy, and their conditions in new/all_conditions.npy.\n"
    np.testing.assert_array_equal(np.load("new/all.npy"), system.sample(slice(64)))
    np.testing.assert_array_equal(np.load("new/all_conditions.npy"), system.condition_of_samples(slice(64)))


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
    drawn(command, *options, "--num", "4", "--condition", option, "--output", "all.npy", "--batch_size", "3")
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
    drawn(command, *options, "--num", "3", "--condition", "1", "--output", "ones")
    expected = to_bytes(system.sample(slice(3), condition=1))
    for number in range(3):
        np.testing.assert_array_equal(pixels(f"ones/{number:06d}.png"), expected[number, 0])
    assert drawn(command, *options, "--num", "3", "--condition", "1", "--output", "ones.png").endswith("ones.png.\n")
    save_grid(flat_samples(system.sample(slice(3), condition=1), system.transform), tmp_path / "expected.png")
    assert (tmp_path / "ones.png").read_bytes() == (tmp_path / "expected.png").read_bytes()
    drawn(command, *options, "--num", "20", "--output", "columns.png")
    assert pixels("columns.png").shape[1] == 2 + 10 * 66


def test_samples_of_five_axes_make_no_picture(saved, command):
    options, _ = saved((1, 2, 2, 2, 2))
    status, out, err = command("sample", *options, "--output", "out.png")
    assert (status, out, len(err.splitlines())) == (2, "", 1), err
    assert re.search(r"make a picture, .* shape \(1, 2, 2, 2, 2\)", err)


REFUSED = {
    "another class": (lambda: ClassLabels(10), ["--condition", "12"], "a class from 0 to 9, or 4 of them"),
    "null": (lambda: ClassLabels(10), ["--condition", "null"], "a class from 0 to 9, or 4 of them"),
    "no condition is known": (lambda: ClassLabels(10), [], "Expected --condition, since the checkpoint does not hold"),
    "a system without": (
        lambda: None,
        ["--condition", "3"],
        "Expected no condition, since the gene",
    ),
    "another shape": (lambda: Values((1, 8, 8)), ["--condition", "image.png"], r"shape \(1, 8, 8\), or 4 of them"),
    "another number": (lambda: Values(1), ["--num", "5", "--condition", "rows.npy"], "a number, or 5 of them"),
    "no number": (lambda: Values(1), ["--condition", "three"], "to be a number, a list .*, or a file, but got three"),
    "not finite": (lambda: Values(1), ["--condition", "nan"], "a number, or 4 of them"),
    "objects": (lambda: Values(1), ["--condition", "objects.npy"], "objects.npy, which is damaged or something else"),
    "no image": (lambda: Values(1), ["--condition", "damaged.png"], "damaged.png, which is damaged or something else"),
    "one of several": (
        lambda: SeveralConditions([ClassLabels(2), Values(1)]),
        ["--condition", "1"],
        "as condition a list of 2",
    ),
    "no samples": (lambda: None, ["--num", "0"], "Expected --num to be above 0, but got 0"),
    "a folder in use": (lambda: None, ["--output", "run"], "to be a new folder, or an empty one, but got run"),
    "no checkpoint": (lambda: None, ["--ckpt", "none.ckpt"], "Expected --ckpt to be a checkpoint file, but got none"),
    "an option that is none": (lambda: None, ["--number", "3"], "Unrecognized arguments: --number"),
}


@pytest.mark.parametrize(("source", "arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_ends_in_one_line(source, arguments, message, saved, command, tmp_path):
    write_conditions()
    options, _ = saved((3,), source())
    status, out, err = command("sample", *options, "--num", "4", *arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1), err
    assert re.search(message, err), err
    assert not (tmp_path / "generated").exists()


def test_a_system_is_loaded_without_its_data(saved):
    options, system = saved((3,), ClassLabels(10), torch.tensor([2, 2, 7]))
    loaded = load_system(Path(options[1]))
    assert torch.equal(loaded.condition.counts, system.condition.counts)
