"""Directories of runs, written without training."""

import json
import struct

import pytest
import yaml
from PIL import Image

from lit_wgan.runs.run import Run

CONFIG = {
    "seed_everything": 0,
    "trainer": {"max_steps": 400, "callbacks": [{"class_path": "lit_wgan.ExactW1", "init_args": {"num_samples": 50}}]},
    "model": {
        "class_path": "lit_wgan.WGANGP",
        "init_args": {
            "generator": {"class_path": "lit_wgan.networks.MLPGenerator", "init_args": {"width": 8}},
            "critic": {"class_path": "lit_wgan.networks.MLPCritic"},
            "latent_dim": 3,
            "gp_weight": 10.0,
            "n_critic": 5,
            "critic_optimizer": {"class_path": "torch.optim.Adam", "init_args": {"lr": 1e-4, "betas": [0.0, 0.9]}},
        },
    },
    "data": {"class_path": "lit_wgan.ImageData", "init_args": {"dataset": "digits", "batch_size": 64}},
}
ENVIRONMENT = {
    "command": ["/bin/lit-wgan", "fit", "--config", "my configs/toy.yaml"],
    "seed": 0,
    "python": "3.12.1",
    "packages": {"torch": "2.11.0"},
    "accelerator": "cpu",
    "cpu_threads": 2,
}
ROWS = "critic/loss,critic/wasserstein_estimate,eval/wasserstein_estimate,eval/w1,eval/w1_floor,generator/loss,step\n"
for _update in range(100, 500, 100):
    ROWS += f"-1,{_update / 100},,,,2,{_update}\n,,{_update / 200},{500 - _update},50,,{_update}\n"


def events(*times):
    """A file of TensorBoard with records at the given times, in seconds."""
    records = [b"\x09" + struct.pack("<d", time) + b"\x10\x05" for time in times]
    return b"".join(struct.pack("<Q", len(record)) + b"size" + record + b"data" for record in records)


@pytest.fixture
def make_run(tmp_path):
    """Writes a run of 400 updates, with pictures of so many of them."""

    def make(name="toy/version_0", rows=ROWS, config=CONFIG, environment=ENVIRONMENT, pictures=(100, 200, 300, 400)):
        directory = tmp_path / name
        (directory / "samples").mkdir(parents=True)
        (directory / "config.yaml").write_text(yaml.safe_dump(config))
        if environment is not None:
            (directory / "environment.json").write_text(json.dumps(environment))
        if rows is not None:
            (directory / "metrics.csv").write_text(rows)
        (directory / "result.json").write_text(json.dumps({"generator_updates": 400}))
        (directory / "events.out.tfevents.1.host.2.0").write_bytes(events(1000.0, 1030.0, 1065.0))
        for update in pictures:
            Image.new("RGB", (32, 32), (update % 256, 90, 30)).save(directory / "samples" / f"{update:07d}.png")
        return Run(directory)

    return make
