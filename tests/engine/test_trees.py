"""Sums in the order of one tree."""

import itertools

import pytest
import torch

from lit_wgan.engine.trees import TreeSum, folded, is_power_of_two, tree_order


def terms(count):
    """Numbers whose sum depends on the order."""
    return list(torch.randn(count, generator=torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("count", [1, 2, 4, 8, 16])
def test_a_sum_term_by_term_is_the_folded_one_to_the_bit(count):
    total = TreeSum()
    for term in tree_order(count):
        total.add([terms(count)[term].clone()])
    assert torch.equal(total.terms()[0], folded(terms(count)))


@pytest.mark.parametrize(("count", "devices"), [*itertools.product([8, 16], [1, 2, 4, 8])])
def test_devices_that_each_add_their_share_give_the_bits_of_one_that_adds_all(count, devices):
    shares = [folded(terms(count)[rank::devices]) for rank in range(devices)]
    assert torch.equal(folded(shares), folded(terms(count)))


def test_the_order_matters_for_these_terms():
    assert folded(terms(16)) != sum(terms(16))


def test_few_terms_are_held_at_a_time():
    total = TreeSum()
    held = []
    for _ in tree_order(64):
        total.add([torch.ones(1)])
        held.append(len(total._waiting))
    assert max(held) == 6


def test_powers_of_two_are_known():
    assert [number for number in range(-2, 20) if is_power_of_two(number)] == [1, 2, 4, 8, 16]
