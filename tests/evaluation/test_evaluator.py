"""The evaluator on one device; test_distributed.py has several."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchmetrics.image.inception import InceptionScore

from lit_wgan import GenerativeEvaluator
from lit_wgan.evaluation import evaluator as generated_side
from lit_wgan.evaluation import real_images as real_side

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def torch_fidelitys():
    """What torch-fidelity's own entry point gives for a generator of noise of size 4."""
    theirs = runpy.run_path(str(BENCHMARKS / "torch_fidelitys.py"))

    def measure(generator, real, samples, **options):
        options |= {"input1_model_num_samples": samples, "isc": True, "fid": True, "kid": True, "prc": True}
        # With save_cpu_ram no loader processes are started.
        found = theirs["measure"](theirs["generated"](generator, 4), real, save_cpu_ram=True, **options)
        assert found.keys() == theirs["NAMES"].keys()
        return found

    return measure


def test_compat_is_bitwise_torch_fidelity(small, torch_fidelitys, tmp_path):
    generator, real = small.Generator().eval(), small.real_images()
    expected = torch_fidelitys(generator, real, small.N, feature_extractor="small", **small.SIZES)
    metrics = small.evaluator(tmp_path, compat="torch-fidelity").evaluate(generator, 4)
    assert {name: metrics[f"{name}_small"] for name in expected} == expected


def test_exact_metrics_differ_from_torch_fidelity_by_its_rounding_alone(small, torch_fidelitys, tmp_path):
    generator, real = small.Generator().eval(), small.real_images()
    expected = torch_fidelitys(generator, real, small.N, feature_extractor="small", **small.SIZES)
    metrics = small.evaluator(tmp_path).evaluate(generator, 4)
    assert {name: metrics[f"{name}_small"] for name in expected} == pytest.approx(expected, rel=1e-4)
    assert [metrics[f"{name}_small"] for name in ("kid_mean", "precision", "recall")] == [
        expected[name] for name in ("kid_mean", "precision", "recall")
    ]
    assert metrics["inception_score_mean_small"] == pytest.approx(expected["inception_score_mean"], rel=1e-13)


@pytest.fixture
def eigenvalues_once(monkeypatch):
    """Remembers the eigenvalues of 2048 x 2048 matrices, which take a minute, for a matrix equal to the last bit."""
    known, eigvals = {}, np.linalg.eigvals

    def remembered(matrix):
        key = (matrix.dtype, matrix.tobytes())
        if key not in known:
            known[key] = eigvals(matrix)
        return known[key]

    monkeypatch.setattr(np.linalg, "eigvals", remembered)


@pytest.mark.slow
@pytest.mark.usefixtures("eigenvalues_once")
def test_with_inception_compat_is_bitwise_torch_fidelity_and_exact_agrees(
    small, inception_file, torch_fidelitys, tmp_path
):
    generator, real = small.Generator().eval(), small.real_images(12)
    sizes = {"isc_splits": 3, "kid_subset_size": 8, "kid_subsets": 3}
    options = {"feature_extractor": "inception-v3-compat", "feature_extractor_weights_path": str(inception_file)}
    expected = torch_fidelitys(generator, real, 11, batch_size=8, **options, **sizes)
    common = {"num_samples": 11, "batch_size": 8, "extractor": "inception-v3-compat", **sizes}
    common["weights"] = str(inception_file)
    compat = small.evaluator(tmp_path, reference=real, compat="torch-fidelity", **common).evaluate(generator, 4)
    assert {name: compat[name] for name in expected} == expected
    exact = small.evaluator(tmp_path, reference=real, **common).evaluate(generator, 4)
    assert {name: exact[name] for name in expected} == pytest.approx(expected, rel=1e-3)


class Logits(nn.Module):
    def __init__(self, extractor):
        super().__init__()
        self.extractor = extractor

    def forward(self, images):
        return self.extractor(images)[0]


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore` will save", "ignore:std")
def test_inception_score_agrees_with_torchmetrics_where_there_is_nothing_to_shuffle(small, tmp_path):
    theirs = InceptionScore(Logits(small.SmallExtractor("mine", ["logits"])), splits=1)
    images = torch.from_numpy(small.real_images(200))
    theirs.update(images)
    metrics = small.evaluator(tmp_path, ["isc"], isc_splits=1).evaluate_images(images)
    assert metrics["inception_score_mean_small"] == pytest.approx(theirs.compute()[0].item(), rel=1e-5)


def test_each_metric_takes_its_own_layer(small, tmp_path, monkeypatch):
    separate = small.evaluator(tmp_path, ["kid"]).evaluate(small.Generator(), 4)
    layers = {"fid": "logits", "kid": "12"}
    monkeypatch.setattr(small.SmallExtractor, "get_default_feature_layer_for_metric", staticmethod(layers.__getitem__))
    both = small.evaluator(tmp_path, ["fid", "kid"]).evaluate(small.Generator(), 4)
    assert {name: both[name] for name in separate} == separate


def test_five_lines_measure_a_generator_and_say_how(small, tmp_path):
    evaluator = GenerativeEvaluator(small.real_images(), extractor="small", num_samples=100, cache_dir=tmp_path)
    result = evaluator.evaluate(small.Generator(), latent_dim=4)
    assert list(result) == ["fid_small"]
    protocol = result.protocol
    assert (protocol.num_samples, protocol.num_real, protocol.seed, protocol.devices) == (100, 777, 2020, 1)
    assert protocol.weights_sha256 == evaluator.network.weights_sha256
    for words in ("100 Generator's images, seed 2020", "an array of 777 images", "small (12 for fid)", "float32"):
        assert words in result.table()
    assert json.loads(json.dumps(result.as_json()))["figures"] == result
    assert result.seconds > 0


def test_a_generator_equal_to_the_data_has_distance_zero(small, tmp_path):
    images = small.real_images()
    result = small.evaluator(tmp_path, reference=images).evaluate_images(images)
    assert abs(result["fid_small"]) < 1e-12
    assert result["precision_small"] == result["recall_small"] == result["coverage_small"] == 1


def test_constant_images_are_measured(small, tmp_path):
    metrics = small.evaluator(tmp_path).evaluate_images(np.full((120, 3, 8, 8), 7, np.uint8))
    assert all(np.isfinite(value) for value in metrics.values())
    assert metrics["inception_score_mean_small"] == pytest.approx(1)
    assert metrics["recall_small"] == 0


def test_the_seed_matters_and_alone_decides(small, tmp_path):
    generator = small.Generator()
    one, again, other = (small.evaluator(tmp_path, seed=seed).evaluate(generator, 4) for seed in (1, 1, 2))
    assert one == again
    assert one["fid_small"] != other["fid_small"]


def test_labels_reach_a_conditional_generator(small, tmp_path):
    evaluator = small.evaluator(tmp_path)
    generator = small.Generator(7)
    assert evaluator.evaluate(generator, 4, num_classes=7) != evaluator.evaluate(generator, 4)


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_outside_changes(fails, small, tmp_path):
    generator = small.FailsLate(KeyError) if fails else small.Noisy()
    generator.normalise.eval()
    state = {name: value.clone() for name, value in generator.state_dict().items()}
    flags = [module.training for module in generator.modules()]
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    precision = torch.backends.cudnn.conv.fp32_precision
    evaluator = small.evaluator(tmp_path)
    if fails:
        with pytest.raises(KeyError):
            evaluator.evaluate(generator, 4)
    else:
        evaluator.evaluate(generator, 4)
    assert all(torch.equal(state[name], value) for name, value in generator.state_dict().items())
    assert [module.training for module in generator.modules()] == flags
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)
    assert torch.backends.cudnn.conv.fp32_precision == precision
    assert all(weight.grad is None and weight.requires_grad for weight in generator.parameters())


def passes(monkeypatch):
    """Notes the number of images of each pass."""
    calls = []
    collect = generated_side.collect

    def counted(source, *arguments):
        calls.append(len(source))
        return collect(source, *arguments)

    for module in (generated_side, real_side):
        monkeypatch.setattr(module, "collect", counted)
    return calls


def test_real_images_are_gone_through_once_and_never_again_with_the_cache(small, tmp_path, monkeypatch):
    calls = passes(monkeypatch)
    evaluator = small.evaluator(tmp_path, ["fid"])
    results = [evaluator.evaluate(small.Generator(), 4) for _ in range(2)]
    assert calls == [777, small.N, small.N]
    results.append(small.evaluator(tmp_path, ["fid"]).evaluate(small.Generator(), 4))
    assert calls == [777, small.N, small.N, small.N]
    assert results[0] == results[1] == results[2]


CHANGES = {
    "the images": {"reference": "other"},
    "the precision": {"precision": "bfloat16"},
    "compat": {"compat": "torch-fidelity"},
    "the extractor": {"extractor": "mine"},
    "the weights": {"extractor": "heavier"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_matters_is_part_of_the_cache_key(change, small, tmp_path, monkeypatch):
    small.evaluator(tmp_path, ["fid"]).evaluate(small.Generator(), 4)
    calls = passes(monkeypatch)
    options = dict(CHANGES[change])
    if options.get("extractor"):
        extractor = small.SmallExtractor("small" if options["extractor"] == "heavier" else "mine", ["12"])
        extractor.kernels *= 2 if options["extractor"] == "heavier" else 1
        options["extractor"] = extractor
    if options.get("reference"):
        options["reference"] = small.real_images() ^ 1
    small.evaluator(tmp_path, ["fid"], **options).evaluate(small.Generator(), 4)
    assert calls == [777, small.N]


def test_a_broken_cache_file_is_written_again(small, tmp_path):
    before = small.evaluator(tmp_path, ["fid"]).evaluate(small.Generator(), 4)
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    file.write_bytes(content[:100])
    assert small.evaluator(tmp_path, ["fid"]).evaluate(small.Generator(), 4) == before
    assert len(file.read_bytes()) == len(content)


def test_a_cache_that_cannot_be_written_is_one_warning_and_the_metric_stands(small, tmp_path):
    (tmp_path / "file").touch()
    evaluator = small.evaluator(tmp_path / "file", ["fid"])
    with pytest.warns(UserWarning, match="could not be kept") as warned:
        metrics = [evaluator.evaluate(small.Generator(), 4) for _ in range(2)]
    assert len(warned) == 1
    assert metrics[0] == metrics[1] == small.evaluator(tmp_path / "good", ["fid"]).evaluate(small.Generator(), 4)


@pytest.mark.parametrize("compat", ["exact", "torch-fidelity"])
def test_another_programs_statistics_give_the_same_distance(compat, small, tmp_path):
    expected = small.evaluator(tmp_path, ["fid"], compat=compat).evaluate(small.Generator(), 4)
    (ours,) = tmp_path.glob("*.npz")
    with np.load(ours) as file:
        np.savez(tmp_path / "theirs.npz", mu=file["mu"].astype(np.float64), sigma=file["sigma"])
    theirs = small.evaluator(tmp_path, ["fid"], str(tmp_path / "theirs.npz"), compat=compat)
    assert theirs.evaluate(small.Generator(), 4) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("asked", "terminal"), [(False, True), (True, False), (True, True)])
def test_a_progress_bar_shows_both_passes_on_a_terminal_if_asked_for(
    asked, terminal, small, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    small.evaluator(tmp_path).evaluate(small.Generator(), 4, progress=asked)
    written = "".join(capsys.readouterr())
    assert ("real images" in written) == ("generated images" in written) == (asked and terminal)


def npz(folder, dim=12):
    np.savez(folder / "statistics.npz", mu=np.zeros(dim), sigma=np.eye(dim))
    return str(folder / "statistics.npz")


BAD = {
    "unknown metric": (
        {"metrics": ["fid", "is"]},
        "some of fid, isc, kid, prc, acc, intra_fid, but got is",
    ),
    "no metric": ({"metrics": []}, "but got none. Choose"),
    "unknown precision": ({"precision": "float16"}, "precision to be one of float32, tf32, bfloat16, but got float16"),
    "unknown compat": ({"compat": "pytorch-fid"}, "Expected compat to be one of exact, torch-fidelity"),
    "no samples": ({"num_samples": 0}, "Expected num_samples to be above 0"),
    "no batch": ({"batch_size": 0}, "Expected batch_size to be above 0"),
    "no splits": ({"isc_splits": 0}, "Expected isc_splits to be above 0"),
    "no subsets": ({"kid_subsets": 0}, "Expected kid_subsets to be above 0"),
    "empty subsets": ({"kid_subset_size": 0}, "Expected kid_subset_size to be above 0"),
    "fewer than a subset": ({"num_samples": 99}, "at least 100 generated samples for kid, but got 99"),
    "fewer real than a subset": ({"kid_subset_size": 800}, "at least 800 real samples for kid, but got 777"),
    "fewer than splits": ({"metrics": ["isc"], "num_samples": 9}, "at least 10 generated samples for isc, but got 9"),
    "one sample": ({"metrics": ["fid"], "num_samples": 1}, "at least 2 generated samples for fid, but got 1"),
    "too few neighbours": ({"metrics": ["prc"], "num_samples": 5}, "at least 6 generated samples for prc, but got 5"),
}


@pytest.mark.parametrize(("options", "message"), BAD.values(), ids=BAD)
def test_bad_options_are_refused_before_anything_runs(options, message, small, tmp_path):
    with pytest.raises(ValueError, match=message):
        small.evaluator(tmp_path, **options)


def test_statistics_serve_the_distance_alone(small, tmp_path):
    with pytest.raises(ValueError, match="real images as the reference of kid and prc, but got the statistics"):
        small.evaluator(tmp_path, reference=npz(tmp_path))


def test_only_the_inception_score_needs_no_reference(small):
    with pytest.raises(ValueError, match="Expected a reference for fid, isc, but got none"):
        GenerativeEvaluator(None, ["isc", "fid"], extractor="small")
    metrics = GenerativeEvaluator(None, ["isc"], 100, extractor="small").evaluate(small.Generator(), 4)
    assert list(metrics) == ["inception_score_mean_small", "inception_score_std_small"]


def test_a_reference_of_other_features_is_refused(small, tmp_path):
    evaluator = small.evaluator(tmp_path, ["fid"], npz(tmp_path, 2048))
    with pytest.raises(ValueError, match="Expected reference statistics of 12 dimensions, .* but got 2048"):
        evaluator.evaluate(small.Generator(), 4)


def test_a_reference_of_another_image_size_is_refused(small, tmp_path):
    evaluator = small.evaluator(tmp_path, reference=np.zeros((200, 3, 16, 16), np.uint8))
    with pytest.raises(ValueError, match=r"like the reference's, \(3, 16, 16\), but got \(3, 8, 8\)"):
        evaluator.evaluate(small.Generator(), 4)


def test_diverged_generators_are_named(small, tmp_path):
    generator = small.Generator()
    with torch.no_grad():
        generator.linear.bias.fill_(float("nan"))
    with pytest.raises(ValueError, match="Expected finite images"):
        small.evaluator(tmp_path).evaluate(generator, 4)


def test_too_few_images_of_ones_own_are_refused(small, tmp_path):
    with pytest.raises(ValueError, match="at least 100 generated samples for kid, but got 50"):
        small.evaluator(tmp_path).evaluate_images(small.real_images(50))


def test_latent_dim_must_be_positive(small, tmp_path):
    with pytest.raises(ValueError, match="Expected latent_dim to be above 0"):
        small.evaluator(tmp_path).evaluate(small.Generator(), 0)
