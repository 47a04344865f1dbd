import pytest
import torch

from lit_wgan.data import InfiniteSampler
from lit_wgan.functional.streams import RandomStreams


def sampler(num_samples, batch_size, seed=0):
    return InfiniteSampler(num_samples, batch_size, RandomStreams(seed))


@pytest.mark.parametrize(("num_samples", "batch_size"), [(10, 3), (10, 10), (7, 2), (12, 4)])
def test_every_epoch_holds_every_sample_once(num_samples, batch_size):
    epochs = 4
    source = sampler(num_samples, batch_size)
    order = torch.cat([source[t] for t in range(epochs * num_samples // batch_size)])
    for epoch in order.split(num_samples):
        if len(epoch) == num_samples:
            assert sorted(epoch.tolist()) == list(range(num_samples))


def test_minibatches_have_one_size_also_across_the_end_of_an_epoch():
    source = sampler(10, 4)
    assert {len(source[t]) for t in range(20)} == {4}


def test_minibatch_is_a_function_of_its_number_and_the_seed():
    forward = sampler(10, 3)
    expected = [forward[t].tolist() for t in range(30)]
    backward = sampler(10, 3)
    assert [backward[t].tolist() for t in reversed(range(30))] == expected[::-1]
    other_seed = sampler(10, 3, seed=1)
    assert [other_seed[t].tolist() for t in range(30)] != expected


def test_epochs_are_shuffled_differently():
    source = sampler(100, 100)
    assert source[0].tolist() != source[1].tolist()


def test_fewer_samples_than_a_minibatch_are_refused():
    with pytest.raises(ValueError, match="data.batch_size=64, but got 63. Lower data.batch_size or add data"):
        sampler(63, 64)
