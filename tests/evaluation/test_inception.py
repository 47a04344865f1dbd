import pytest
import torch
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from lit_wgan.evaluation import inception
from lit_wgan.evaluation.extractors import make_extractor
from lit_wgan.evaluation.inception import to_input


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (32, 48), (299, 299), (300, 640)])
def test_images_are_resized_and_scaled_as_torch_fidelity_does(size):
    images = torch.randint(0, 256, (2, 3, *size), generator=torch.Generator().manual_seed(0)).byte()
    theirs = interpolate_bilinear_2d_like_tensorflow1x(images.float(), (299, 299), align_corners=False)
    assert (to_input(images) - (theirs - 128) / 128).abs().max() < 1e-6


def test_images_of_one_colour_stay_so_to_the_last_bit():
    images = torch.arange(256).byte().view(-1, 1, 1, 1).expand(-1, 1, 5, 7)
    expected = (torch.arange(256).view(-1, 1, 1, 1) - 128) / 128
    assert torch.equal(to_input(images), expected.expand(-1, 1, 299, 299))


@pytest.mark.slow
def test_features_do_not_depend_on_how_many_images_are_computed_at_once(inception_file, monkeypatch):
    monkeypatch.setattr(inception, "IMAGES_AT_ONCE", 2)
    extractor = make_extractor("inception-v3-compat", ["fid", "isc"], str(inception_file))
    images = torch.randint(0, 256, (3, 3, 8, 8), generator=torch.Generator().manual_seed(0)).byte()
    together, last = extractor(images), extractor(images[-1:])
    for name, features in together.items():
        assert len(features) == len(images)
        assert (features[-1] - last[name][0]).abs().max() < 1e-5 * features.abs().max()
