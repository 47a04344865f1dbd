"""Every shipped configuration is trained for two updates, with its networks as they are but a small minibatch.

Its critic is updated once for each, and pictures are of few samples, without a page: more would tell nothing new.
"""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from lit_wgan.cli import main

FOLDER = Path(__file__).parent.parent / "configs"
CONFIGS = sorted(FOLDER.glob("*.yaml"))
TRAINERS = sorted(FOLDER.glob("trainer/*.yaml"))


@pytest.fixture
def stand_in(tmp_path):
    """A folder of random images of two classes, in place of a data set that this machine may not have."""

    def make(size, mode):
        for name in ("first", "second"):
            (tmp_path / "images" / name).mkdir(parents=True)
        shape = (size, size) if mode == "L" else (size, size, 3)
        for number in range(10):
            pixels = np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8)
            folder = tmp_path / "images" / ("first" if number % 2 else "second")
            Image.fromarray(pixels).save(folder / f"{number}.png")
        root, cache = str(tmp_path / "images"), str(tmp_path / "cache")
        return ["--data.dataset", "folder", "--data.root", root, "--data.cache_dir", cache]

    return make


@pytest.fixture
def gallery_data(tmp_path):
    """Writes a few samples of each kind of the gallery's data into the folder of the test."""

    def make():
        module = runpy.run_path(str(FOLDER.parent / "tools" / "gallery_data.py"))
        folder = tmp_path / "data" / "gallery"
        folder.mkdir(parents=True)
        for name in ("write_table", "write_series", "write_dates", "write_text", "write_volumes", "write_images"):
            module[name](folder, count=40)

    return make


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Expected a critic without batch norm")  # which one of them allows
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_config_trains(config, stand_in, gallery_data, monkeypatch, tmp_path):
    options = yaml.safe_load(config.read_text())
    data = options["data"]["init_args"]
    view = options["model"]["init_args"].get("view", {})
    size = view.get("init_args", {}).get("size", 2)  # of a pack, of which a minibatch is to hold whole ones
    arguments = ["--data.batch_size", str(size), "--trainer.max_steps", "2", "--trainer.val_check_interval", "2"]
    if "data/gallery" in config.read_text():
        gallery_data()
        arguments += ["--data.cache_dir", str(tmp_path / "cache")]
    elif "distribution" not in data and data["dataset"] != "digits":
        critic = options["model"]["init_args"]["critic"]
        size = critic["init_args"].get("image_size", 64 if "64" in critic["class_path"] else 32)
        size = 32 if size == "auto" else size
        arguments += stand_in(size, "L" if "mnist" in data["dataset"] else "RGB")
    if "callbacks" in options["trainer"]:
        arguments += ["--trainer.callbacks", "null"]
        if "monitor" in options.get("checkpoint", {}):  # what one of these logs
            arguments += ["--checkpoint.monitor", "null"]
    scheduled = isinstance(options["model"]["init_args"]["n_critic"], dict)
    arguments += ["--model.n_critic.warm_n_critic", "3"] if scheduled else ["--model.n_critic", "1"]
    arguments += ["--samples.num_samples", "4", "--report", "false"]
    arguments += ["--trainer.default_root_dir", str(tmp_path / "runs"), "--trainer.accelerator", "cpu"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["lit-wgan", "fit", "--config", str(config), *arguments])
    assert main() == 0
    checkpoint = torch.load(next((tmp_path / "runs").glob("*/*/checkpoints/last.ckpt")), weights_only=True)
    assert checkpoint["lit_wgan"]["generator_updates"] == 2
    assert all(weight.isfinite().all() for weight in checkpoint["state_dict"].values())


@pytest.mark.slow
@pytest.mark.parametrize("config", TRAINERS, ids=lambda path: path.stem)
def test_trainer_config_follows_an_experiment(config, tmp_path):
    options = ["--model.generator.width", "4", "--model.critic.width", "4", "--data.batch_size", "8"]
    options += ["--trainer.max_steps", "2", "--trainer.callbacks", "null"]
    trainer = yaml.safe_load(config.read_text())["trainer"]
    if trainer.get("accelerator", "auto") != "cpu":  # tests need none
        options += ["--trainer.accelerator", "cpu", "--trainer.sync_batchnorm", "false"]
    command = [sys.executable, "-m", "lit_wgan", "fit", "--config", str(FOLDER / "wgan_gp_digits.yaml")]
    # Processes of their own: those that tests fork know their number of devices from the command alone.
    subprocess.run([*command, "--config", str(config), *options], cwd=tmp_path, check=True, timeout=600)
    (run,) = (tmp_path / "runs" / "wgan_gp_digits").iterdir()
    ran = yaml.safe_load((run / "config.yaml").read_text())
    assert ran["trainer"]["devices"] == trainer.get("devices", "auto")
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["lit_wgan"]["generator_updates"] == 2
