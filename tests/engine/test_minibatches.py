import pytest
import torch
from torch.utils.data import DataLoader

from lit_wgan.data import CriticBatches, CriticBatchStream, minibatches
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.functional.schedules import Counters, WarmStart


class Numbers:
    """Minibatch t is the number t, three times."""

    def minibatch(self, number):
        return torch.full((3,), number)


def numbers(stream, n, **kwargs):
    batches = iter(DataLoader(stream, batch_size=None, **kwargs))
    return [[int(real[0]) for real, _ in next(batches)] for _ in range(n)]


def test_stream_groups_the_minibatches_of_each_generator_update():
    assert numbers(CriticBatchStream(Numbers(), 2, Counters()), 3) == [[0, 1], [2, 3], [4, 5]]


def test_stream_follows_a_schedule():
    schedule = WarmStart(n_critic=1, warm_n_critic=3, warm_updates=1, every=2)
    assert numbers(CriticBatchStream(Numbers(), schedule, Counters()), 4) == [[0, 1, 2], [3], [4, 5, 6], [7]]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_stream_starts_at_the_counters_whatever_the_number_of_workers(workers):
    counters = Counters(generator_updates=4, critic_updates=11, critic_updates_in_step=1)
    stream = CriticBatchStream(Numbers(), 3, counters)
    assert numbers(stream, 4, num_workers=workers) == [[11, 12], [13, 14, 15], [16, 17, 18], [19, 20, 21]]


def test_stream_starts_anew_at_counters_that_moved():
    counters = Counters()
    stream = CriticBatchStream(Numbers(), 2, counters)
    assert numbers(stream, 1) == [[0, 1]]
    counters.generator_updates, counters.critic_updates = 5, 10
    assert numbers(stream, 1) == [[10, 11]]


def test_minibatches_are_prepared_one_by_one_with_their_numbers():
    prepared = []

    def prepare(real, number):
        prepared.append(number)
        return real * 10

    batches = minibatches(CriticBatches(torch.tensor([[1, 2], [3, 4]]), 7, prepare))
    assert next(batches).real.tolist() == [10, 20]
    assert prepared == [7]
    assert next(batches).real.tolist() == [30, 40]
    assert prepared == [7, 8]


def test_moving_keeps_number_and_preparation():
    batch = CriticBatches(torch.ones(2, 3), 7, lambda real, number: real * number).to(torch.float64)
    assert [real.tolist() for real, _ in batch] == [[7.0] * 3, [8.0] * 3]
    assert batch.real.dtype == torch.float64


@pytest.mark.parametrize("batch", [torch.ones(4, 2), (torch.ones(4, 2), "label"), [torch.ones(4, 2)]])
def test_a_foreign_batch_is_one_minibatch_with_what_comes_second_as_its_condition(batch):
    ((real, condition),) = minibatches(batch)
    assert torch.equal(real, torch.ones(4, 2))
    assert condition == ("label" if isinstance(batch, tuple) else None)


def test_repeating_a_minibatch_repeats_every_tensor_of_its_condition_pass_by_pass():
    once = Minibatch(torch.tensor([1, 2]), (torch.tensor([3, 4]), torch.tensor([[5], [6]])))
    real, (first, second) = once.repeated(2)
    assert (real.tolist(), first.tolist(), second.flatten().tolist()) == ([1, 2, 1, 2], [3, 4, 3, 4], [5, 6, 5, 6])
    assert once.repeated(1) is once
    assert Minibatch(torch.tensor([1])).repeated(3).condition is None


@pytest.mark.parametrize("batch", [{"x": torch.ones(1)}, (), ("label", torch.ones(1)), torch.tensor(1.0)])
def test_a_batch_without_samples_in_front_is_refused(batch):
    with pytest.raises(ValueError, match="tuple whose first element is one, but got"):
        minibatches(batch)
