import pytest
import torch
from torch import nn

from lit_wgan.engine.digests import file_sha256
from lit_wgan.evaluation.extractors import make_extractor
from lit_wgan.evaluation.inception import load_inception


@pytest.fixture(scope="module")
def images():
    coarse = torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(0)) * 255
    return nn.functional.interpolate(coarse, size=(32, 32)).byte()


@pytest.fixture(scope="module")
def stock(inception_file, images):
    return load_inception(["2048", "logits_unbiased"], inception_file)(images)


@pytest.fixture(scope="module")
def inception(inception_file):
    """Inception for FID and the Inception Score by compat; making one takes seconds."""
    weights = str(inception_file)
    return {
        compat: make_extractor("inception-v3-compat", ["fid", "isc"], weights, compat=compat)
        for compat in ("exact", "torch-fidelity")
    }


@pytest.mark.slow
def test_compat_features_are_bitwise_torch_fidelitys(inception, images, stock):
    features = inception["torch-fidelity"](images)
    assert torch.equal(features["2048"], stock[0])
    assert torch.equal(features["logits_unbiased"], stock[1])


@pytest.mark.slow
def test_folding_batch_norm_moves_features_by_rounding_alone(inception, images, stock):
    extractor = inception["exact"]
    assert not any(isinstance(module, nn.BatchNorm2d) for module in extractor.modules())
    for x, expected in zip(extractor(images).values(), stock, strict=True):
        assert (x - expected).abs().max() < 2e-5 * expected.abs().max()
        assert not torch.equal(x, expected)


@pytest.mark.slow
def test_surrounding_autocast_and_product_precision_change_nothing(inception, images, stock):
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(inception["torch-fidelity"](images)["2048"], stock[0])


@pytest.mark.slow
def test_bfloat16_is_asked_for_and_seen(inception_file, images, stock):
    extractor = make_extractor("inception-v3-compat", ["fid"], str(inception_file), precision="bfloat16")
    features, expected = extractor(images[:1])["2048"], stock[0][:1]
    assert features.dtype == torch.float32
    assert 1e-4 < (features - expected).abs().max() / expected.abs().max() < 0.2


def test_one_channel_becomes_three(small):
    extractor = make_extractor("small", ["fid"])
    grey = torch.randint(0, 256, (3, 1, 8, 8)).byte()
    assert torch.equal(extractor(grey)["12"], extractor(grey.repeat(1, 3, 1, 1))["12"])


def test_other_numbers_of_channels_are_refused(small):
    with pytest.raises(ValueError, match="Expected images of 1 or 3 channels for small, but got 4"):
        make_extractor("small", ["fid"])(torch.zeros(2, 4, 8, 8).byte())


def test_extractor_stays_frozen(inception):
    extractor = inception["torch-fidelity"]
    nn.ModuleList([extractor]).train()
    assert not any(module.training for module in extractor.modules())
    assert not any(weight.requires_grad for weight in extractor.parameters())


@pytest.mark.slow
def test_making_one_leaves_random_states(inception_file):
    before = torch.get_rng_state()
    make_extractor("inception-v3-compat", ["fid"], str(inception_file))
    assert torch.equal(torch.get_rng_state(), before)


def test_hash_of_weights_is_that_of_the_file_or_of_the_parameters(inception, inception_file):
    assert inception["exact"].weights_sha256 == file_sha256(inception_file)
    linear = nn.Sequential(nn.Flatten(), nn.Linear(3, 2))
    before = make_extractor(linear, ["fid"]).weights_sha256
    assert make_extractor(linear, ["fid"]).weights_sha256 == before
    with torch.no_grad():
        linear[1].bias += 1
    assert make_extractor(linear, ["fid"]).weights_sha256 != before


class Module(nn.Module):
    def __init__(self, *shapes):
        super().__init__()
        self.shapes = shapes

    def forward(self, images):
        outputs = tuple(torch.ones(len(images), *shape) for shape in self.shapes)
        return outputs if len(outputs) > 1 else outputs[0]


def test_a_module_gives_features_or_features_and_logits():
    images = torch.zeros(2, 5, 4, 4).byte()
    assert make_extractor(Module((7,)), ["fid", "kid"])(images)["features"].shape == (2, 7)
    both = make_extractor(Module((7,), (3,)), ["fid", "isc"])
    assert {name: x.shape[1] for name, x in both(images).items()} == {"features": 7, "logits": 3}
    assert both.layers == {"fid": "features", "isc": "logits"}
    assert both.name == "Module"


@pytest.mark.parametrize(
    ("shapes", "metrics", "got"),
    [
        ([(7, 2, 2)], ["fid"], r"\(2, 7, 2, 2\)"),
        ([(7,)], ["fid", "isc"], r"\(2, 7\)"),
        ([(7,), (3,)], ["fid"], r"\(2, 7\) and \(2, 3\)"),
    ],
)
def test_a_module_of_other_outputs_is_refused(shapes, metrics, got):
    with pytest.raises(ValueError, match=f"Expected Module to give features.*but got {got}"):
        make_extractor(Module(*shapes), metrics)(torch.zeros(2, 3, 4, 4).byte())


def test_an_extractor_object_is_taken_as_it_is(small):
    extractor = make_extractor(small.SmallExtractor("mine", ["logits", "12"]), ["fid"])
    images = torch.randint(0, 256, (2, 3, 8, 8)).byte()
    expected = make_extractor("small", ["fid"])(images)["12"]
    assert extractor.name == "mine"
    assert torch.equal(extractor(images)["12"], expected)


def test_unknown_names_list_the_choices(small):
    with pytest.raises(
        ValueError, match="Expected the extractor to be one of .*digits, .*inception-v3-compat, .*small"
    ):
        make_extractor("inceptoin", ["fid"])


def test_metrics_without_features_are_refused(small, monkeypatch):
    monkeypatch.setattr(
        small.SmallExtractor, "get_default_feature_layer_for_metric", staticmethod({"fid": "12"}.__getitem__)
    )
    with pytest.raises(ValueError, match="Expected metrics that small has features for, but got 'isc'"):
        make_extractor("small", ["fid", "isc"])
