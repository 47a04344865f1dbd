"""Held-out figures and generated samples on 1, 2 and 3 processes: real ones, over gloo."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def test_held_out_figures_do_not_depend_on_the_number_of_processes(script, tmp_path):
    def figures(processes):
        output = tmp_path / f"figures_{processes}.json"
        script(tmp_path, Path(__file__).parent / "evaluate.py", output, processes=processes)
        return json.loads(output.read_text())

    alone = figures(1)
    assert all("eval/wasserstein_estimate" in case or "eval/jensen_shannon_estimate" in case for case in alone.values())
    for processes in (2, 3):
        for name, case in figures(processes).items():
            assert case == pytest.approx(alone[name], abs=1e-6), f"{name} on {processes} processes"


def test_predict_on_two_devices_writes_every_sample_once_and_as_one_device_does(together, tmp_path):
    config = ROOT / "configs" / "wgan_gp_eight_gaussians.yaml"
    options = "--model.generator.width 4 --model.critic.width 4 --data.batch_size 4 --trainer.accelerator cpu"
    options += " --model.condition ClassLabels --model.condition.num_classes 8 --data.condition_of label"
    options += " --model.generator.num_classes 8 --model.critic.num_classes 8"
    command = [sys.executable, "-m", "lit_wgan", "{}", "--config", str(config), *options.split()]
    fit = [*command, "--trainer.max_steps", "1", "--trainer.limit_val_batches", "0"]
    assert together(tmp_path, ([word.format("fit") for word in fit], {}))[0].status == 0
    runs = tmp_path / "runs" / config.stem
    checkpoint = ["--ckpt_path", str(runs / "version_0" / "checkpoints" / "last.ckpt"), "--data.num_generated", "11"]
    predict = [word.format("predict") for word in [*command, *checkpoint]]
    for devices in ("1", "2"):
        (end,) = together(tmp_path, ([*predict, "--trainer.devices", devices], {}))
        assert end.status == 0, end.output
    alone, two = (
        {path.name: np.load(path) for path in (runs / f"version_{run}" / "generated").iterdir()} for run in (1, 2)
    )
    assert sorted(two) == [*(f"{number:06d}.npy" for number in range(11)), "conditions.npy"]
    for name, sample in alone.items():
        np.testing.assert_allclose(two[name], sample, rtol=0, atol=1e-6)
