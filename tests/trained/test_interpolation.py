"""Paths of noise against closed forms, and the samples on them."""

import pytest
import torch
from torch import nn

from lit_wgan import WGANGP
from lit_wgan.data.conditions import ClassLabels, SeveralConditions, Values
from lit_wgan.errors import UsageError
from lit_wgan.networks import Concatenated
from lit_wgan.trained import TrainedGenerator
from lit_wgan.trained.interpolation import interpolation, noise_path


def pair(shape=(100, 1, 1), dtype=torch.float32):
    return torch.randn(shape, dtype=dtype), torch.randn(shape, dtype=dtype)


@pytest.mark.parametrize("how", ["linear", "spherical"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_ends_of_a_path_are_exact_and_so_are_shape_and_type(how, dtype):
    start, end = pair(dtype=dtype)
    path = noise_path(start, end, 5, how)
    assert path.shape == (5, 100, 1, 1)
    assert path.dtype == dtype
    assert torch.equal(path[0], start)
    assert torch.equal(path[-1], end)


def test_a_linear_path_has_the_mean_halfway():
    start, end = pair()
    torch.testing.assert_close(noise_path(start, end, 3, "linear")[1], (start + end) / 2)


def test_a_spherical_path_keeps_the_norm_and_turns_evenly():
    start, end = pair(dtype=torch.float64)
    end *= start.norm() / end.norm()
    path = noise_path(start, end, 9, "spherical").flatten(1)
    torch.testing.assert_close(path.norm(dim=1), start.norm().expand(9))
    cosines = torch.cosine_similarity(path[:-1], path[1:])
    whole = torch.cosine_similarity(start.flatten(), end.flatten(), 0).acos()
    torch.testing.assert_close(cosines.acos(), (whole / 8).expand(8))


def test_a_spherical_path_is_the_formula_of_white_where_norms_are_equal():
    start, end = (each / each.norm() for each in pair((7,), torch.float64))
    angle, t = (start @ end).acos(), torch.linspace(0, 1, 6, dtype=torch.float64)[:, None]
    expected = (((1 - t) * angle).sin() * start + (t * angle).sin() * end) / angle.sin()
    torch.testing.assert_close(noise_path(start, end, 6, "spherical"), expected)


def test_the_norm_of_a_spherical_path_changes_evenly():
    path = noise_path(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), 3, "spherical")
    torch.testing.assert_close(path[1], torch.tensor([2.0, 2.0]) / 2**0.5)


def test_halfway_between_opposite_vectors_a_spherical_path_is_across_both_and_as_long():
    start = torch.randn(6, dtype=torch.float64)
    path = noise_path(start, -start, 5, "spherical")
    assert path[2] @ start == pytest.approx(0, abs=1e-12)
    torch.testing.assert_close(path.norm(dim=1), start.norm().expand(5))


@pytest.mark.parametrize("factor", [1, 2.5, 1 + 1e-13])
def test_between_parallel_vectors_a_spherical_path_is_linear(factor):
    start = torch.randn(6, dtype=torch.float64)
    torch.testing.assert_close(
        noise_path(start, factor * start, 4, "spherical"), noise_path(start, factor * start, 4, "linear")
    )


@pytest.mark.parametrize(("start", "end"), [([0, 0], [1, 2]), ([1, 2], [0, 0]), ([0, 0], [0, 0]), ([1], [-2])])
def test_from_and_to_zero_and_between_numbers_a_spherical_path_is_linear(start, end):
    ends = torch.tensor(start).double(), torch.tensor(end).double()
    assert torch.equal(noise_path(*ends, 4, "spherical"), noise_path(*ends, 4, "linear"))


def test_less_than_two_steps_and_an_unknown_way_are_refused():
    with pytest.raises(UsageError, match="Expected at least 2 steps, the ends, but got 1"):
        noise_path(*pair(), 1, "linear")
    with pytest.raises(UsageError, match="Expected how to be linear or spherical, but got cubic"):
        noise_path(*pair(), 3, "cubic")


class Told(nn.Module):
    """Noise plus what the generator is told."""

    def __init__(self, classes=0):
        super().__init__()
        self.embedding = nn.Embedding(classes, 2) if classes else None

    def forward(self, z, *conditions):
        told = [self.embedding(c) if c.dtype == torch.int64 else c.reshape(len(z), -1) for c in conditions]
        return z[:, :2] + sum(told)


def system(generator, condition=None, **options):
    return WGANGP(generator, nn.Flatten(), latent_dim=3, condition=condition, **options)


@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_rows_begin_and_end_with_the_samples_of_their_numbers_by_the_way_of_the_noise(law):
    made = system(nn.Linear(3, 2), latent_law=law)
    rows = interpolation(made, [(0, 3), (5, 0)], 4)
    drawn = made.sample(slice(6))
    torch.testing.assert_close(rows[:, 0], drawn[[0, 5]])
    torch.testing.assert_close(rows[:, -1], drawn[[3, 0]])
    z = made.samples.noise(slice(6))
    path = noise_path(z[0], z[3], 4, "spherical" if law == "normal" else "linear")
    torch.testing.assert_close(rows[0], made.generator(path).detach())
    assert torch.equal(interpolation(TrainedGenerator(made), [(0, 3), (5, 0)], 4), rows)


def test_conditions_of_numbers_change_evenly_from_those_of_both_ends():
    source = Values(2)
    source.learn_(torch.tensor([[0.0, 1.0], [2.0, 5.0]]))
    made = system(Told(), source)
    rows = interpolation(made, [(0, 1)], 3, "linear")
    torch.testing.assert_close(rows[0, 1], made.sample(slice(2)).mean(0))


def test_a_condition_that_is_given_holds_for_all_rows_or_each():
    made = system(Told(4), ClassLabels(4))
    for given, classes in [(3, [3, 3]), ([3, 1], [3, 1])]:
        rows = interpolation(made, [(0, 1), (1, 2)], 3, condition=given)
        for row, (first, told) in enumerate(zip([0, 1], classes, strict=True)):
            torch.testing.assert_close(rows[row, 0], made.sample(slice(2), condition=told)[first])


def learnt(source, conditions):
    source.learn_(conditions)
    return source


def test_between_classes_there_is_a_way_where_the_generator_takes_vectors_for_classes():
    source = learnt(ClassLabels(3), torch.arange(3))
    made = system(Concatenated(nn.Linear(6, 2), num_classes=3), source)
    labels = source.of_samples(slice(50), made.streams).tolist()
    other = next(number for number, label in enumerate(labels) if label != labels[0])
    rows = interpolation(made, [(0, other)], 3, "linear")
    torch.testing.assert_close(rows[0, 1], rows[0, ::2].mean(0))  # as the generator is affine
    torch.testing.assert_close(rows[0, -1], made.sample(slice(other, other + 1))[0])


@pytest.mark.parametrize("several", [False, True])
def test_different_classes_are_refused_where_there_is_nothing_between_them(several):
    classes = torch.arange(50)
    source = learnt(ClassLabels(50), classes)
    if several:
        source = learnt(SeveralConditions([source, Values(2)]), (classes, torch.randn(50, 2)))
    made = system(Told(50), source)
    with pytest.raises(UsageError, match=r"Expected samples of one class at both ends .* Give a --condition"):
        interpolation(made, [(0, 1)])


@pytest.mark.parametrize("pairs", [[(-1, 2)], [(0, 2**63)], []])
def test_numbers_that_no_sample_has_are_refused(pairs):
    with pytest.raises(UsageError, match="Expected (numbers of samples from 0|at least one pair)"):
        interpolation(system(nn.Linear(3, 2)), pairs)
