import pytest
import torch
from torch.utils.data import DataLoader

from lit_wgan.data import CriticBatches, CriticBatchStream, minibatches
from lit_wgan.engine.batch_layouts import CONDITION_KEYS, SAMPLE_KEYS
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.functional.schedules import Counters, WarmStart


class Numbers:
    """Minibatch t is the number t, three times."""

    def minibatch(self, number):
        return Minibatch(torch.full((3,), number))


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

    def prepare(minibatch, number):
        prepared.append(number)
        return minibatch.map(lambda rows: rows * 10)

    batches = minibatches(CriticBatches(torch.tensor([[1, 2], [3, 4]]), 7, prepare))
    assert next(batches).real.tolist() == [10, 20]
    assert prepared == [7]
    assert next(batches).real.tolist() == [30, 40]
    assert prepared == [7, 8]


def test_moving_keeps_number_and_preparation():
    batch = CriticBatches(torch.ones(2, 3), 7, lambda given, number: given.map(lambda x: x * number)).to(torch.float64)
    assert [real.tolist() for real, _ in batch] == [[7.0] * 3, [8.0] * 3]
    assert batch.real.dtype == torch.float64


X, C, D = torch.ones(4, 2), torch.arange(4), torch.zeros(4, 3)


class Conditional:
    """Minibatch t is t, under the conditions of the given numbers times t."""

    def __init__(self, *times):
        self.times = times

    def minibatch(self, number):
        conditions = tuple(torch.full((3, 2), number * factor) for factor in self.times)
        return Minibatch(torch.full((3,), number), conditions if len(conditions) > 1 else conditions[0])


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("times", [(10,), (10, 100)])
def test_conditions_stay_beside_their_samples_through_workers_moves_and_preparation(times, workers):
    stream = CriticBatchStream(Conditional(*times), 2, Counters())
    batches = iter(DataLoader(stream, batch_size=None, num_workers=workers))
    for first in (0, 2, 4):
        batch = next(batches).to("cpu", torch.float64)
        batch.prepare = lambda given, number: given.map(lambda rows: rows + number)
        for number, (real, condition) in enumerate(batch, first):
            assert real.tolist() == [2.0 * number] * 3
            for factor, part in zip(times, condition if len(times) > 1 else [condition], strict=True):
                assert part.tolist() == [[(factor + 1.0) * number] * 2] * 3


def test_conditions_are_page_locked_with_their_samples(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda rows: -rows)
    pinned = CriticBatches(torch.ones(1, 2), 0, condition=(torch.ones(1, 2), torch.full((1, 2), 2))).pin_memory()
    ((real, (first, second)),) = pinned
    assert (real.tolist(), first.tolist(), second.tolist()) == ([-1, -1], [-1, -1], [-2, -2])


@pytest.mark.parametrize(
    ("batch", "condition"),
    [
        (X, None),
        ([X], None),
        (Minibatch(X), None),
        ((X, "label"), "label"),
        ([X, C], C),
        (Minibatch(X, C), C),
        ((X, C, D), (C, D)),
        (Minibatch(X, (C, D)), (C, D)),
        ([X, [C, D]], (C, D)),
        ((X, ["a", "b"]), ["a", "b"]),
        *[({name: X, "label": C}, C) for name in SAMPLE_KEYS],
        *[({name: C, "image": X}, C) for name in CONDITION_KEYS],
        ({"x": X}, None),
        ({"x": X, "c": [C, D]}, (C, D)),
    ],
)
def test_a_foreign_batch_is_one_minibatch_with_the_condition_that_comes_with_it(batch, condition):
    (minibatch,) = minibatches(batch)
    assert minibatch.real is X
    assert type(minibatch.condition) is type(condition)
    assert minibatch.condition is condition or all(map(same, minibatch.condition, condition))


def same(a, b):
    return a is b or a == b


@pytest.mark.parametrize(
    "keys",
    [[], ["label"], ["pictures", "label"], ["x", "image"], ["x", "label", "labels"], ["x", "label", "mask"], [0, 1]],
)
def test_a_mapping_with_other_keys_is_refused_and_lists_them(keys):
    listed = ", ".join(map(str, keys)) or r"\(none\)"
    with pytest.raises(
        ValueError, match=rf"one of the keys x, real, .* but got the keys {listed}\. Rename them .*tuple"
    ):
        minibatches(dict.fromkeys(keys, X))


def test_repeating_a_minibatch_repeats_every_tensor_of_its_condition_pass_by_pass():
    once = Minibatch(torch.tensor([1, 2]), (torch.tensor([3, 4]), torch.tensor([[5], [6]])))
    real, (first, second) = once.repeated(2)
    assert (real.tolist(), first.tolist(), second.flatten().tolist()) == ([1, 2, 1, 2], [3, 4, 3, 4], [5, 6, 5, 6])
    assert once.repeated(1) is once
    assert Minibatch(torch.tensor([1])).repeated(3).condition is None


@pytest.mark.parametrize("batch", [{"x": [1.0]}, (), ("label", torch.ones(1)), torch.tensor(1.0), None])
def test_a_batch_without_samples_in_front_is_refused(batch):
    with pytest.raises(ValueError, match="tuple whose first element is one, or a mapping .* but got"):
        minibatches(batch)
