"""``lit-wgan evaluate`` as a user types it."""

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch_fidelity import register_feature_extractor
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

from lit_wgan import GenerativeEvaluator
from lit_wgan.cli import main
from lit_wgan.commands.evaluate import parser
from lit_wgan.commands.loading import load_run
from lit_wgan.evaluation import EvaluationOptions

CONFIGS = Path(__file__).parents[2] / "configs"
TINY = "--model.generator.width 4 --model.critic.width 4 --data.batch_size 8 --trainer.max_steps 2"
QUIET = "--trainer.accelerator cpu --trainer.enable_progress_bar false --trainer.callbacks null"
MEASURE = ["--extractor", "pixels", "--num_samples", "100", "--accelerator", "cpu", "--cache_dir", "kept"]


class Pooled(FeatureExtractorBase):
    def __init__(self, name, features_list, **kwargs):
        super().__init__(name, features_list)

    def forward(self, images):
        return (nn.functional.avg_pool2d(images.float() / 255, 2).flatten(1),)

    @staticmethod
    def get_provided_features_list():
        return ("pooled",)

    @staticmethod
    def get_default_feature_layer_for_metric(metric):
        return {"fid": "pooled", "kid": "pooled", "prc": "pooled"}[metric]


if "pixels" not in FEATURE_EXTRACTORS_REGISTRY:
    register_feature_extractor("pixels", Pooled)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Trains one short run of each configuration asked for, and returns its last checkpoint."""
    folder, known = tmp_path_factory.mktemp("runs"), {}

    def fit(config, *options):
        if config not in known:
            command = ["lit-wgan", "fit", "--config", str(CONFIGS / f"{config}.yaml"), *QUIET.split(), *options]
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(folder)
                patch.setattr(sys, "argv", command)
                assert main() == 0
            (known[config],) = folder.glob(f"runs/{config}/version_*/checkpoints/last.ckpt")
        return known[config]

    return fit


@pytest.fixture
def checkpoint(runs):
    """The last checkpoint of a short run on digits."""
    return str(runs("wgan_gp_digits", *TINY.split()))


@pytest.mark.slow
def test_a_checkpoint_is_measured_as_the_evaluator_measures_it(command, checkpoint, tmp_path):
    path = checkpoint
    metrics = ["--metrics", "fid,prc", "--json", "metrics.json"]
    status, out, err = command("evaluate", "--ckpt", path, *MEASURE, *metrics)
    assert status == 0, err
    written = json.loads((tmp_path / "metrics.json").read_text())
    system, data = load_run(Path(path))
    data.setup("fit")
    evaluator = GenerativeEvaluator(data.images[True], ["fid", "prc"], 100, "pixels", cache_dir=tmp_path)
    assert written["figures"] == evaluator.evaluate(system.ema_generator, 64)
    assert written["protocol"]["num_samples"] == 100
    assert written["protocol"]["num_real"] == 1297
    for words in ("fid_pixels", "coverage_pixels", "100 DCGANGenerator's images, seed 2020", "weights sha256"):
        assert words in out


@pytest.mark.slow
def test_the_live_generator_is_measured_on_request(command, checkpoint):
    outputs = [command("evaluate", "--ckpt", checkpoint, *MEASURE, *extra)[1] for extra in ([], ["--live"])]
    assert outputs[0].splitlines()[0] != outputs[1].splitlines()[0]


@pytest.mark.parametrize("kind", ["folder", "npy"])
def test_images_of_any_other_program_are_measured(kind, command, tmp_path):
    digits = (load_digits().images[:300] * 255 / 16).astype(np.uint8)
    np.save(tmp_path / "real.npy", digits[:150, None])
    if kind == "folder":
        (tmp_path / "samples").mkdir()
        for number, digit in enumerate(digits[150:]):
            Image.fromarray(digit).save(tmp_path / "samples" / f"{number:03d}.png")
    else:
        np.save(tmp_path / "samples.npy", digits[150:, None])
    samples = "samples" if kind == "folder" else "samples.npy"
    arguments = ["--samples", samples, "--reference", "real.npy", *MEASURE, "--json", "metrics.json"]
    status, out, err = command("evaluate", *arguments)
    assert status == 0, err
    evaluator = GenerativeEvaluator(digits[:150, None], ["fid"], extractor="pixels", cache_dir=tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text())["figures"] == evaluator.evaluate_images(
        digits[150:, None]
    )
    assert "an array of 150 images" in out


@pytest.mark.slow
def test_two_devices_measure_what_one_does(command, checkpoint, tmp_path):
    path = checkpoint
    (tmp_path / "two.py").write_text(
        f"import importlib.util, sys\nspec = importlib.util.spec_from_file_location('own', {__file__!r})\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "from lit_wgan.cli import main\nsys.exit(main())\n"
    )
    measured = ["--ckpt", path, *MEASURE, "--metrics", "fid,prc"]
    status, _, err = command("evaluate", *measured, "--json", "1.json")
    assert status == 0, err
    two = [sys.executable, "two.py", "evaluate", *measured, "--devices", "2", "--json", "2.json"]
    subprocess.run(two, check=True, timeout=600, env=os.environ | {"OMP_NUM_THREADS": "1"})
    alone, together = (json.loads(Path(f"{devices}.json").read_text()) for devices in (1, 2))
    assert together["protocol"]["devices"] == 2
    assert together["figures"] == pytest.approx(alone["figures"], rel=1e-11)


def reasons(path):
    """Wrong arguments, and what is said of them."""
    given = ["--ckpt", path, *MEASURE]
    return {
        "neither": ([], "One of the arguments --ckpt --samples is required"),
        "unknown option": ([*given, "--metric_s", "fid"], "Unrecognized arguments: --metric_s"),
        "not a number": ([*given, "--num_samples", "many"], "--num_samples: expected int, but got many"),
        "unknown precision": ([*given, "--precision", "half"], "one of float32, tf32, bfloat16, but got half"),
        "both": ([*given, "--samples", "empty"], "Argument --samples: not allowed with argument --ckpt"),
        "unknown metric": ([*given, "--metrics", "fit"], "some of fid, isc, kid, prc, acc, intra_fid, but got fit"),
        "unknown extractor": ([*given, "--extractor", "inception"], "Expected the extractor to be one of"),
        "no checkpoint": (["--ckpt", "none.ckpt"], "Expected --ckpt to be a checkpoint file, but got none.ckpt"),
        "no weights": (["--ckpt", path, "--weights", "none.pth"], "Expected weights to name a file, but got none.pth"),
        "no configuration": (
            [*given, "--config", "none.yaml"],
            "configuration of the checkpoint's run, but got",
        ),
        "no such reference": ([*given, "--reference", "none"], "Expected reference to be a folder of images"),
        "no reference": (["--samples", "empty", *MEASURE], "Expected a reference for fid, but got none"),
        "empty folder": (
            ["--samples", "empty", "--reference", "real.npy", *MEASURE],
            "Expected samples to hold images",
        ),
    }


@pytest.mark.slow
def test_bad_input_ends_in_one_or_two_plain_lines(command, checkpoint, tmp_path):
    path = checkpoint
    (tmp_path / "empty").mkdir()
    np.save(tmp_path / "real.npy", np.zeros((8, 1, 8, 8), np.uint8))
    for name, (arguments, message) in reasons(path).items():
        status, _, err = command("evaluate", *arguments)
        _, _, error = err.partition("lit-wgan: error: ")
        assert status == 2, name
        assert message in error, name
        assert len(error.splitlines()) <= 2, name


@pytest.mark.slow
def test_a_checkpoint_of_other_networks_is_refused(command, checkpoint, tmp_path):
    path = Path(checkpoint)
    other = path.parent.parent / "config.yaml"
    (tmp_path / "other.yaml").write_text(other.read_text().replace("width: 4", "width: 8"))
    status, _, err = command("evaluate", "--ckpt", str(path), "--config", "other.yaml", *MEASURE)
    assert status == 2
    assert "Expected a checkpoint of these networks" in err


@pytest.mark.slow
def test_a_run_on_points_is_refused(command, runs):
    path = runs("wgan_gp_eight_gaussians", "--trainer.max_steps", "1")
    status, _, err = command("evaluate", "--ckpt", str(path), *MEASURE)
    assert status == 2
    assert "Expected a run on images, but got one on ToyData" in err


def test_help_lists_every_option_of_an_evaluation(command, capsys):
    with pytest.raises(SystemExit) as left:
        command("evaluate", "--help")
    assert left.value.code == 0
    shown = capsys.readouterr().out
    for option in fields(EvaluationOptions):
        assert f"--{option.name} " in shown
    assert "samples in each subset. (type: int, default: 1000)" in " ".join(shown.split())
    assert "default: 50000" in shown


def test_defaults_are_those_of_an_evaluation_but_for_the_number_of_samples():
    chosen = parser().parse_args(["--samples", "folder"])
    changed = {option.name: chosen[option.name] for option in fields(EvaluationOptions)} | {"metrics": ("fid",)}
    assert EvaluationOptions(**changed) == EvaluationOptions(num_samples=50_000)
