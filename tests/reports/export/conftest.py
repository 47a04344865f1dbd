"""Runs as they lie on the disk, of small networks that were never trained."""

import pytest
import torch
import yaml

from lit_wgan import WGANGP
from lit_wgan.networks import DCGANCritic, DCGANGenerator
from lit_wgan.systems.resuming import run_state

GENERATOR = {"image_size": 8, "channels": 1, "latent_dim": 64, "width": 4}
CRITIC = {"image_size": 8, "channels": 1, "width": 4}
METRICS = "epoch,eval/w1,eval/w1_floor,step\n0,3.5,2.75,499\n0,3.125,2.75,999\n0,1.5,2.75,1499\n"


@pytest.fixture
def digits(tmp_path, monkeypatch):
    """A run of small networks on digits, at update 1000 of 1500, with a moving average; its system."""
    monkeypatch.chdir(tmp_path)
    directory = tmp_path / "runs" / "digits" / "version_0"
    (directory / "checkpoints").mkdir(parents=True)
    networks = {
        "generator": {"class_path": "lit_wgan.networks.DCGANGenerator", "init_args": GENERATOR},
        "critic": {"class_path": "lit_wgan.networks.DCGANCritic", "init_args": CRITIC},
    }
    exact = {"class_path": "lit_wgan.ExactW1", "init_args": {"num_samples": 500}}
    config = {
        "seed_everything": 0,
        "model": {"class_path": "lit_wgan.WGANGP", "init_args": networks | {"latent_dim": 64, "ema_decay": 0.9}},
        "data": {"class_path": "lit_wgan.ImageData", "init_args": {"dataset": "digits", "root": "/home/grace/digits"}},
        "trainer": {"callbacks": [exact], "default_root_dir": "/home/grace/runs", "max_steps": 1500},
        "wandb": {"entity": "grace"},
    }
    (directory / "config.yaml").write_text(yaml.safe_dump(config))
    (directory / "metrics.csv").write_text(METRICS)
    system = WGANGP(DCGANGenerator(**GENERATOR), DCGANCritic(**CRITIC), latent_dim=64, ema_decay=0.9)
    torch.nn.init.ones_(system.ema_generator.layers[2].bias)  # so that it is another than the generator
    system.counters.generator_updates = 1000
    contents = {"lit_wgan": run_state(system), "state_dict": system.state_dict()}
    torch.save(contents, directory / "checkpoints" / "last.ckpt")
    return system
