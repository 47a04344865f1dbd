"""Each metric against its closed form."""

from math import erf, exp, gamma, pi, sqrt

import numpy as np
import pytest
import torch
from scipy.stats import norm, wasserstein_distance

from lit_wgan.evaluation.two_sample.classifier import classifier_auc
from lit_wgan.evaluation.two_sample.correlations import (
    autocorrelation_distance,
    autocorrelations,
    correlation_distance,
    correlations,
)
from lit_wgan.evaluation.two_sample.kernels import energy_distance, median_distance, mmd
from lit_wgan.evaluation.two_sample.neighbours import duplicates, memorisation, prdc
from lit_wgan.evaluation.two_sample.parzen import log_likelihood, parzen
from lit_wgan.evaluation.two_sample.scaling import Scaling, UnitRange
from lit_wgan.evaluation.two_sample.spectrum import radial_spectrum, spectrum_distance
from lit_wgan.evaluation.two_sample.transport import sliced_w1, w1_per_feature


def gaussian(n=2000, d=1, mean=0.0):
    """Samples of N(mean, 1) in each of d features; on a line, its quantiles, which vary by no chance."""
    if d == 1:
        return torch.from_numpy(norm.ppf((np.arange(n) + 0.5) / n))[:, None] + mean
    return torch.randn(n, d, dtype=torch.float64) + mean


def test_energy_distance_of_two_shifted_gaussians_is_its_closed_form():
    """``E|X - Y|`` is the mean of a folded Gaussian with mean 1.5 and variance 2."""
    shift, s = 1.5, sqrt(2)
    between = s * sqrt(2 / pi) * exp(-(shift**2) / (2 * s**2)) + shift * erf(shift / (s * sqrt(2)))
    expected = 2 * between - 2 * 2 / sqrt(pi)
    assert energy_distance(gaussian(), gaussian(mean=shift)) == pytest.approx(expected, abs=5e-3)


def test_energy_distance_of_two_points_is_twice_their_distance():
    assert energy_distance(torch.zeros(4, 2), torch.tensor([3.0, 4.0]).repeat(4, 1)) == 10


def test_mmd_of_two_shifted_gaussians_is_its_closed_form():
    """The kernel's mean is Gaussian again, with the variance s^2 + 2."""
    shift, s = 1.5, 0.8
    expected = 2 * sqrt(s**2 / (s**2 + 2)) * (1 - exp(-(shift**2) / (2 * (s**2 + 2))))
    assert mmd(gaussian(), gaussian(mean=shift), bandwidth=s) == pytest.approx(expected, abs=2e-3)


def test_the_bandwidth_is_the_references_median_distance_whatever_is_generated():
    real, fake = torch.randn(50, 3), 100 * torch.randn(50, 3)
    assert mmd(real, fake) == mmd(real, fake, bandwidth=torch.pdist(real.double()).median().item())
    assert median_distance(torch.ones(4, 2)) == 1  # all alike
    assert median_distance(torch.tensor([[0.0]] * 9 + [[1.0]])) == pytest.approx(9 / 45)  # most alike


def test_means_over_pairs_do_not_depend_on_how_many_are_in_memory(monkeypatch):
    real, fake = torch.randn(70, 3), torch.randn(60, 3) + 1
    before = mmd(real, fake), energy_distance(real, fake)
    monkeypatch.setattr("lit_wgan.evaluation.two_sample.pairwise.ROWS", 13)
    assert (mmd(real, fake), energy_distance(real, fake)) == pytest.approx(before, rel=1e-9)


@pytest.mark.parametrize("dimensions", [1, 2, 50])
def test_sliced_w1_of_a_shift_is_its_mean_length_along_a_direction(dimensions):
    """``E|u_1| = Gamma(d/2) / (sqrt(pi) Gamma((d+1)/2))`` for u uniform on the sphere."""
    x = torch.randn(64, dimensions)
    shift = 3 * torch.nn.functional.one_hot(torch.tensor(0), dimensions)
    expected = 3 * gamma(dimensions / 2) / (sqrt(pi) * gamma((dimensions + 1) / 2))
    assert sliced_w1(x, x + shift, 4000) == pytest.approx(expected, rel=0.03)


def test_w1_of_each_feature_is_scipys_and_of_a_shift_its_length():
    x, y = torch.randn(50, 2), torch.randn(40, 2)
    expected = [wasserstein_distance(a, b) for a, b in zip(x.T, y.T, strict=True)]
    assert w1_per_feature(x, y).tolist() == pytest.approx(expected)
    assert w1_per_feature(x, x + torch.tensor([2.0, -3.0])).tolist() == pytest.approx([2, 3], rel=1e-5)


def test_a_classifier_cannot_tell_equal_distributions_and_can_tell_separate_ones():
    x, y = gaussian(400, 3), gaussian(400, 3)
    assert classifier_auc(x, y) == pytest.approx(0.5, abs=0.08)
    assert classifier_auc(x, y + 20) == pytest.approx(1)


def test_the_auc_of_shifted_gaussians_approaches_its_closed_form():
    """The best test's AUC is ``Phi(shift / sqrt 2)``, 0.760 for a shift of 1, which trees reach nearly."""
    assert 0.7 < classifier_auc(torch.randn(1000, 1), torch.randn(1000, 1) + 1) < 0.8


def test_a_classifier_sees_dependence_that_no_single_feature_shows():
    x, y = gaussian(500, 2), gaussian(500, 2)
    assert classifier_auc(x, torch.stack([y[:, 0], y[:, 0]], 1)) > 0.9


def test_a_classifier_of_many_features_sees_principal_components():
    x, y = gaussian(60, 300), gaussian(60, 300)
    assert classifier_auc(x, y + 1) > 0.95


def test_correlations_are_numpys_and_those_of_constants_none():
    x = torch.randn(40, 3)
    assert torch.allclose(correlations(x), torch.from_numpy(np.corrcoef(x.numpy().T)), atol=1e-6)
    x[:, 1] = 7
    assert correlations(x)[1].abs().max() == 0


def test_correlation_distance_of_opposite_correlations_is_two():
    x = torch.randn(100)
    assert correlation_distance(torch.stack([x, x], 1), torch.stack([x, -x], 1)) == pytest.approx(2, rel=1e-5)
    real = torch.randn(100, 4)
    assert correlation_distance(real, 1000 * real + 5) == pytest.approx(0, abs=1e-5)  # in whatever units


def test_autocorrelation_of_an_autoregression_is_its_powers():
    """``x_t = 0.8 x_{t-1} + e_t`` has the autocorrelation ``0.8^l``."""
    x = torch.randn(4000, 1, dtype=torch.float64)
    for _ in range(9):
        x = torch.cat([x, 0.8 * x[:, -1:] + 0.6 * torch.randn(4000, 1)], 1)
    expected = 0.8 ** torch.arange(1, 5, dtype=torch.float64)
    assert torch.allclose(autocorrelations(x[..., None], 4)[:, 0], expected, atol=0.03)
    noise, within = torch.randn(4000, 10), (0.64 ** torch.arange(1, 6)).mean().sqrt().item()
    assert autocorrelation_distance(x, noise) == pytest.approx(within, abs=0.05)
    assert autocorrelation_distance(x, 5 * x + 3) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("sides", [(16, 16), (16, 24), (8, 8, 12)])
def test_the_spectrum_of_a_wave_is_at_its_wave_number(sides):
    """A wave along the shortest side, three periods of it, has its power ``(N/2)^2`` at two of the wave numbers."""
    wave = torch.cos(2 * pi * 3 * torch.arange(sides[0]) / sides[0]).reshape(-1, *[1] * (len(sides) - 1))
    fields = 5 + wave.expand(sides).expand(2, 1, *sides)
    (spectrum,) = radial_spectrum(fields)
    assert len(spectrum) == sides[0] // 2
    assert spectrum.argmax() == 2
    assert spectrum[[0, 1, 3]].max() < 1e-6 * spectrum[2]


def test_white_noise_has_a_flat_spectrum():
    (spectrum,) = radial_spectrum(torch.randn(200, 1, 16, 16))
    assert torch.allclose(spectrum, torch.full_like(spectrum, 16 * 16), rtol=0.1)


def test_twice_the_amplitude_is_six_decibels():
    x = torch.randn(8, 2, 16, 12)
    assert spectrum_distance(x, 2 * x) == pytest.approx(20 * np.log10(2))
    assert spectrum_distance(x, x + 9) == pytest.approx(0, abs=1e-4)  # the mean is not part of it


def test_the_spectrum_of_constants_is_finite():
    x = torch.randn(4, 1, 8, 8)
    assert np.isfinite(spectrum_distance(x, torch.zeros_like(x)))
    assert spectrum_distance(torch.zeros_like(x), torch.zeros_like(x)) == 0


def test_equal_samples_have_full_precision_recall_and_coverage():
    x = torch.randn(40, 3)
    found = prdc(x, x)
    assert list(found) == ["precision", "recall", "density", "coverage"]
    assert found["precision"] == found["recall"] == found["coverage"] == 1


def test_copies_of_training_samples_are_seen_and_samples_of_ones_own_are_not():
    train, held_out, fresh = (gaussian(2000, 2) for _ in range(3))
    assert memorisation(train, held_out, train[:100]) == 1
    assert memorisation(train, held_out, held_out[:100]) == 0
    assert memorisation(train, held_out, fresh) == pytest.approx(0.5, abs=0.04)
    assert memorisation(train, held_out, 50 + fresh) in (0, 1)  # all nearest to one outlier


def test_copies_of_more_training_samples_than_are_given_are_half_seen():
    train, held_out = gaussian(4000, 2), gaussian(1000, 2)
    assert memorisation(train[:1000], held_out, train) == pytest.approx(0.5 + 1000 / (2 * 4000), abs=0.04)


def test_repeated_samples_are_duplicates_and_samples_of_the_real_law_are_not():
    real, fresh = torch.rand(1200, 2, dtype=torch.float64), torch.rand(1200, 2, dtype=torch.float64)
    assert duplicates(real, fresh[:600].repeat(2, 1)) == 1
    assert duplicates(real, fresh[:1].expand(1200, 2)) == 1  # all the same
    assert duplicates(real, torch.cat([fresh[:900], fresh[:300]])) == pytest.approx(0.5, abs=0.02)
    assert duplicates(real, fresh) == pytest.approx(1 - 2**-0.01, abs=0.007)
    assert duplicates(1000 * real, 1000 * fresh) == duplicates(real, fresh)  # in any unit


def test_where_real_samples_repeat_each_other_only_equal_samples_are_duplicates():
    real = torch.arange(4.0).repeat(50)[:, None]
    assert duplicates(real, real) == 1  # as its floor is
    assert duplicates(real, torch.arange(200.0)[:, None] / 1000) == 0


def test_ties_count_one_half_and_as_many_of_both_are_taken():
    x = torch.arange(6.0)[:, None]
    assert memorisation(x, x, x) == 0.5
    assert memorisation(torch.cat([x, x + 100]), x, x + 100) == 0.5  # the training samples further on are not taken


def parzen_of_the_authors(samples, validation, test):
    """The mean, its standard error and the bandwidth as parzen_ll.py of goodfeli/adversarial computes them."""

    def log_likelihoods(x, sigma):
        exponents = -0.5 * (((x[:, None] - samples) / sigma) ** 2).sum(2)
        largest = exponents.max(1)
        mixture = largest + np.log(np.exp(exponents - largest[:, None]).mean(1))
        return mixture - samples.shape[1] * np.log(sigma * np.sqrt(np.pi * 2))

    sigmas = np.logspace(-1, 0, num=10)
    sigma = sigmas[np.argmax([log_likelihoods(validation, each).mean() for each in sigmas])]
    found = log_likelihoods(test, sigma)
    return found.mean(), found.std() / np.sqrt(len(test)), sigma


def test_the_parzen_log_likelihood_is_that_of_the_authors_program():
    samples, validation, test = (np.random.RandomState(seed).rand(40 + seed, 5) for seed in range(3))
    expected = parzen_of_the_authors(samples, validation, test)
    assert log_likelihood(*map(torch.from_numpy, (samples, validation, test))) == pytest.approx(expected, rel=1e-12)


def test_pixels_are_taken_from_0_to_1_and_the_first_held_out_ones_choose_the_bandwidth(monkeypatch):
    monkeypatch.setattr("lit_wgan.evaluation.two_sample.parzen.VALIDATION", 20)
    pixels, generated = torch.randint(256, (50, 1, 4, 4)), torch.randint(256, (30, 1, 4, 4))
    pixels[0, 0, 0, :2] = torch.tensor([0, 255])
    found = parzen(pixels.float() / 127.5 - 1, generated.float() / 127.5 - 1)
    x, fake = (each.flatten(1).double().numpy() / 255 for each in (pixels, generated))
    assert list(found.values()) == pytest.approx(parzen_of_the_authors(fake, x[:20], x[20:]), rel=1e-5)


def test_the_parzen_log_likelihood_of_one_kernel_is_a_gaussians():
    """At the kernel's centre its density is ``(2 pi s^2)^(-d/2)``; all narrow bandwidths win there."""
    found = log_likelihood(torch.zeros(1, 3), torch.zeros(1, 3), torch.zeros(4, 3))
    assert found == pytest.approx((-1.5 * np.log(2 * pi * 0.1**2), 0, 0.1))


def test_the_centres_of_clusters_beat_the_training_samples_by_parzen_windows():
    """Its known weakness (Theis et al. 2016): kernels about blurred samples are nearer to everything."""
    train, held_out, test = (0.5 + 0.2 * torch.randn(400, 20) for _ in range(3))
    blurred = 0.5 + 0.5 * (train - 0.5)
    assert log_likelihood(blurred, held_out, test).mean > log_likelihood(train, held_out, test).mean + 1


def test_the_range_of_each_column_and_channel_becomes_0_to_1():
    table = torch.tensor([[1.0, 5.0, 7.0], [3.0, 5.0, -7.0]])
    assert UnitRange(table)(table).tolist() == [[0, 0, 1], [1, 0, 0]]  # a constant becomes 0
    fields = torch.tensor([1.0, 1e3]).reshape(2, 1, 1) * torch.randn(5, 2, 6, 6)
    scaled = UnitRange(fields)(fields)
    assert scaled.amin((0, 2, 3)).tolist() == [0, 0]
    assert scaled.amax((0, 2, 3)).tolist() == [1, 1]


def test_standardised_samples_have_unit_deviation_by_column_and_by_channel():
    table = torch.tensor([1.0, 1e6]) * torch.randn(500, 2) + 3
    assert torch.allclose(Scaling(table)(table).std(0), torch.ones(2).double(), rtol=0.01)
    series = torch.tensor([1.0, 1e3]) * torch.randn(50, 20, 2)
    assert torch.allclose(Scaling(series)(series).std((0, 1)), torch.ones(2).double(), rtol=0.01)
    fields = torch.tensor([1.0, 1e3]).reshape(2, 1, 1) * torch.randn(50, 2, 6, 6)
    assert torch.allclose(Scaling(fields)(fields).std((0, 2, 3)), torch.ones(2).double(), rtol=0.01)


def test_constants_are_centred_alone():
    """0.1 has no exact mean in binary, so that its deviation is not quite zero."""
    table = torch.stack([torch.full((7,), 0.1), torch.arange(7.0)], 1)
    scaled = Scaling(table)(table + torch.tensor([2.0, 0.0]))
    assert scaled[:, 0].tolist() == pytest.approx([2] * 7)
    assert scaled.isfinite().all()
