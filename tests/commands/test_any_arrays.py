"""Runs on arrays and tables by the command: sizes that a configuration leaves to the data, and samples as tables."""

import re

import numpy as np
import pytest
import yaml

from lit_wgan.commands.sizes_of_data import left_open

CONFIG = """
model:
  class_path: lit_wgan.WGANGP
  init_args:
    latent_dim: 4
    n_critic: 1
    condition: {class_path: lit_wgan.Values, init_args: {shape: auto}}
    generator:
      class_path: MLPGenerator
      init_args: {latent_dim: 4, data_shape: auto, width: 8, condition_dim: auto}
    critic: {class_path: MLPCritic, init_args: {data_shape: auto, width: 8, condition_dim: auto}}
data:
  class_path: lit_wgan.ArrayData
  init_args: {samples: series.npy, conditions: numbers.npy, transform: standardise, batch_size: 4, cache_dir: cache}
trainer: {max_steps: 1, limit_val_batches: 0, accelerator: cpu}
"""


@pytest.fixture
def files(tmp_path):
    """Series of two channels with three numbers each, and a configuration."""
    np.save(tmp_path / "series.npy", np.random.RandomState(0).randn(40, 9, 2).astype(np.float32) + 5)
    np.save(tmp_path / "numbers.npy", np.random.RandomState(1).randn(40, 3))
    (tmp_path / "series.yaml").write_text(CONFIG)


def test_the_runs_config_has_the_numbers_and_its_checkpoint_needs_no_data(command, files, tmp_path):
    status, _, errors = command("fit", "--config", "series.yaml")
    assert status == 0, errors
    config = yaml.safe_load((tmp_path / "runs/series/version_0/config.yaml").read_text())["model"]["init_args"]
    assert config["generator"]["init_args"]["data_shape"] == [9, 2]
    assert config["critic"]["init_args"]["condition_dim"] == 3
    assert config["condition"]["init_args"]["shape"] == [3]
    (tmp_path / "series.npy").unlink()
    checkpoint = "runs/series/version_0/checkpoints/last.ckpt"
    status, _, errors = command("sample", checkpoint, "--num", "3", "--output", "samples.npy")
    assert status == 0, errors
    assert np.load(tmp_path / "samples.npy").shape == (3, 9, 2)
    assert np.load(tmp_path / "samples.npy").mean() == pytest.approx(5, abs=1)  # in the data's own units


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model.generator.init_args.num_classes", "auto"], "tell the num_classes .* ArrayData tells data_shape, "),
        (["--data", "ToyData", "--data.distribution", "swiss_roll"], "ToyData tells no sizes. Give data_shape itself"),
        (["--data.samples", "none.npy"], "none.npy"),
    ],
)
def test_what_the_data_do_not_tell_is_refused_in_a_line(command, files, options, message):
    status, _, errors = command("fit", "--config", "series.yaml", *options)
    assert status == 2
    assert len(errors.strip().splitlines()) <= 2
    assert re.search(message, errors), errors


def test_samples_of_a_table_are_a_table(command, tmp_path):
    rows = "\n".join(f"{row * 0.5},{['a', 'b', 'c'][row % 3]},{row % 7}" for row in range(40))
    (tmp_path / "table.csv").write_text(f"height,kind,count\n{rows}\n")
    config = yaml.safe_load(CONFIG)
    model, generator = config["model"]["init_args"], {"latent_dim": 4, "columns": "auto", "width": 8}
    model |= {"generator": {"class_path": "TableGenerator", "init_args": generator}, "condition": None}
    model["critic"] = {"class_path": "TableCritic", "init_args": {"data_shape": "auto", "width": 8}}
    config["data"]["init_args"] |= {"samples": "table.csv", "conditions": None, "transform": "quantile"}
    (tmp_path / "rows.yaml").write_text(yaml.safe_dump(config))
    status, _, errors = command("fit", "--config", "rows.yaml")
    assert status == 0, errors
    checkpoint = "runs/rows/version_0/checkpoints/last.ckpt"
    status, _, errors = command("sample", checkpoint, "--num", "20", "--output", "samples.csv")
    assert status == 0, errors
    first, *others = (tmp_path / "samples.csv").read_text().splitlines()
    assert first == "height,kind,count"
    assert {line.split(",")[1] for line in others} <= {"a", "b", "c"}
    assert {line.split(",")[2] for line in others} <= {str(count) for count in range(7)}
    assert all(0 <= float(line.split(",")[0]) <= 19.5 for line in others)


def test_samples_of_series_are_a_table_of_times(command, files, tmp_path):
    status, _, errors = command("fit", "--config", "series.yaml")
    assert status == 0, errors
    checkpoint = "runs/series/version_0/checkpoints/last.ckpt"
    status, _, errors = command("sample", checkpoint, "--output", "samples.csv")
    assert status == 0
    assert (tmp_path / "samples.csv").read_text().startswith("sample,time,x0,x1,condition_0,condition_1,condition_2")


def test_auto_of_other_arguments_is_left_alone():
    assert list(left_open({"precision": "auto", "layers": [{"kind": "auto"}]})) == []
    group = {"layers": [{"channels": "auto"}]}
    assert list(left_open(group)) == [(group["layers"][0], "channels")]
