import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch_fidelity.metric_fid import fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric

from lit_wgan.evaluation.distance import (
    covariance_factor,
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    precision_recall,
)
from lit_wgan.evaluation.sums import InceptionSums, split_of_samples


def orthogonal(dim):
    return torch.linalg.qr(torch.randn(dim, dim, dtype=torch.float64))[0]


def commuting(spectrum_1, spectrum_2):
    """Two covariances of one eigenbasis, and the distance of their Gaussians of mean 0, in closed form."""
    basis = orthogonal(len(spectrum_1))
    distance = (spectrum_1.sqrt() - spectrum_2.sqrt()).square().sum().item()
    return basis * spectrum_1.sqrt(), basis * spectrum_2.sqrt(), distance


def test_distance_of_points_is_their_squared_distance():
    nothing = torch.zeros(2, 0, dtype=torch.float64)
    one = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert frechet_distance(one, nothing, torch.tensor([4.0, 6.0], dtype=torch.float64), nothing) == 25


@pytest.mark.parametrize("condition", [1.0, 1e6, 1e12])
def test_distance_of_commuting_covariances_is_exact_at_every_condition(condition):
    spectrum = torch.logspace(0, -np.log10(condition), 200, dtype=torch.float64)
    factor_1, factor_2, expected = commuting(spectrum, spectrum.flip(0))
    mean = torch.zeros(200, dtype=torch.float64)
    assert frechet_distance(mean, factor_1, mean, factor_2) == pytest.approx(expected, abs=1e-11)


def test_distance_is_nearer_the_truth_than_eigenvalues_of_the_product_where_covariances_are_singular():
    spectrum = torch.logspace(0, -12, 200, dtype=torch.float64)
    spectrum[100:] = 0
    factor_1, factor_2, expected = commuting(spectrum, spectrum.roll(50))
    mean = torch.zeros(200, dtype=torch.float64)
    covariance_1, covariance_2 = factor_1 @ factor_1.T, factor_2 @ factor_2.T
    statistics = [{"mu": mean.numpy(), "sigma": covariance.numpy()} for covariance in (covariance_1, covariance_2)]
    by_eigenvalues = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    ours = frechet_distance(mean, covariance_factor(covariance_1), mean, covariance_factor(covariance_2))
    assert abs(frechet_distance(mean, factor_1, mean, factor_2) - expected) < 1e-12
    assert abs(ours - expected) < 1e-6
    assert abs(by_eigenvalues - expected) > abs(ours - expected)


def test_distance_equals_the_definition_by_a_matrix_square_root():
    x, y = torch.randn(300, 20, dtype=torch.float64), 2 * torch.randn(300, 20, dtype=torch.float64) + 1
    expected = ((x.mean(0) - y.mean(0)).square().sum() + x.T.cov().trace() + y.T.cov().trace()).item() - 2 * sqrtm(
        (x.T.cov() @ y.T.cov()).numpy()
    ).real.trace()
    factors = [covariance_factor(samples.T.cov()) for samples in (x, y)]
    assert frechet_distance(x.mean(0), factors[0], y.mean(0), factors[1]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("samples", [10, 300])
def test_distance_to_itself_is_zero_with_fewer_and_with_more_samples_than_dimensions(samples):
    x = torch.randn(samples, 64, dtype=torch.float64)
    factor = covariance_factor(x.T.cov())
    assert factor.shape == (64, min(samples - 1, 64))
    assert abs(frechet_distance(x.mean(0), factor, x.mean(0), factor)) < 1e-12


def test_centred_samples_are_a_factor():
    x, y = torch.randn(30, 64, dtype=torch.float64), 3 * torch.randn(20, 64, dtype=torch.float64)
    by_covariance = [covariance_factor(samples.T.cov()) for samples in (x, y)]
    by_samples = [(samples - samples.mean(0)).T / (len(samples) - 1) ** 0.5 for samples in (x, y)]
    distances = [frechet_distance(x.mean(0), a, y.mean(0), b) for a, b in (by_covariance, by_samples)]
    assert distances[0] == pytest.approx(distances[1], rel=1e-12)


def test_factor_of_a_constant_is_empty():
    assert covariance_factor(torch.zeros(3, 3, dtype=torch.float64)).shape == (3, 0)


def sums_of(logits, splits, seed):
    sums = InceptionSums(logits.shape[1], splits)
    sums.update(logits, split_of_samples(len(logits), splits, seed))
    return sums


@pytest.mark.parametrize(("samples", "splits"), [(1003, 10), (50, 7), (20, 1)])
def test_inception_score_equals_torch_fidelitys(samples, splits):
    logits = 3 * torch.randn(samples, 12)
    expected = isc_features_to_metric(logits, splits, shuffle=True, rng_seed=5)
    assert sums_of(logits, splits, 5).compute() == pytest.approx(tuple(expected.values()), rel=1e-13, abs=1e-13)


def test_inception_score_of_certain_and_equally_frequent_classes_is_their_number():
    certain = 1e4 * torch.eye(8).repeat(10, 1)
    sums = InceptionSums(8, splits=1)
    sums.update(certain, torch.zeros(80, dtype=torch.int64))
    assert sums.compute() == pytest.approx((8, 0))


def test_inception_score_of_equal_predictions_is_one():
    assert inception_score(
        torch.full((2,), 3.0).double(),
        3 * torch.tensor([[0.5, 0.5, 0.0]] * 2).double(),
        torch.full((2,), 3 * np.log(0.5)).double(),
    ) == pytest.approx((1, 0))


def test_kernel_distance_is_the_unbiased_estimate_by_hand():
    real, fake = torch.randn(6, 4), torch.randn(6, 4) + 1

    def kernel(a, b):
        return (a @ b.T / 4 + 1) ** 3

    def off_diagonal_mean(k):
        return (k.sum() - k.trace()) / (len(k) * (len(k) - 1))

    expected = off_diagonal_mean(kernel(real, real)) + off_diagonal_mean(kernel(fake, fake))
    expected = (expected - 2 * kernel(real, fake).mean()).item()
    assert kernel_distance(real, fake, 3, 6, seed=0) == pytest.approx((expected, 0), rel=1e-4, abs=1e-5)


def test_equal_sets_have_full_precision_recall_and_coverage():
    x = torch.randn(60, 5)
    assert precision_recall(x, x) == {"precision": 1, "recall": 1, "f_score": 1}
    metrics = density_coverage(x, x)
    assert metrics["coverage"] == 1
    assert metrics["density"] >= 1


def test_far_sets_have_none():
    x = torch.randn(60, 5)
    assert precision_recall(x, x + 100)["precision"] == precision_recall(x, x + 100)["recall"] == 0
    assert density_coverage(x, x + 100) == {"density": 0, "coverage": 0}


def test_density_and_coverage_by_hand_on_a_line():
    real = torch.tensor([[0.0], [1.0], [3.0], [10.0]])  # balls of the first neighbour: 1, 1, 2, 7
    fake = torch.tensor([[0.5], [2.5]])  # the first lies in the balls of 0 and 1, the second in that of 3 alone
    assert density_coverage(real, fake, neighbours=1) == {"density": 3 / 2, "coverage": 3 / 4}


def test_memory_saved_changes_neither_precision_nor_recall():
    real, fake = torch.randn(1200, 8), 0.8 * torch.randn(1100, 8)
    assert precision_recall(real, fake, save_memory=False) == precision_recall(real, fake, save_memory=True)
