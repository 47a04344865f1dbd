"""``lit-wgan evaluate`` with metrics of samples of any shape."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from lit_wgan.evaluation.two_sample.compare import Comparison
from lit_wgan.evaluation.two_sample.kinds import SAMPLE_METRICS
from lit_wgan.evaluation.wasserstein import exact_w1

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def files(tmp_path):
    """Writes samples of a shape, generated ones shifted by a half."""
    random = np.random.RandomState(0)

    def write(*shape, n=40, dtype=np.float32):
        for name, shift in (("fake", 0.5), ("real", 0), ("train", 0)):
            np.save(tmp_path / f"{name}.npy", (random.randn(n, *shape) + shift).astype(dtype))
        return ["--samples", "fake.npy", "--reference", "real.npy"]

    return write


def test_samples_of_any_program_are_compared_and_training_samples_give_the_floors(command, files):
    arguments = [*files(3, dtype=np.float64), "--train", "train.npy", "--metrics", "w1,auc,memorisation"]
    status, out, err = command("evaluate", *arguments, "--seed", "3", "--json", "metrics.json")
    assert status == 0, err
    written = json.loads(Path("metrics.json").read_text())
    fake, real, train = (torch.from_numpy(np.load(f"{name}.npy")) for name in ("fake", "real", "train"))
    comparison = Comparison(["w1", "auc", "memorisation"], seed=3)
    assert written["figures"] == comparison.measure(real, fake, train) | comparison.floors(real, train)
    assert written["figures"]["w1"] == exact_w1(real, fake)
    protocol = written["protocol"]
    assert (protocol["num_samples"], protocol["seed"], protocol["shape"]) == (40, 3, [3])
    assert protocol["samples_of"] == {"w1": 40, "auc": 40, "memorisation": 40}
    assert protocol["standardised"] == ["auc", "memorisation"]
    assert "40 training samples of train.npy" in out


def test_without_training_samples_the_reference_is_cut_in_halves(command, files):
    status, out, err = command("evaluate", *files(3), "--metrics", "w1", "--json", "metrics.json")
    assert status == 0, err
    figures = json.loads(Path("metrics.json").read_text())["figures"]
    one, other = np.split(np.random.RandomState(2020).permutation(40), 2)
    fake, real = (torch.from_numpy(np.load(f"{name}.npy")) for name in ("fake", "real"))
    assert figures["w1"] == exact_w1(real[one], fake[:20])
    assert figures["w1_floor"] == exact_w1(real[one], real[other])
    assert "the other half of the reference" in out


@pytest.mark.parametrize(
    ("shape", "metrics", "dtype"),
    [
        ((), "w1,sliced_w1,energy", np.float16),
        ((12, 2), "autocorrelation,auc", np.float64),
        ((2, 8, 8), "spectrum,sliced_w1", np.int16),
        ((1, 4, 8, 6), "spectrum,w1_per_feature", np.float32),
    ],
)
def test_samples_of_any_shape_and_type_are_compared(shape, metrics, dtype, command, files):
    status, out, err = command("evaluate", *files(*shape, dtype=dtype), "--metrics", metrics)
    assert status == 0, err
    for metric in metrics.split(","):
        assert SAMPLE_METRICS[metric].names[0] in out


def test_functions_and_features_by_path(command, files, monkeypatch, tmp_path):
    (tmp_path / "mine_too.py").write_text(
        "def spread(real, fake):\n    return float(fake.std() / real.std())\n\n"
        "class Norm:\n    def __call__(self, x):\n        return x.norm(dim=1, keepdim=True)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    arguments = [*files(3), "--metrics", "mine_too.spread,w1", "--features", "mine_too.Norm", "--json", "metrics.json"]
    status, _, err = command("evaluate", *arguments)
    assert status == 0, err
    figures = json.loads(Path("metrics.json").read_text())["figures"]
    assert set(figures) == {"spread", "spread_floor", "w1_Norm", "w1_Norm_floor"}


def test_mistakes_are_told_in_one_line(command, files):
    given = files(3)
    np.save("short.npy", np.zeros((5, 3)))
    np.save("wide.npy", np.zeros((40, 4)))
    np.save("broken.npy", np.full((40, 3), np.nan))
    np.save("complex.npy", np.zeros((40, 3), complex))
    refused = {
        "both kinds": ([*given, "--metrics", "fid,w1"], "Expected metrics of images .* but got fid and w1"),
        "unknown": ([*given, "--metrics", "w2"], "some of fid, .* or some of w1, .* but got w2"),
        "no reference": ([*given[:2], "--metrics", "w1"], "Expected a --reference"),
        "no file": ([*given[:3], "none.npy", "--metrics", "w1"], "Expected --reference to be a file, but got none.npy"),
        "complex": (["--samples", "complex.npy", *given[2:], "--metrics", "w1"], "complex numbers"),
        "other shape": (["--samples", "wide.npy", *given[2:], "--metrics", "w1"], r"shape \(3,\), but got \(4,\)"),
        "NaN": (["--samples", "broken.npy", *given[2:], "--metrics", "w1"], "finite generated samples, but 20 of 20"),
        "few": (["--samples", "short.npy", *given[2:], "--metrics", "auc"], "at least 10 samples for auc, but got 5"),
        "a table": ([*given, "--metrics", "spectrum"], r"Expected fields .* for spectrum, but got .* \(3,\)"),
        "no training samples": ([*given, "--metrics", "memorisation"], "Expected training samples for memorisation"),
        "condition": ([*given, "--metrics", "w1", "--condition", "3"], "Expected no --condition here, but got 3"),
        "extractor": (
            [*given, "--metrics", "w1", "--extractor", "digits"],
            "Expected no --extractor here, but got digits",
        ),
        "features": ([*given, "--metrics", "w1", "--features", "no.such"], "Expected features to name a function"),
        "train of images": ([*given, "--metrics", "fid", "--train", "a"], "Expected --train for metrics of samples"),
        "none": ([*given, "--metrics", "w1", "--num_samples", "0"], "Expected --num_samples to be above 0"),
    }
    for name, (arguments, message) in refused.items():
        status, _, err = command("evaluate", *arguments)
        assert status == 2, (name, err)
        assert re.search(message, err), (name, err)
        assert "Traceback" not in err, name


@pytest.mark.slow
def test_a_run_on_any_data_is_compared_with_its_held_out_samples(command):
    """The samples and the numbers are those of SampleMetrics while it trained."""
    tiny = "--model.generator.width 8 --model.critic.width 8 --data.batch_size 8 --data.num_held_out 64"
    trains = "--model.ema_decay 0.5 --trainer.max_steps 2 --trainer.val_check_interval 2 --trainer.accelerator cpu"
    logs = "--trainer.callbacks lit_wgan.SampleMetrics --trainer.callbacks.metrics [w1,energy]"
    config = str(CONFIGS / "wgan_gp_eight_gaussians.yaml")
    status, _, err = command("fit", "--config", config, *f"{tiny} {trains} {logs}".split())
    assert status == 0, err
    (ckpt,) = Path().glob("runs/*/version_*/checkpoints/last.ckpt")
    arguments = ["--ckpt", str(ckpt), "--metrics", "w1,energy", "--seed", "0", "--accelerator", "cpu"]
    status, _, err = command("evaluate", *arguments, "--json", "metrics.json")
    assert status == 0, err
    written = json.loads(Path("metrics.json").read_text())
    logged = json.loads((ckpt.parents[1] / "result.json").read_text())["metrics"]
    assert written["protocol"]["num_samples"] == 64
    assert written["figures"] == pytest.approx({name: logged[f"eval/{name}"] for name in written["figures"]}, rel=1e-6)
    status, _, err = command("evaluate", *arguments, "--live", "--json", "live.json")
    assert status == 0, err
    live = json.loads(Path("live.json").read_text())["figures"]
    assert live["w1"] != written["figures"]["w1"]
    assert live["w1_floor"] == written["figures"]["w1_floor"]
