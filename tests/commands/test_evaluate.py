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
from lit_wgan.evaluation import EvaluationOptions
from lit_wgan.trained.loading import load_run

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
        "unknown metric": ([*given, "--metrics", "fit"], "some of fid, isc, kid, prc, acc, intra_fid, or some of w1"),
        "unknown extractor": ([*given, "--extractor", "inception"], "Expected the extractor to be one of"),
        "no checkpoint": (["--ckpt", "none.ckpt"], "Expected a run, but got none.ckpt, which is not there"),
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
    changed = {option.name: chosen[option.name] for option in fields(EvaluationOptions)}
    assert changed.pop("num_samples") is None  # for 50,000 images, or 10,000 samples of anything else
    assert EvaluationOptions(**changed | {"metrics": ("fid",)}) == EvaluationOptions()


CONDITIONAL = "--model.condition lit_wgan.ClassLabels --model.condition.num_classes 10"
NETWORKS = "--model.generator.num_classes 10 --model.critic.num_classes 10 --model.latent_law uniform"


@pytest.fixture
def conditional(runs):
    """The last checkpoint of a short run on digits, told which."""
    return str(runs("wgan_digits", *f"{TINY} {CONDITIONAL} {NETWORKS}".split()))


DIGITS = ["--extractor", "digits", "--num_samples", "200", "--accelerator", "cpu", "--cache_dir", "kept"]


@pytest.mark.slow
def test_a_conditional_checkpoint_is_measured_under_its_training_sets_law(command, conditional, tmp_path):
    arguments = ["--ckpt", conditional, *DIGITS, "--metrics", "fid,acc,intra_fid", "--json", "metrics.json"]
    status, out, err = command("evaluate", *arguments)
    assert status == 0, err
    system, data = load_run(Path(conditional))
    data.setup("fit")
    told = {"reference_classes": data.conditions[True], "cache_dir": tmp_path}
    evaluator = GenerativeEvaluator(data.images[True], ["fid", "acc", "intra_fid"], 200, "digits", **told)
    expected = evaluator.evaluate(
        system.ema_generator or system.generator,
        system.latent_shape,
        num_classes=10,
        conditions=system.condition_of_samples,
        latent_law="uniform",
    )
    written = json.loads((tmp_path / "metrics.json").read_text())
    assert written["figures"] == pytest.approx(expected, rel=1e-9)
    assert len(written["figures"]) == 3 + 20
    assert written["protocol"]["conditions"].startswith("as in the training set: 10 classes, 1")
    assert written["protocol"]["latent_law"] == "uniform"
    for words in ("accuracy_digits_class_3  ", "conditions as in the training set: 10 classes", "uniform noise"):
        assert words in out


@pytest.mark.slow
def test_all_samples_are_of_the_class_that_is_asked_for(command, conditional, tmp_path):
    arguments = ["--ckpt", conditional, *DIGITS, "--metrics", "acc,intra_fid", "--json", "metrics.json"]
    status, out, err = command("evaluate", *arguments, "--condition", "3")
    assert status == 0, err
    written = json.loads((tmp_path / "metrics.json").read_text())
    assert list(written["figures"]) == [
        "accuracy_digits",
        "accuracy_digits_class_3",
        "intra_fid_digits",
        "intra_fid_digits_class_3",
    ]
    assert "conditions asked for: class 3\n" in out


@pytest.mark.slow
def test_two_devices_measure_classes_as_one_does(command, conditional, together, tmp_path):
    measured = ["--ckpt", conditional, *DIGITS, "--metrics", "fid,acc,intra_fid"]
    status, _, err = command("evaluate", *measured, "--json", "1.json")
    assert status == 0, err
    two = [sys.executable, "-m", "lit_wgan", "evaluate", *measured, "--devices", "2", "--json", "2.json"]
    (end,) = together(tmp_path, (two, {}))
    assert end.status == 0, end.output
    alone, shared = (json.loads(Path(f"{devices}.json").read_text()) for devices in (1, 2))
    # The images of two updates are so alike that most eigenvalues of their covariance are close to rounding errors.
    assert shared["figures"] == pytest.approx(alone["figures"], rel=1e-7)
    assert shared["protocol"]["conditions"] == alone["protocol"]["conditions"]


@pytest.mark.slow
def test_a_condition_that_the_run_does_not_know_is_refused(command, conditional, checkpoint):
    known = ["--ckpt", conditional, *DIGITS]
    refused = {
        "beyond": ([*known, "--condition", "12"], "Expected as condition a class from 0 to 9"),
        "a word": ([*known, "--condition", "three"], "Expected --condition to be a number, a list of numbers"),
        "unconditional": (["--ckpt", checkpoint, *MEASURE, "--condition", "3"], "Expected no condition"),
        "samples": (["--samples", "kept", "--condition", "3"], "Expected --condition with --ckpt alone, but got 3"),
        "metrics of classes": (
            ["--ckpt", checkpoint, *DIGITS, "--metrics", "acc"],
            "Expected samples that were told a class for acc, but got samples without conditions",
        ),
        "classes of samples": (
            ["--samples", "kept", "--metrics", "acc", *DIGITS],
            "Expected samples that were told a class for acc, but got samples without conditions",
        ),
        "no classes of the reference": (
            [*known, "--metrics", "intra_fid", "--reference", "real.npy"],
            "Expected reference_classes, the class numbers of the real images, for intra_fid, but got none",
        ),
        "statistics": ([*known, "--metrics", "intra_fid", "--reference", "a.npz"], "Expected real images as the"),
    }
    np.save("real.npy", np.zeros((8, 1, 8, 8), np.uint8))
    Path("kept").mkdir()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("kept/1.png")
    for name, (arguments, message) in refused.items():
        status, _, err = command("evaluate", *arguments)
        assert status == 2, name
        assert message in err, name
        assert "Traceback" not in err, name
