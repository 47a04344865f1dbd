import math

import pytest
import torch
from scipy import stats

from lit_wgan.functional.streams import RandomStreams

streams = RandomStreams(seed=3)


@pytest.mark.parametrize("draw", [streams.normal, streams.uniform, streams.bits])
@pytest.mark.parametrize("shape", [(12,), (12, 5), (12, 3, 4, 4)])
@pytest.mark.parametrize("devices", [1, 2, 3, 4])
def test_devices_together_draw_the_rows_of_one(draw, shape, devices):
    whole = draw("z", 7, shape)
    for rank in range(devices):
        rows = slice(rank, None, devices)
        assert torch.equal(draw("z", 7, shape, rows), whole[rows])


@pytest.mark.parametrize("draw", [streams.normal, streams.uniform, streams.bits])
def test_a_row_does_not_depend_on_the_number_of_rows(draw):
    assert torch.equal(draw("z", 7, (4, 5)), draw("z", 7, (100, 5))[:4])


def test_numbers_are_a_function_of_seed_stream_and_update():
    draws = [
        RandomStreams(seed).normal(stream, update, (4, 3)) for seed in (0, 1) for stream in "ab" for update in (0, 1)
    ]
    assert torch.equal(draws[0], RandomStreams(0).normal("a", 0, (4, 3)))
    for i, a in enumerate(draws):
        assert not any(torch.equal(a, b) for b in draws[i + 1 :])


def test_the_same_numbers_for_ever():
    # Written down once: a change here changes every published run.
    assert RandomStreams(0).bits("z", 0, (2,)).tolist() == [3457883783193831820, 3815584861055242517]


def test_normal_numbers_have_the_moments_and_the_distribution_of_a_normal():
    z = streams.normal("z", 0, (2000, 101), dtype=torch.float64).flatten()
    n = len(z)
    for power, expected, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((z**power).mean().item() - expected) < 4 * math.sqrt(variance / n)
    assert stats.kstest(z.numpy(), "norm").pvalue > 0.001


def test_uniform_numbers_fill_the_unit_interval_evenly():
    u = streams.uniform("u", 0, (2000, 101), dtype=torch.float64).flatten()
    assert 0 <= u.min() < u.max() < 1
    assert stats.kstest(u.numpy(), "uniform").pvalue > 0.001


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_extreme_words_make_finite_normals_and_no_uniform_of_one(dtype, monkeypatch):
    extremes = torch.tensor([[-1, 0, 2**63 - 1, -(2**63), 2**32 - 1]])  # all bits set, none, and the halves' borders
    monkeypatch.setattr(RandomStreams, "bits", lambda *_: extremes)
    u = streams.uniform("u", 0, (1, 5), dtype=dtype)
    assert u.min() == 0
    assert u.max() < 1
    z = streams.normal("z", 0, (1, 5), dtype=dtype)
    assert z.isfinite().all()
    assert z.abs().max() > 5


def test_neighbouring_updates_rows_and_columns_are_uncorrelated():
    a = torch.stack([streams.normal("z", update, (200, 50), dtype=torch.float64) for update in range(20)])
    n = a.numel()
    for left, right in [(a[1:], a[:-1]), (a[:, 1:], a[:, :-1]), (a[..., 1:], a[..., :-1])]:
        assert abs((left * right).mean().item()) < 4 / math.sqrt(n)


def test_permutation_holds_every_index_once_and_changes_with_the_update():
    first, second = (streams.permutation("order", epoch, 1000) for epoch in (0, 1))
    assert torch.equal(first.sort().values, torch.arange(1000))
    assert not torch.equal(first, second)


def test_permutation_moves_an_index_to_every_place_equally_often():
    places = torch.stack([streams.permutation("order", epoch, 10) for epoch in range(2000)])[:, 0]
    assert stats.chisquare(torch.bincount(places, minlength=10).numpy()).pvalue > 0.001


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_gets_the_numbers_of_float32_rounded(dtype):
    z = streams.normal("z", 0, (6400, 128), dtype=dtype)
    assert z.dtype == dtype
    assert z.isfinite().all()
    assert torch.equal(z, streams.normal("z", 0, (6400, 128)).to(dtype))
    assert torch.equal(streams.uniform("u", 0, (99,), dtype=dtype), streams.uniform("u", 0, (99,)).to(dtype))
