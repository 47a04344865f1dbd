"""W1 and mode coverage of conditional systems."""

import pytest
import torch
from torch import nn

from lit_wgan import WGAN, ClassLabels, ExactW1, ModeCoverage, SeveralConditions, ToyData, Values
from lit_wgan.data.toy import TOY_DISTRIBUTIONS
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.evaluation.joint import LABEL_SCALE, class_weights, joint_points
from lit_wgan.evaluation.wasserstein import exact_w1

EIGHT = TOY_DISTRIBUTIONS["eight_gaussians"]


class Told(ToyData):
    """Eight Gaussians, and what a function of the points gives as their condition."""

    def __init__(self, condition_of):
        super().__init__("eight_gaussians", num_held_out=16)
        self.condition_of = condition_of

    def real_samples(self, n, train):
        points = super().real_samples(n, train).real
        return Minibatch(points, self.condition_of(points))

    def held_out(self):
        return tuple(self.real_samples(self.num_held_out, train=False))


def mode_of(points):
    return EIGHT.nearest_mode(points)[1]


class Obeys(nn.Module):
    """Gives the centre of the mode that it is told, moved on by some modes."""

    def __init__(self, moved=0):
        super().__init__()
        self.moved = moved
        self.seen = None

    def forward(self, z, *condition):
        self.seen = condition
        return EIGHT.centres[(condition[0] + self.moved) % 8]


class Points(nn.Module):
    """Gives the points that it is told."""

    def forward(self, z, point, *more):
        return point


class Score(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, x, *condition):
        return self.layer(x)


def metrics(trainer, callback, generator, source, condition_of):
    run = trainer(callbacks=[callback])
    system = WGAN(generator, Score(), latent_dim=2, condition=source)
    named = isinstance(condition_of, str)
    data = ToyData("eight_gaussians", num_held_out=16, condition_of=condition_of) if named else Told(condition_of)
    run.validate(system, datamodule=data, verbose=False)
    logged = {name: value.item() for name, value in run.callback_metrics.items()}
    logged.pop("eval/wasserstein_estimate")
    return logged


def test_samples_are_drawn_under_the_held_out_samples_own_conditions(trainer):
    """A generator that gives what it is told then gives the held-out samples themselves."""
    logged = metrics(trainer, ExactW1(64), Points(), Values(2), lambda points: points)
    assert logged["eval/w1"] == pytest.approx(0, abs=1e-6)
    assert logged["eval/w1_with_condition"] == pytest.approx(0, abs=1e-6)
    assert logged["eval/w1_with_condition_floor"] > logged["eval/w1_floor"] > 0


def test_a_generator_that_mixes_classes_up_is_seen_by_w1_with_condition_alone(trainer):
    """Each sample then lies in the mode next to its own: the way there is the distance of neighbouring modes."""
    obeys, mixes = (metrics(trainer, ExactW1(256), Obeys(moved), ClassLabels(8), mode_of) for moved in (0, 1))
    assert obeys["eval/w1_with_condition"] == pytest.approx(obeys["eval/w1"])
    assert obeys["eval/w1"] < 0.05
    assert mixes["eval/w1"] < 0.3  # which is due to the numbers of samples of the modes alone
    neighbours = (EIGHT.centres[0] - EIGHT.centres[1]).norm().item()
    assert mixes["eval/w1_with_condition"] == pytest.approx(neighbours, abs=0.02)


def test_floors_of_classes_are_for_classes_as_frequent_as_those_of_the_held_out_samples(trainer):
    """With them the spread of one mode is all that is left; without, the modes' numbers of samples differ by chance."""
    logged = metrics(trainer, ExactW1(256), Obeys(), ClassLabels(8), mode_of)
    assert logged["eval/w1_floor"] < 0.02
    assert logged["eval/w1_with_condition_floor"] == pytest.approx(logged["eval/w1_floor"], rel=1e-6)


def test_several_conditions_are_arguments_and_parts_of_a_point(trainer):
    source = SeveralConditions([ClassLabels(8), Values(1)])
    generator = Obeys()
    logged = metrics(trainer, ExactW1(32), generator, source, lambda points: (mode_of(points), points[:, 0]))
    assert [part.dtype for part in generator.seen] == [torch.int64, torch.float32]
    assert logged["eval/w1_with_condition"] == pytest.approx(logged["eval/w1"])


def test_the_distance_of_pairs_is_that_of_one_vector():
    """Samples (1, 2) with a class and an image as their condition."""
    labels, image = torch.tensor([0, 2]), torch.ones(2, 1, 1, 2)
    first, second = joint_points(
        [
            Minibatch(torch.zeros(2, 1, 2), (labels, image)),
            Minibatch(torch.zeros(2, 1, 2), (torch.tensor([0, 1]), 2 * image)),
        ]
    )
    assert first.tolist() == [[0, 0, LABEL_SCALE, 0, 0, 1, 1], [0, 0, 0, 0, LABEL_SCALE, 1, 1]]
    assert second.tolist() == [[0, 0, LABEL_SCALE, 0, 0, 2, 2], [0, 0, 0, LABEL_SCALE, 0, 2, 2]]
    assert exact_w1(first, second) == pytest.approx((2**0.5 + (2 + 2 * LABEL_SCALE**2) ** 0.5) / 2)


def test_weights_make_classes_as_frequent_as_among_others():
    weights = class_weights(torch.tensor([0, 0, 1, 3]), torch.tensor([0, 1, 1, 2]))
    assert weights.tolist() == pytest.approx([1 / 6, 1 / 6, 2 / 3, 0])


def test_w1_of_weighted_points():
    x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [3.0]])
    assert exact_w1(x, y, torch.tensor([0.5, 0.5])) == exact_w1(x, y) == 1
    assert exact_w1(x, y, torch.tensor([1.0, 0.0])) == 0.5


@pytest.mark.parametrize(("moved", "share"), [(0, 1), (1, 0)])
def test_the_share_in_ones_own_mode_is_that_of_samples_where_they_were_told_to_be(moved, share, trainer):
    logged = metrics(trainer, ModeCoverage(num_samples=800), Obeys(moved), ClassLabels(8), "label")
    assert logged["eval/share_in_own_mode"] == share
    assert logged["eval/share_near_a_mode"] == 1


def test_other_conditions_have_no_mode_of_their_own(trainer):
    logged = metrics(trainer, ModeCoverage(num_samples=8), Points(), Values(2), lambda points: points)
    assert set(logged) == set(ModeCoverage().metric_names())


@pytest.mark.parametrize("callback", [ExactW1(16), ModeCoverage(16)], ids=lambda callback: type(callback).__name__)
def test_what_a_callback_says_it_logs_is_what_it_logs(callback, trainer):
    logged = metrics(trainer, callback, Obeys(), ClassLabels(8), "label")
    assert set(logged) == {*callback.metric_names(), *callback.conditional_metric_names()}


def test_data_without_conditions_is_refused(trainer):
    with pytest.raises(ValueError, match=r"Expected batches \(samples, labels\) .* as labels, but got none"):
        metrics(trainer, ExactW1(8), Obeys(), ClassLabels(8), lambda points: None)


def test_conditions_that_an_unconditional_system_is_not_told_change_nothing(trainer):
    class Unmoved(nn.Module):
        def forward(self, z):
            return z

    def run(condition_of):
        return metrics(trainer, ExactW1(32), Unmoved(), None, condition_of)

    assert run(mode_of) == run(lambda points: None)
    assert set(run(mode_of)) == set(ExactW1().metric_names())
