"""What docs/security.md promises: which files are code, and that all others are data."""

import io
import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torchvision import datasets

from lit_wgan.commands.evaluate import parser
from lit_wgan.commands.given_condition import read_condition
from lit_wgan.commands.reproduce.records import read_environment, read_result
from lit_wgan.commands.sweep.command import locked
from lit_wgan.data.arrays import cached_arrays
from lit_wgan.data.images import open_images
from lit_wgan.engine.checkpoints import read_checkpoint
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.image_sets import open_image_set
from lit_wgan.evaluation.reference import read_npz
from lit_wgan.runs.directories import refuse_links
from lit_wgan.runs.metrics_rows import read_rows
from lit_wgan.runs.yaml_files import read_yaml

TOY = Path(__file__).parents[1] / "distributed" / "toy.yaml"
MINE = """
from pathlib import Path
from lit_wgan.networks import MLPGenerator

class Generator(MLPGenerator):
    def __init__(self):
        super().__init__(latent_dim=2, data_shape=2, width=4)
        Path("called").touch()
"""


class Harm:
    """Leaves a trace where it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("harmed"),)


def as_pickle():
    return pickle.dumps(Harm(), protocol=2)


def as_checkpoint():
    buffer = io.BytesIO()
    torch.save({"lit_wgan": {"generator_updates": 1}, "state_dict": {}, "callbacks": {"a": Harm()}}, buffer)
    return buffer.getvalue()


def as_npy():
    buffer = io.BytesIO()
    np.save(buffer, np.array([[[[Harm()]]]], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def as_npz():
    buffer = io.BytesIO()
    np.savez(buffer, mu=np.array([Harm()], dtype=object), sigma=np.eye(1))
    return buffer.getvalue()


def as_yaml():
    return b"a: !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [harmed]]"


def read_cifar(path):
    folder = path.parent / "data" / datasets.CIFAR10.base_folder
    folder.mkdir(parents=True)
    for name in ("batches.meta", "test_batch", *(f"data_batch_{number}" for number in range(1, 6))):
        path.copy(folder / name) if hasattr(path, "copy") else (folder / name).write_bytes(path.read_bytes())
    open_images("cifar10", path.parent / "data", train=True, image_size=None, cache_dir=path.parent / "cache")


DATA = {
    "checkpoint": (as_checkpoint, "last.ckpt", read_checkpoint),
    "old checkpoint": (as_pickle, "last.ckpt", read_checkpoint),
    "images as an array": (as_npy, "images.npy", lambda path: open_image_set(str(path))),
    "images as a pickle": (as_pickle, "images.npy", lambda path: open_image_set(str(path))),
    "statistics": (as_npz, "statistics.npz", read_npz),
    "statistics as a pickle": (as_pickle, "statistics.npz", read_npz),
    "statistics as an array": (as_npy, "statistics.npz", read_npz),
    "condition": (as_npy, "condition.npy", lambda path: read_condition(str(path))),
    "condition as a pickle": (as_pickle, "condition.npy", lambda path: read_condition(str(path))),
    "environment": (as_yaml, "environment.json", read_environment),
    "environment as a pickle": (as_pickle, "environment.json", read_environment),
    "result": (as_pickle, "result.json", lambda path: read_result(path.parent)),
    "metrics": (lambda: b"step\n" + as_pickle() + b"\n", "metrics.csv", lambda path: list(read_rows(path))),
    "configuration": (as_yaml, "config.yaml", lambda path: read_yaml(path, "a configuration", "Take another.")),
    "CIFAR": (as_pickle, "pickle", read_cifar),
}


@pytest.mark.parametrize(("write", "name", "read"), DATA.values(), ids=DATA)
def test_a_file_of_data_runs_no_code(write, name, read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(write())
    with pytest.raises((UsageError, FileNotFoundError), match="Expected "):
        read(tmp_path / name)
    assert not (tmp_path / "harmed").exists()


def test_a_cache_of_images_runs_no_code_and_is_written_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for contents in (as_npy(), as_pickle(), b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8\n '''"):
        (tmp_path / "cache.npy").write_bytes(contents)
        pixels = torch.zeros(3, 1, 2, 2, dtype=torch.uint8)
        assert cached_arrays(tmp_path / "cache.npy", lambda pixels=pixels: pixels).images.shape == (3, 1, 2, 2)
    assert not (tmp_path / "harmed").exists()


def test_evaluate_runs_the_configuration_beside_the_checkpoint_and_says_so(command, tmp_path, monkeypatch):
    help_text = " ".join(parser().format_help().split())
    assert "runs the classes that the config.yaml of its run names" in help_text
    (tmp_path / "own_generator.py").write_text(MINE)
    monkeypatch.syspath_prepend(str(tmp_path))
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    torch.save({"lit_wgan": {"generator_updates": 1}, "state_dict": {}}, run / "checkpoints" / "last.ckpt")
    arguments = {"latent_dim": 2, "generator": {"class_path": "own_generator.Generator"}}
    arguments["critic"] = {"class_path": "lit_wgan.networks.MLPCritic", "init_args": {"data_shape": 2, "width": 4}}
    config = {"model": {"class_path": "lit_wgan.WGANGP", "init_args": arguments}}
    config["data"] = {"class_path": "lit_wgan.ToyData", "init_args": {"distribution": "swiss_roll"}}
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    status, _, _ = command("evaluate", "--ckpt", str(run / "checkpoints" / "last.ckpt"), "--accelerator", "cpu")
    assert status != 0  # points are no images
    assert (tmp_path / "called").exists()


@pytest.mark.parametrize("contents", [{"data": {}}, {"model": {}}, {"model": [], "data": 3}])
def test_a_configuration_that_lacks_model_or_data_is_refused_in_one_line(contents, command, tmp_path):
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    torch.save({"lit_wgan": {"generator_updates": 1}, "state_dict": {}}, run / "checkpoints" / "last.ckpt")
    (run / "config.yaml").write_text(json.dumps(contents))
    status, _, err = command("evaluate", "--ckpt", str(run / "checkpoints" / "last.ckpt"), "--accelerator", "cpu")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "config.yaml to be the configuration of the checkpoint's run, but got" in err


def test_modules_of_the_working_directory_are_found_last_and_by_reproduce_not_at_all(command, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in ("", str(tmp_path))])
    command("reproduce", "none")
    assert str(tmp_path) not in sys.path
    command("evaluate", "--ckpt", "none")
    assert sys.path[-1] == str(tmp_path)


LINKS = [
    "metrics.csv",
    "config_0000002.yaml",
    "result.json",
    "hparams.yaml",
    "samples/0000004.png",
    "samples",
    "checkpoints",
]


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_in_a_run_directory_is_not_written_through(name, dangling, tmp_path):
    run, target = tmp_path / "version_0", tmp_path / "precious"
    (run / "samples").mkdir(parents=True)
    if not dangling:
        (target.mkdir if name in ("samples", "checkpoints") else target.touch)()
    if name == "samples":
        (run / "samples").rmdir()
    (run / name).symlink_to(target)
    with pytest.raises(UsageError, match=rf"{name} to be a file or folder of its own, but got a symbolic link"):
        refuse_links(run, folders=("checkpoints", "samples"))


@pytest.mark.slow
def test_a_run_and_a_sweep_that_are_continued_refuse_links(command, tmp_path):
    options = ["--config", str(TOY), "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"]
    assert command("fit", *options, "--trainer.max_steps", "1")[0] == 0
    (tmp_path / "precious").write_text("step\n")
    metrics = tmp_path / "runs" / "toy" / "version_0" / "metrics.csv"
    metrics.unlink()
    metrics.with_name("hparams.yaml").unlink(missing_ok=True)
    metrics.with_name("hparams.yaml").symlink_to(tmp_path / "precious")
    status, _, err = command("fit", *options, "--trainer.max_steps", "2", "--ckpt_path", "last")
    assert (status, len(err.splitlines()[-1:])) == (2, 1)
    assert "hparams.yaml to be a file or folder of its own, but got a symbolic link" in err
    assert (tmp_path / "precious").read_text() == "step\n"
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "lock").symlink_to(tmp_path / "created")
    with pytest.raises(UsageError, match="lock to be a file or folder of its own"), locked(tmp_path / "sweep"):
        pass
    assert not (tmp_path / "created").exists()


def test_links_that_lead_nowhere_else_are_kept(tmp_path):
    """As a last.ckpt that is a link, a run that lies on another disk, and other runs beside."""
    (tmp_path / "disk" / "checkpoints").mkdir(parents=True)
    (tmp_path / "disk" / "checkpoints" / "0000002.ckpt").touch()
    (tmp_path / "disk" / "checkpoints" / "last.ckpt").symlink_to("0000002.ckpt")
    (tmp_path / "disk" / "other_runs").symlink_to(tmp_path)
    (tmp_path / "version_0").symlink_to(tmp_path / "disk")
    refuse_links(tmp_path / "version_0", folders=("checkpoints", "samples"))
