import numpy as np
import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance

from lit_wgan.evaluation.distance import covariance_factor, frechet_distance
from lit_wgan.evaluation.sums import FeatureMoments, InceptionSums, split_of_samples


@pytest.mark.parametrize("shift", [None, 1e3])
def test_moments_equal_those_of_all_samples_at_once_far_from_zero(shift):
    x = torch.randn(1003, 12, dtype=torch.float64) @ torch.randn(12, 12).double() + 1e3
    moments = FeatureMoments(12, None if shift is None else torch.full((12,), shift))
    for part in x.split(64):
        moments.update(part)
    mean, covariance = moments.compute()
    np.testing.assert_allclose(mean, np.mean(x.numpy(), axis=0), rtol=1e-13)
    np.testing.assert_allclose(covariance, np.cov(x.numpy(), rowvar=False), atol=1e-8 if shift is None else 1e-12)


def test_sums_of_float32_features_are_taken_in_float64():
    x = torch.randn(5000, 3) + 100
    moments = FeatureMoments(3)
    moments.update(x)
    np.testing.assert_allclose(moments.compute()[1], np.cov(x.double().numpy(), rowvar=False), atol=1e-10)


def test_parts_of_two_devices_add_up():
    x = torch.randn(100, 4)
    whole, parts = FeatureMoments(4), [FeatureMoments(4), FeatureMoments(4)]
    whole.update(x)
    for part, half in zip(parts, x.split(37), strict=False):
        part.update(half)
    parts[1].update(x[74:])
    for state in ("count", "total", "outer"):
        setattr(parts[0], state, getattr(parts[0], state) + getattr(parts[1], state))
    for expected, got in zip(whole.compute(), parts[0].compute(), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-13, atol=1e-13)


def test_reset_forgets():
    moments = FeatureMoments(2)
    moments.update(torch.randn(9, 2))
    moments.reset()
    moments.update(torch.tensor([[1.0, 0.0], [3.0, 0.0]]))
    assert [part.tolist() for part in moments.compute()] == [[2, 0], [[2, 0], [0, 0]]]


class Flat(torch.nn.Module):
    num_features = 12

    def forward(self, images):
        return images.flatten(1).float() / 64


def test_distance_agrees_with_torchmetrics_on_the_same_features():
    real, fake = (torch.randint(0, high, (200, 3, 2, 2), dtype=torch.uint8) for high in (256, 200))
    theirs = FrechetInceptionDistance(Flat(), input_img_size=(3, 2, 2))
    sides = []
    for images, is_real in ((real, True), (fake, False)):
        theirs.update(images, real=is_real)
        moments = FeatureMoments(12)
        moments.update(Flat()(images))
        mean, covariance = moments.compute()
        sides += [mean, covariance_factor(covariance)]
    assert frechet_distance(*sides) == pytest.approx(theirs.compute().item(), rel=1e-5)


def test_too_few_samples_are_refused():
    moments = FeatureMoments(2)
    moments.update(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="Expected at least 2 samples for a covariance, but got 1"):
        moments.compute()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_features_that_are_not_finite_are_refused(value):
    moments = FeatureMoments(2)
    moments.update(torch.tensor([[0.0, 1.0], [value, 1.0]]))
    with pytest.raises(ValueError, match="Expected finite features"):
        moments.compute()


@pytest.mark.parametrize(("samples", "splits"), [(1003, 10), (10, 10), (11, 3)])
def test_every_split_gets_its_share(samples, splits):
    counts = torch.bincount(split_of_samples(samples, splits, 0), minlength=splits)
    assert counts.sum() == samples
    assert counts.max() - counts.min() <= 1


def test_splits_are_added_in_any_order():
    logits, split = torch.randn(40, 6), split_of_samples(40, 4, 1)
    forward, backward = InceptionSums(6, 4), InceptionSums(6, 4)
    forward.update(logits, split)
    for part, own in zip(logits.flip(0).split(7), split.flip(0).split(7), strict=True):
        backward.update(part, own)
    assert forward.compute() == pytest.approx(backward.compute(), rel=1e-14)
