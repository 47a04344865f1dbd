"""The command on two processes of its own, which nothing but the command has started."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.slow
CONFIG = Path(__file__).parents[2] / "configs" / "wgan_gp_digits.yaml"


def test_fit_on_two_devices_writes_one_run(tmp_path):
    options = "--trainer.max_steps 4 --trainer.val_check_interval 2 --trainer.log_every_n_steps 1 --trainer.devices 2"
    options += " --trainer.accelerator cpu --model.generator.width 4 --model.critic.width 4 --data.batch_size 8"
    options += " --samples.every_n_updates 2"
    command = [sys.executable, "-m", "lit_wgan", "fit", "--config", str(CONFIG), *options.split()]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=600, env=os.environ | {"OMP_NUM_THREADS": "1"})
    (run,) = (tmp_path / "runs" / "wgan_gp_digits").iterdir()
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows if row["critic/loss"]] == ["1", "2", "3", "4"]
    assert [row["step"] for row in rows if row["eval/w1"]] == ["2", "4"]
    written = {"config.yaml", "environment.json", "samples", "checkpoints", "curves.png"}  # by one process alone
    assert {path.name for path in run.iterdir()} >= written
    assert len(list(run.glob("learning.*"))) == 1
    assert sorted(path.stem for path in (run / "samples").iterdir()) == ["0000002", "0000004", "real"]
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["lit_wgan"]["generator_updates"] == 4
