"""Accuracy and FID by class, of samples that were told a class."""

import numpy as np
import pytest
import torch
from torch import nn

from lit_wgan import GenerativeEvaluator
from lit_wgan.evaluation import real_images as real_side
from lit_wgan.evaluation.classes import in_words

LABELS = np.arange(777) % 5


class Shades(nn.Module):
    """One-pixel images whose grey level says the class that was told, or of each second sample of class 2 the next."""

    def forward(self, z, labels):
        lies = (labels == 2) & (torch.arange(len(z)) % 2 == 1)
        return (((labels + lies) * 50).byte())[:, None, None, None]


class ReadsShades(nn.Module):
    """A feature, and five logits, which are right."""

    def forward(self, images):
        grey = images.flatten(1)[:, :1].float()
        return grey, -(grey - torch.arange(5) * 50).abs()


def told(labels):
    """The class numbers of samples, by their numbers."""
    return lambda rows: torch.as_tensor(labels)[rows]


def accuracy(num_samples=80, conditions=None, **options):
    evaluator = GenerativeEvaluator(None, ["acc"], num_samples, ReadsShades(), **options)
    return evaluator.evaluate(Shades(), 1, num_classes=5, conditions=conditions)


def test_accuracy_is_the_share_of_samples_of_the_class_they_were_told():
    result = accuracy(conditions=told([0, 0, 2, 2, 2, 2, 4, 4] * 10))
    assert result == {
        "accuracy_ReadsShades": 1 - 20 / 80,
        "accuracy_ReadsShades_class_0": 1,
        "accuracy_ReadsShades_class_2": 0.5,
        "accuracy_ReadsShades_class_4": 1,
    }
    assert "accuracy_ReadsShades_class_2  0.5" in result.table()
    assert "conditions given: 3 classes, 20 to 40 samples each" in result.table()


@pytest.mark.parametrize("batch_size", [8, 64])
def test_labels_of_samples_do_not_depend_on_the_block_size(batch_size):
    assert accuracy(batch_size=batch_size)["accuracy_ReadsShades_class_3"] == 1


def images(seed, count=300):
    return np.random.RandomState(seed).randint(0, 150 + seed, (count, 3, 8, 8), dtype=np.uint8)


@pytest.mark.parametrize("compat", ["exact", "torch-fidelity"])
def test_fid_by_class_is_the_fid_of_each_class_alone(compat, small, tmp_path):
    """Also where a class has fewer images than features, 12 here, so that its covariance is singular."""
    real, fake = images(1), images(2)
    of_real, of_fake = np.repeat([0, 1, 2], [140, 150, 10]), np.repeat([0, 1, 2], [8, 152, 140])
    whole = small.evaluator(tmp_path, ["intra_fid"], real, reference_classes=of_real, compat=compat)
    found = whole.evaluate_images(fake, classes=of_fake)
    for label in range(3):
        alone = small.evaluator(tmp_path, ["fid"], real[of_real == label], compat=compat)
        expected = alone.evaluate_images(fake[of_fake == label])["fid_small"]
        assert found[f"intra_fid_small_class_{label}"] == pytest.approx(expected, rel=1e-6, abs=1e-9)
    mean = np.mean([found[f"intra_fid_small_class_{label}"] for label in range(3)])
    assert found["intra_fid_small"] == pytest.approx(mean)
    assert len(found) == 4


def test_classes_equal_to_the_data_have_distance_zero_and_swapped_ones_have_not(small, tmp_path):
    real, classes = images(1), np.arange(300) % 2
    real[classes == 1] //= 2
    evaluator = small.evaluator(tmp_path, ["fid", "intra_fid"], real, reference_classes=torch.from_numpy(classes))
    equal, swapped = (evaluator.evaluate_images(real, classes=told) for told in (classes, 1 - classes))
    assert abs(equal["intra_fid_small"]) < 1e-9
    assert swapped["intra_fid_small"] > 0.1
    assert abs(swapped["fid_small"]) < 1e-9


def test_all_metrics_come_from_one_pass_and_are_those_of_each_alone(small, tmp_path):
    options = {"reference_classes": LABELS, "num_samples": 200}
    metrics = [*small.ALL, "acc", "intra_fid"]
    generator = small.Generator(5)
    together = small.evaluator(tmp_path, metrics, **options).evaluate(generator, 4, 5)
    for metric in metrics:
        alone = small.evaluator(tmp_path, [metric], **options).evaluate(generator, 4, 5)
        assert {name: together[name] for name in alone} == pytest.approx(alone, rel=1e-9)


def test_statistics_of_classes_come_from_the_cache_unless_the_classes_differ(small, tmp_path, monkeypatch):
    passes, collect = [], real_side.collect
    monkeypatch.setattr(real_side, "collect", lambda *args: passes.append(1) or collect(*args))

    def measure(classes):
        evaluator = small.evaluator(tmp_path, ["fid", "intra_fid"], reference_classes=classes, num_samples=200)
        return evaluator.evaluate(small.Generator(5), 4, 5)

    first = measure(LABELS)
    again = measure(LABELS)
    assert (first, first.protocol) == (again, again.protocol)
    assert len(passes) == 1
    measure((LABELS + 1) % 5)
    assert len(passes) == 2
    (tmp_path / "classes.npy").unlink(missing_ok=True)
    np.save(tmp_path / "classes.npy", LABELS)
    assert measure(str(tmp_path / "classes.npy")) == first
    for file in tmp_path.glob("reference-*.npz"):
        file.write_bytes(file.read_bytes()[:90])  # damaged: written again
    assert measure(LABELS) == first
    assert len(passes) == 3


def test_a_folder_that_cannot_be_written_is_one_warning(small, tmp_path):
    (tmp_path / "file").touch()
    evaluator = small.evaluator(tmp_path / "file", ["intra_fid"], reference_classes=LABELS, num_samples=100)
    with pytest.warns(UserWarning, match="could not be kept") as warned:
        evaluator.evaluate(small.Generator(5), 4, 5)
    assert len(warned) == 1


@pytest.mark.filterwarnings("error")
def test_classes_with_too_few_images_are_left_out_and_named(small, tmp_path):
    """Class 1 has no real image, class 3 has one, class 5 has one sample; classes 6 and 7 have nothing at all."""
    real = np.array([0] * 200 + [2] * 200 + [3] + [4] * 200 + [5] * 176)
    drawn = [*np.resize([0, 1, 2, 3, 4], 99), 5]
    evaluator = small.evaluator(tmp_path, ["intra_fid"], reference_classes=real, num_samples=100)
    with pytest.warns(UserWarning, match=r"mean over 3 of 8 classes. Left out, .*: 1, 3, 5 to 7\."):
        result = evaluator.evaluate(small.Generator(8), 4, num_classes=8, conditions=told(drawn))
    measured = [f"intra_fid_small_class_{label}" for label in (0, 2, 4)]
    assert list(result) == ["intra_fid_small", *measured]
    assert result["intra_fid_small"] == pytest.approx(np.mean([result[name] for name in measured]))
    assert "left out of intra_fid: 1, 3, 5 to 7" in result.table()
    assert result.protocol.left_out == (1, 3, 5, 6, 7)


def test_samples_of_one_class_leave_no_other_out(small, tmp_path):
    evaluator = small.evaluator(tmp_path, ["intra_fid"], reference_classes=LABELS, num_samples=100)
    result = evaluator.evaluate(small.Generator(5), 4, num_classes=5, conditions=told([3] * 100))
    assert list(result) == ["intra_fid_small", "intra_fid_small_class_3"]
    assert result.protocol.left_out == ()


def test_neighbouring_numbers_are_put_together():
    assert in_words([0, 1, 2, 7, 9, 10]) == "0 to 2, 7, 9 to 10"


def floats(rows):
    return torch.zeros(rows.stop - rows.start, 2)


def pair(rows):
    return floats(rows), floats(rows)


CLASSES = {"reference_classes": LABELS}
BAD = {
    "no conditions": (
        ["fid", "acc"],
        CLASSES,
        {},
        "told a class for acc, but got samples without conditions.",
    ),
    "no conditions for both": (["acc", "intra_fid"], CLASSES, {}, "for acc and intra_fid, but .*Leave them out"),
    "floats": (["acc"], {}, {"conditions": floats}, r"class numbers for acc, but got float32 \(2,\)"),
    "floats and a number": (["acc"], {}, {"conditions": floats, "num_classes": 5}, r"but got float32 \(2,\)"),
    "a tuple": (["acc"], {}, {"conditions": pair, "num_classes": 5}, r"but got float32 \(2,\) and float32 \(2,\)"),
    "no number of classes": (["acc"], {}, {"conditions": told(LABELS)}, r"but got int64 \(\).*num_classes"),
    "a class beyond": (["acc"], {}, {"conditions": told(LABELS), "num_classes": 4}, "from 0 to 3 for acc, .* 0 to 4"),
    "other logits": (["acc"], {}, {"num_classes": 7}, "Expected 7 logits for acc, one for each class, but got 5"),
    "too few of all": (
        ["intra_fid"],
        {"num_samples": 5},
        {"conditions": told(np.arange(5)), "num_classes": 5},
        "at least 2 generated and 2 real images of a class for intra_fid, but got up to 1 and 156",
    ),
}


@pytest.mark.parametrize(("metrics", "options", "samples", "message"), BAD.values(), ids=BAD)
def test_samples_without_fitting_classes_are_refused(metrics, options, samples, message, small, tmp_path):
    options = CLASSES | {"num_samples": 100} | options
    evaluator = small.evaluator(tmp_path, metrics, **options)
    with pytest.raises(ValueError, match=message):
        evaluator.evaluate(small.Generator(7), 4, **samples)


def saved(folder, array):
    np.save(folder / "classes.npy", array, allow_pickle=True)
    return str(folder / "classes.npy")


REFERENCES = {
    "none": (lambda _: None, "Expected reference_classes, the class numbers of the real images, for intra_fid"),
    "too few": (lambda _: LABELS[:5], r"class numbers, from 0, of 777 images, but got int64 \(5,\)"),
    "floats": (lambda _: LABELS / 2, r"but got float64 \(777,\)"),
    "negative": (lambda _: LABELS - 1, "but got -1. Number the classes from 0"),
    "ragged": (lambda _: [[1], [2, 3]], "but got list"),
    "objects": (lambda folder: saved(folder, np.array([{}])), "classes.npy .*object"),
    "an archive": (lambda folder: np.savez(folder / "a.npz", LABELS) or str(folder / "a.npz"), "but got .*a.npz"),
}


@pytest.mark.parametrize(("classes", "message"), REFERENCES.values(), ids=REFERENCES)
def test_classes_of_real_images_that_do_not_fit_are_refused_at_once(classes, message, small, tmp_path):
    with pytest.raises(ValueError, match=message):
        small.evaluator(tmp_path, ["intra_fid"], reference_classes=classes(tmp_path))


def test_a_file_that_is_missing_is_named(small, tmp_path):
    with pytest.raises(FileNotFoundError, match="no_such.npy"):
        small.evaluator(tmp_path, ["intra_fid"], reference_classes=str(tmp_path / "no_such.npy"))


def test_statistics_in_a_file_do_not_suffice_for_fid_by_class(small, tmp_path):
    np.savez(tmp_path / "statistics.npz", mu=np.zeros(12), sigma=np.eye(12))
    with pytest.raises(ValueError, match="Expected real images as the reference of intra_fid, but got the statistics"):
        small.evaluator(tmp_path, ["intra_fid"], str(tmp_path / "statistics.npz"), reference_classes=LABELS)


def test_fid_by_class_needs_a_reference_and_accuracy_none(small):
    with pytest.raises(ValueError, match="Expected a reference for intra_fid, but got none"):
        GenerativeEvaluator(None, ["intra_fid"], extractor="small")
    evaluator = GenerativeEvaluator(None, ["acc", "isc"], 100, extractor="small")
    assert {"accuracy_small", "inception_score_mean_small"} < set(evaluator.evaluate(small.Generator(5), 4, 5))


def test_accuracy_needs_logits(small, monkeypatch):
    layers = {"fid": "12"}
    monkeypatch.setattr(small.SmallExtractor, "get_default_feature_layer_for_metric", staticmethod(layers.__getitem__))
    with pytest.raises(ValueError, match="Expected metrics that small has features for, but got 'acc'"):
        GenerativeEvaluator(None, ["acc"], extractor="small")


def test_images_of_any_program_have_the_classes_that_are_given(small, tmp_path):
    evaluator = small.evaluator(tmp_path, ["acc"])
    right = evaluator.network(torch.from_numpy(images(2)))["logits"].argmax(1)
    assert evaluator.evaluate_images(images(2), classes=right, num_classes=5)["accuracy_small"] == 1
    with pytest.raises(ValueError, match="told a class for acc, but got samples without conditions"):
        evaluator.evaluate_images(images(2))
    with pytest.raises(ValueError, match=r"Expected classes to be .*of 300 images, but got int64 \(3,\)"):
        evaluator.evaluate_images(images(2), classes=[0, 1, 2])
