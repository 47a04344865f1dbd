"""Feature networks of one's own field: training, file, and what is measured with them."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
import torch_fidelity
from torch import nn
from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

from lit_wgan import WGANGP, ArrayData, ClassLabels, FidelityCallback, GenerativeEvaluator, ToyData
from lit_wgan.data.transforms import make_transform
from lit_wgan.engine.digests import file_sha256
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.evaluation.classifier import ConvolutionalClassifier
from lit_wgan.evaluation.data_part import part_of_data
from lit_wgan.evaluation.extractor_file import read_feature_network
from lit_wgan.evaluation.extractor_training import train_feature_network
from lit_wgan.evaluation.extractors import make_extractor
from lit_wgan.evaluation.image_sets import open_image_set
from lit_wgan.evaluation.images import StoredImages
from lit_wgan.evaluation.own_extractor import OwnExtractor, register_extractor

SHAPES = {"curves": (32,), "series": (16, 2), "images": (3, 8, 12), "volumes": (1, 6, 6, 6)}


def labelled(shape=(32,), count=96, classes=3, seed=0):
    """Noise about a level of each class, in units far from 0 and 1."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % classes
    level = labels.view(-1, *[1] * len(shape)).float()
    return Minibatch(500 + 100 * level + 20 * torch.randn(count, *shape, generator=generator), labels)


def trained(shape=(32,), **options):
    options = {"updates": 25, "batch_size": 32} | options
    return train_feature_network(labelled(shape), labelled(shape, seed=1), **options)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A network of series of 32 points."""
    path = tmp_path_factory.mktemp("extractors") / "waves.pt"
    trained().write(path)
    return str(path)


# Training


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_classes_of_samples_of_each_kind_are_recognised(shape):
    network = trained(shape)
    assert network.description.accuracy > 0.9
    assert network.description.shape == shape
    assert network.description.takes == "floats"


def test_one_seed_gives_one_network_and_leaves_the_random_state_alone():
    before = torch.get_rng_state()
    first, again, other = (trained(updates=2, seed=seed).classifier.state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["logits.weight"], other["logits.weight"])


def test_bytes_are_taken_as_bytes():
    images = [Minibatch(part.real.div(4).byte(), part.condition) for part in (labelled((1, 8, 8)), labelled((1, 8, 8)))]
    assert train_feature_network(*images, updates=2).description.takes == "bytes"


@pytest.mark.parametrize(
    ("labels", "message"),
    {
        "none": (None, "class number each, from which features are learnt, but got none"),
        "numbers": (torch.rand(96), r"class number each.*but got float32 \(\)"),
        "one class": (torch.zeros(96, dtype=torch.int64), "two classes or more, but got the class 0 alone"),
        "from -1": (torch.arange(96) % 3 - 1, "class numbers from 0, but got -1"),
        "a gap": (2 * (torch.arange(96) % 2), "each class from 0 to 2, but got none of class 1"),
        "more classes than samples": (1000 * torch.arange(96), "each of 95001 classes, but got 96 samples"),
    }.values(),
)
def test_labels_that_teach_nothing_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        train_feature_network(Minibatch(labelled().real, labels), Minibatch(labelled().real, labels))


def test_classes_that_are_held_out_alone_are_refused():
    held_out = Minibatch(labelled().real, torch.full((96,), 3))
    with pytest.raises(ValueError, match="from 0 to 3, but got none of class 3"):
        train_feature_network(labelled(), held_out)


@pytest.mark.parametrize("shape", [(), (1, 2, 2, 2, 2)])
def test_samples_of_no_known_kind_are_refused(shape):
    with pytest.raises(ValueError, match=r"Expected samples that are series .* but got the shape \("):
        ConvolutionalClassifier(shape, 2)


# The file


def test_a_file_gives_the_network_back_and_its_bytes_do_not_depend_on_its_name(tmp_path):
    network = trained(transform=fitted("standardise"), versions={"torch": "1"})
    for name in ("a.pt", "b.pt"):
        network.write(tmp_path / name)
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()
    found = read_feature_network(tmp_path / "a.pt")
    assert found.description == network.description
    samples = labelled(seed=2).real
    outputs = [OwnExtractor("a", ["128", "logits"], network=each)(samples) for each in (network, found)]
    assert all(map(torch.equal, *outputs))


def damaged(path):
    """What may be in a file, by what is said of it."""
    contents = torch.load(path, weights_only=True)
    description = json.loads(contents["description"])

    def but(**changed):
        return contents | {"description": json.dumps(description | changed)}

    return {
        "holds no description": {"weights": contents["weights"]},
        "format 2": but(format=2),
        "damaged or of another network": but(shape=[32, 5]),
        "ConvolutionalClassifier": but(classes=4),
        "no description and weights": [1],
        "not finite": contents | {"mean": torch.tensor([float("nan")])},
    }


def test_files_of_other_contents_are_refused(file, tmp_path):
    for message, contents in damaged(file).items():
        torch.save(contents, tmp_path / "other.pt")
        with pytest.raises(ValueError, match=rf"Expected \S*other\.pt to hold .*{message}"):
            read_feature_network(tmp_path / "other.pt")


def test_a_file_that_is_cut_short_or_is_a_program_is_refused(file, tmp_path):
    for contents in (Path(file).read_bytes()[:5000], b"", pickle.dumps(nn.Linear(1, 1), protocol=2)):
        (tmp_path / "other.pt").write_bytes(contents)
        with pytest.raises(ValueError, match="damaged or of another network"):
            make_extractor(str(tmp_path / "other.pt"), ["fid"])


def test_a_file_that_is_missing_is_named():
    with pytest.raises(FileNotFoundError, match=r"Expected extractor to name a file, but got none\.pt"):
        make_extractor("none.pt", ["fid"])


@pytest.mark.parametrize("name", ["digits.pt", "vgg16.pt", "a b.pt", "of_class_1.pt", "weights.bin"])
def test_a_name_that_would_confuse_metrics_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match="Expected a name"):
        trained(updates=1).write(tmp_path / name)


# What is measured


class Levels(nn.Module):
    """A generator of noise about the levels of the classes, in units in which those are 0, 1 and 2."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.2))

    def forward(self, z, labels):
        return labels[:, None] + self.scale * z


class Units(nn.Module):
    """Another generator in the units of a transform."""

    def __init__(self, generator, transform):
        super().__init__()
        self.generator, self.transform = generator, transform

    def forward(self, *given):
        return self.transform.forward(500 + 100 * self.generator(*given))


def fitted(name, samples=None):
    transform = make_transform(name)
    rows = (labelled().real if samples is None else samples).double()
    transform.fit(lambda: [rows], len(rows))
    return transform


def evaluator(file, metrics, tmp_path, **options):
    options = {"kid_subset_size": 20, "kid_subsets": 5, "cache_dir": tmp_path} | options
    return GenerativeEvaluator(labelled().real, metrics, 90, file, **options)


def test_metrics_carry_the_files_name_and_the_protocol_its_sha256(file, tmp_path):
    metrics = ["fid", "kid", "prc", "isc", "acc", "intra_fid"]
    measure = evaluator(file, metrics, tmp_path, reference_classes=labelled().condition)
    names = measure.metric_names()
    result = measure.evaluate(Units(Levels(), fitted("standardise")), 32, 3, transform=fitted("standardise"))
    assert {"fid_waves", "kid_mean_waves", "precision_waves", "accuracy_waves", "intra_fid_waves"} < set(names)
    assert set(names) <= result.keys()
    assert result["accuracy_waves"] > 0.9
    assert result.protocol.weights_sha256 == file_sha256(Path(file))
    assert result.protocol.extractor == "waves"


def test_the_units_of_a_generators_transform_change_no_metric(file, tmp_path):
    measure = evaluator(file, ["fid"], tmp_path)
    found = [
        measure.evaluate(Units(Levels(), transform), 32, 3, transform=transform)["fid_waves"]
        for transform in (fitted("standardise"), fitted("minmax"))
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-3)


@pytest.mark.parametrize("kind", ["array", "npy", "items"])
def test_stored_samples_are_measured_in_their_own_units(kind, file, tmp_path):
    samples = labelled().real
    if kind == "npy":
        np.save(tmp_path / "samples.npy", samples.numpy())
    given = {
        "array": samples,
        "npy": str(tmp_path / "samples.npy"),
        "items": list(zip(samples, range(96), strict=True)),
    }[kind]
    result = evaluator(file, ["fid"], tmp_path).evaluate_images(given)
    assert result["fid_waves"] == pytest.approx(0, abs=1e-6)


def test_samples_of_another_shape_are_refused_with_both_shapes(file, tmp_path):
    measure = GenerativeEvaluator(torch.rand(40, 16), ["fid"], extractor=file, cache_dir=tmp_path)
    with pytest.raises(ValueError, match=r"waves was trained on, \(32,\), but got \(16,\)"):
        measure.evaluate_images(torch.rand(40, 16))


def test_accuracy_among_other_classes_is_refused(file, tmp_path):
    measure = evaluator(file, ["acc"], tmp_path)
    with pytest.raises(ValueError, match="Expected 5 logits for acc, one for each class, but got 3"):
        measure.evaluate_images(labelled().real, classes=labelled().condition, num_classes=5)


def test_blocks_of_floats_are_the_same_for_any_number_of_devices():
    source = StoredImages(open_image_set(labelled().real, floats=True).images)
    alone = {rows.start: block for rows, block in source.blocks(20, 0, 1)}
    both = {rows.start: block for rank in (0, 1) for rows, block in source.blocks(20, rank, 2)}
    assert alone.keys() == both.keys()
    assert all(torch.equal(alone[start], both[start]) for start in alone)


def test_a_module_says_that_it_takes_floats(tmp_path):
    module = nn.Flatten()
    module.takes = "floats"
    measure = GenerativeEvaluator(labelled().real, ["fid"], extractor=module, cache_dir=tmp_path)
    assert measure.evaluate_images(labelled().real)["fid_Flatten"] == pytest.approx(0, abs=1e-6)


def test_torch_fidelity_knows_a_registered_file(tmp_path):
    images = labelled((1, 8, 8)).real.div(4).byte()
    train_feature_network(
        Minibatch(images, labelled().condition), Minibatch(images, labelled().condition), updates=2
    ).write(tmp_path / "cells.pt")
    name = register_extractor(tmp_path / "cells.pt")

    class Images(torch.utils.data.Dataset):
        def __init__(self, images):
            self.images = images

        def __len__(self):
            return len(self.images)

        def __getitem__(self, index):
            return self.images[index]

    both = Images(images[:60]), Images(images[30:])
    try:
        found = torch_fidelity.calculate_metrics(
            **{"input1": both[0], "input2": both[1], "feature_extractor": name, "fid": True, "cache": False},
            **{"cuda": False, "save_cpu_ram": True, "verbose": False},
        )
    finally:
        FEATURE_EXTRACTORS_REGISTRY.pop(name, None)
    measure = GenerativeEvaluator(
        images[30:], ["fid"], extractor=str(tmp_path / "cells.pt"), compat="torch-fidelity", cache_dir=tmp_path
    )
    assert measure.evaluate_images(images[:60])["fid_cells"] == found["frechet_inception_distance"]


# Training runs


def test_a_conditional_run_on_arrays_is_measured_against_its_training_set(file, tmp_path, trainer):
    real, labels = labelled()
    data = ArrayData(
        real.numpy(), conditions=labels.numpy(), transform="standardise", batch_size=8, cache_dir=str(tmp_path)
    )
    callback = FidelityCallback(
        ["fid", "acc", "intra_fid"], 60, every_n_updates=1, extractor=file, cache_dir=str(tmp_path / "cache")
    )
    critic = nn.Bilinear(32, 1, 1)
    system = WGANGP(Levels(), Told(critic), latent_dim=32, n_critic=1, condition=ClassLabels(3), allow=["batch_norm"])
    run = trainer(max_steps=1, callbacks=[callback])
    run.fit(system, datamodule=data)
    logged = run.callback_metrics
    assert logged["fidelity/fid_waves"] > 0
    assert "fidelity/intra_fid_waves_class_2" in logged
    measure = GenerativeEvaluator(
        data.parts.train.take(torch.arange(len(data.parts.train))).real, ["fid"], 60, file, cache_dir=tmp_path
    )
    from lit_wgan.evaluation.trained import inputs_of

    again = measure.evaluate(system.generator, **inputs_of(system, measure)._asdict())
    assert logged["fidelity/fid_waves"] == pytest.approx(again["fid_waves"])


class Told(nn.Module):
    """A critic that is told a class."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x, labels):
        return self.layer(x, labels[:, None].float()).flatten()


def test_data_without_end_are_a_reference_too():
    data = ToyData("eight_gaussians", condition_of="label")
    part = part_of_data(data, data.train_dataloader, True, 50, 0)
    assert len(part.as_reference().images) == 50
    assert part.classes().max() == 7
