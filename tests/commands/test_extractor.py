"""``lit-wgan extractor train`` as a user types it."""

import json
import re

import numpy as np
import pytest

from lit_wgan.engine.digests import file_sha256

CONFIG = "model: {class_path: lit_wgan.WGANGP}\ndata: {class_path: ToyData, init_args: {distribution: eight_gaussians}}"
LABELLED = ["--data.condition_of", "label"]


def test_a_network_is_trained_on_a_runs_data_and_measures_samples_of_any_program(command, tmp_path):
    (tmp_path / "run.yaml").write_text(CONFIG)
    numbers = ["--num_samples", "300", "--num_held_out", "100", "--updates", "60", "--batch_size", "64"]
    status, out, err = command("extractor", "train", "--config", "run.yaml", *LABELLED, *numbers, "--output", "my.pt")
    assert status == 0, err
    (accuracy,) = re.findall(r"my\.pt recognises ([\d.]+)% of 100 held-out samples of 8 classes", out)
    assert float(accuracy) > 60
    assert file_sha256(tmp_path / "my.pt") in out
    for name in ("real", "fake"):
        np.save(tmp_path / f"{name}.npy", np.random.RandomState(len(name)).randn(200, 2))
    files = ["--samples", "fake.npy", "--reference", "real.npy", "--extractor", "my.pt", "--json", "metrics.json"]
    status, out, err = command("evaluate", *files, "--accelerator", "cpu", "--cache_dir", "kept")
    assert status == 0, err
    written = json.loads((tmp_path / "metrics.json").read_text())
    assert written["figures"]["fid_my"] > 0
    assert written["protocol"]["weights_sha256"] == file_sha256(tmp_path / "my.pt")
    assert "200 samples of real.npy" in out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Expected extractor train, but got extractor. Use lit-wgan extractor train --data"),
        (["train", "--output", "my.pt"], "arguments are required: data"),
        (["train", "--data", "ToyData", "--data.distribution", "swiss_roll", "--output", "digits.pt"], "no other"),
        (
            ["train", "--data", "ToyData", "--data.distribution", "swiss_roll", "--output", "my.pt"],
            "but got none. Name",
        ),
        (["train", "--config", "none.yaml", "--output", "my.pt"], "Expected --config to name a YAML file with"),
        (["train", "--config", "own.yaml", "--output", "my.pt"], "data=None. Name the config.yaml of a run."),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, reason, command, tmp_path):
    (tmp_path / "own.yaml").write_text("model: {}")
    status, _, err = command("extractor", *arguments)
    assert status == 2
    assert reason in err
    assert err.count("\n") == 1
    assert not (tmp_path / "my.pt").exists()
