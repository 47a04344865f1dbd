import hashlib
import importlib
import importlib.util
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
import torch_fidelity
from torch import nn
from torch.utils.data import Dataset
from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY
from torch_fidelity.utils import create_feature_extractor

from lit_wgan import GenerativeEvaluator
from lit_wgan.data.images import open_images
from lit_wgan.evaluation import digits
from lit_wgan.evaluation.digits import WEIGHTS, DigitsExtractor, to_grey_square
from lit_wgan.evaluation.extractors import make_extractor

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "digits_extractor.md"
SCRIPT = ROOT / "tools" / "train_digits_extractor.py"


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


train_digits = _load(SCRIPT)


class Images(Dataset):
    """An array of images as torch-fidelity takes it."""

    def __init__(self, images):
        self.images = torch.from_numpy(images.copy())  # a mapped file cannot be written

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index]


@pytest.fixture(scope="module")
def held_out():
    """The 500 held-out 8x8 digits, uint8 (500, 1, 8, 8), and their labels."""
    return train_digits.labelled("digits", Path(), train=False)


@pytest.fixture
def threads():
    """Puts back the number of threads, which the script sets to one."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def extract(images, *features):
    return DigitsExtractor(features_list=list(features or ["128"]))(images)


def write_mnist(root, part, count):
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    images = struct.pack(">4i", 2051, count, 28, 28) + bytes(count * 28 * 28)
    (raw / f"{part}-images-idx3-ubyte").write_bytes(images)
    (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, count) + bytes(count))


# The packaged weights


def test_packaged_weights_are_small_and_load_without_pickled_code():
    assert WEIGHTS.stat().st_size < 500_000
    weights = torch.load(WEIGHTS, weights_only=True)
    assert weights["logits.weight"].shape == (10, 128)


def test_documented_checksum_is_that_of_the_packaged_weights_and_of_results():
    (documented,) = re.findall(r"[0-9a-f]{64}", PAGE.read_text())
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == documented
    assert make_extractor("digits", ["fid"]).weights_sha256 == documented  # part of every result


def test_packaged_weights_recognise_held_out_digits(held_out):
    images, labels = held_out
    assert train_digits.accuracy(DigitsExtractor(features_list=["logits"]), images, labels) >= 0.995


@pytest.mark.slow
@pytest.mark.parametrize("size", [16, 28, 32, 64])
def test_digits_are_recognised_at_every_size(tmp_path, held_out, size):
    images = open_images("digits", tmp_path, train=False, image_size=size, cache_dir=tmp_path)
    logits = DigitsExtractor(features_list=["logits"])
    assert train_digits.accuracy(logits, torch.from_numpy(np.array(images)), held_out[1]) >= 0.97


# Images in


def test_images_of_the_right_size_are_only_rescaled():
    images = torch.randint(256, (2, 1, 32, 32), dtype=torch.uint8)
    assert torch.equal(to_grey_square(images), images / 255)


def test_larger_images_are_averaged_not_subsampled():
    stripes = torch.tensor([0, 255], dtype=torch.uint8).repeat(64).expand(1, 1, 128, 128)
    torch.testing.assert_close(to_grey_square(stripes)[..., 1:-1], torch.full((1, 1, 32, 30), 0.5), rtol=0, atol=0.01)


def test_three_equal_channels_give_the_features_of_one(held_out):
    images = held_out[0]
    assert torch.equal(*extract(images), *extract(images.expand(-1, 3, -1, -1)))


def test_different_channels_are_averaged(held_out):
    images = held_out[0][:50] // 2
    colours = torch.cat([images, 0 * images, 2 * images], dim=1)
    assert torch.equal(*extract(colours), *extract(images))


@pytest.mark.parametrize("channels", [2, 4])
def test_other_numbers_of_channels_are_refused(channels):
    with pytest.raises(ValueError, match=rf"1 or 3 channels, but got torch.uint8 \(5, {channels}, 8, 8\)"):
        extract(torch.zeros(5, channels, 8, 8, dtype=torch.uint8))


def test_floats_are_refused():
    with pytest.raises(ValueError, match="Expected images to be uint8"):
        extract(torch.zeros(5, 1, 8, 8))


def test_images_without_channels_are_refused():
    with pytest.raises(ValueError, match=r"Expected images to be uint8 \(N, C, H, W\)"):
        extract(torch.zeros(3, 8, 8, dtype=torch.uint8))


# Features out


def test_features_do_not_depend_on_the_batch(held_out):
    extractor, images = DigitsExtractor(), held_out[0]
    (together,) = extractor(images)
    for size, count in ((1, 10), (7, 30), (64, 130)):
        apart = torch.cat([extractor(batch)[0] for batch in images[:count].split(size)])
        torch.testing.assert_close(apart, together[:count], rtol=1e-5, atol=1e-5)


def test_features_come_in_the_order_asked_for_and_the_logits_are_linear_in_them(held_out):
    logits, features = extract(held_out[0], "logits", "128")
    assert features.shape == (500, 128)
    assert features.min() == 0
    weights = torch.load(WEIGHTS, weights_only=True)
    expected = features @ weights["logits.weight"].float().T + weights["logits.bias"].float()
    torch.testing.assert_close(logits, expected)


def test_nothing_needs_a_gradient(held_out):
    extractor = DigitsExtractor()
    assert not any(parameter.requires_grad for parameter in extractor.parameters())
    assert not extractor(held_out[0][:2])[0].requires_grad


@pytest.mark.slow
def test_training_mode_of_a_parent_changes_nothing(held_out):
    extractor = DigitsExtractor()
    before = extractor(held_out[0])[0]
    parent = nn.ModuleList([extractor]).train()
    assert parent.training
    assert not any(module.training for module in extractor.modules())
    assert torch.equal(extractor(held_out[0])[0], before)
    assert torch.equal(extractor(held_out[0])[0], before)


# torch-fidelity


def test_registered_under_its_name(held_out):
    extractor = create_feature_extractor("digits", ["logits", "128"], cuda=False, verbose=False)
    assert torch.equal(extractor(held_out[0])[1], *extract(held_out[0]))


def test_asking_for_compilation_changes_nothing(held_out):
    options = {"cuda": False, "verbose": False, "feature_extractor_compile": True}
    extractor = create_feature_extractor("digits", ["128"], **options)
    assert isinstance(extractor, DigitsExtractor)
    assert torch.equal(*extractor(held_out[0]), *extract(held_out[0]))


def test_importing_again_does_not_register_again():
    importlib.reload(digits)
    assert FEATURE_EXTRACTORS_REGISTRY["digits"] is DigitsExtractor


def test_another_precision_is_refused():
    options = {"cuda": False, "verbose": False, "feature_extractor_internal_dtype": "float64"}
    with pytest.raises(ValueError, match="to be None or 'float32', but got 'float64'"):
        create_feature_extractor("digits", ["128"], **options)


@pytest.mark.slow
def test_every_metric_can_be_calculated(tmp_path, held_out):
    real = open_images("digits", tmp_path, train=True, image_size=None, cache_dir=tmp_path)
    metrics = torch_fidelity.calculate_metrics(
        **{"input1": Images(real), "input2": Images(held_out[0].numpy())},
        **{"isc": True, "fid": True, "kid": True, "prc": True, "kid_subset_size": 200},
        **{"feature_extractor": "digits", "cuda": False, "save_cpu_ram": True, "verbose": False},
    )
    assert 9 < metrics["inception_score_mean"] <= 10
    assert abs(metrics["kernel_inception_distance_mean"]) < 0.1
    assert metrics["precision"] > 0.8
    assert metrics["recall"] > 0.8


@pytest.mark.slow
def test_distance_grows_from_real_digits_by_way_of_worse_ones_to_noise(held_out, tmp_path):
    real, labels = train_digits.labelled("digits", Path(), train=True)
    blurred = nn.functional.avg_pool2d(real.float(), 3, 1, 1).to(torch.uint8)
    noise = torch.randint(256, real.shape, dtype=torch.uint8)
    evaluator = GenerativeEvaluator(held_out[0], extractor="digits", cache_dir=tmp_path)
    compared = (real, real[labels != 3], blurred, noise)
    distances = [evaluator.evaluate_images(images)["fid_digits"] for images in compared]
    assert distances == sorted(distances)
    assert distances[0] < 0.5 * distances[1]
    assert distances[0] < 0.05 * distances[3]


# Training


def test_training_never_sees_the_images_that_are_held_out(tmp_path, held_out):
    evaluated = open_images("digits", tmp_path, train=False, image_size=None, cache_dir=tmp_path)
    assert np.array_equal(held_out[0].numpy(), evaluated)
    seen = {image.numpy().tobytes() for image in train_digits.labelled("digits", Path(), train=True)[0]}
    assert len(seen) == 1297
    assert seen.isdisjoint(image.tobytes() for image in evaluated)


def test_labels_are_those_of_scikit_learn(held_out):
    from sklearn.datasets import load_digits

    every = load_digits()
    label_of = {image.tobytes(): label for image, label in zip(every.images, every.target, strict=True)}
    originals = np.round(held_out[0].double().numpy() * 16 / 255)
    assert [label_of[image.tobytes()] for image in originals] == held_out[1].tolist()


def test_augmented_digits_stay_digits(held_out):
    images = to_grey_square(held_out[0])
    augmented = train_digits.augment(images)
    assert augmented.shape == images.shape
    assert not torch.equal(augmented, images)
    assert augmented.min() >= 0
    assert augmented.max() <= 1
    guesses = DigitsExtractor(features_list=["logits"]).model(augmented).argmax(1)
    assert (guesses == held_out[1]).float().mean() > 0.97


@pytest.mark.slow
def test_training_repeats_and_leaves_the_random_state_alone(held_out):
    images, labels = to_grey_square(held_out[0]), held_out[1]
    before = torch.get_rng_state()
    runs = [train_digits.train(images, labels, epochs=1).state_dict() for _ in range(2)]
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_saved_bytes_do_not_depend_on_the_name_of_the_file(tmp_path):
    model = DigitsExtractor().model
    for name in ("a.pt", "other.pt"):
        train_digits.save(model, tmp_path / name)
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "other.pt").read_bytes()


@pytest.mark.usefixtures("threads")
def test_mnist_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"MNIST/raw/\*, complete and unchanged"):
        train_digits.main(["--mnist", str(tmp_path), "--out", str(tmp_path / "weights.pt")])


@pytest.mark.slow
@pytest.mark.usefixtures("threads")
def test_script_trains_writes_and_reports(tmp_path, capsys):
    write_mnist(tmp_path, "train", 10)
    write_mnist(tmp_path, "t10k", 5)
    weights = tmp_path / "weights.pt"
    train_digits.main(["--mnist", str(tmp_path), "--epochs", "1", "--out", str(weights)])
    written = capsys.readouterr().out
    (accuracy,) = re.findall(r"digits: ([\d.]+)% of 500 held-out images", written)
    assert float(accuracy) > 90
    assert "of 5 held-out images" in written
    assert torch.load(weights, weights_only=True).keys() == torch.load(WEIGHTS, weights_only=True).keys()
