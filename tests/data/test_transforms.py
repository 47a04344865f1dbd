"""Transforms: closed forms, inverses, constants, states, and what cannot be inverted."""

import pytest
import torch

from lit_wgan.data.transforms import PixelRange, TableTransform, make_transform, restored_transform
from lit_wgan.errors import UsageError

DATA = torch.randn(1000, 7, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64).exp() * torch.tensor(
    [1.0, 10.0, 1e3]
)
NAMES = ["standardise", "minmax", "log1p", "quantile", ["log1p", "standardise"], ["quantile", "minmax"]]


@pytest.mark.parametrize("per", [None, "whole", "first_axis", "last_axis"])
@pytest.mark.parametrize("names", NAMES, ids=str)
def test_inverse_gives_the_data_back(names, per):
    transform = make_transform(names, per)
    transform.fit(lambda: DATA.split(300), len(DATA))
    numbers = transform.forward(DATA)
    assert torch.allclose(transform.inverse(numbers), DATA, rtol=1e-9)
    in_float32 = transform.inverse(transform.forward(DATA.float()))
    assert (in_float32 - DATA).abs().max() < 3e-5 * DATA.max()  # of the range that shares its statistics
    assert numbers.dtype == torch.float64
    assert transform.forward(DATA.float()).dtype == torch.float32


@pytest.mark.parametrize("names", NAMES, ids=str)
def test_restored_transform_is_equal_to_the_bit(names):
    transform = make_transform(names, "last_axis")
    transform.fit(lambda: DATA.split(300), len(DATA))
    again = restored_transform(transform.state())
    assert again.kind() == transform.kind()
    assert torch.equal(again.forward(DATA), transform.forward(DATA))


@pytest.mark.parametrize(
    ("per", "shape"), [(None, (1, 1, 1)), ("whole", (1, 1, 1)), ("first_axis", (1, 7, 1)), ("last_axis", (1, 1, 3))]
)
def test_standardising_is_by_what_has_statistics_of_its_own(per, shape):
    transform = make_transform("standardise", per)
    transform.fit(lambda: DATA.split(300), len(DATA))
    axes = [axis for axis in range(3) if shape[axis] == 1]
    numbers = transform.forward(DATA)
    assert transform.numbers["centre"].shape == shape[1:]
    assert numbers.mean(axes).abs().max() < 1e-12
    assert (numbers.std(axes, correction=0) - 1).abs().max() < 1e-12


def test_columns_of_vectors_have_their_own_statistics():
    transform = make_transform("minmax")
    transform.fit(lambda: DATA.flatten(1).split(300), len(DATA))
    numbers = transform.forward(DATA.flatten(1))
    assert torch.allclose(numbers.amin(0), torch.tensor(-1.0).double())
    assert torch.allclose(numbers.amax(0), torch.tensor(1.0).double())


def test_offsets_far_above_the_spread_keep_their_digits():
    x = 1e9 + DATA.flatten(1)[:, :1] * 1e-3
    transform = make_transform("standardise")
    transform.fit(lambda: x.split(7), len(x))
    assert torch.allclose(transform.numbers["scale"], x.std(correction=0), rtol=1e-6)


def test_constants_come_out_as_they_are_and_are_told_once(capsys, caplog):
    x = torch.cat([DATA[:, 0, :2], torch.full((1000, 1), 5.0)], 1)
    for name in ("standardise", "minmax"):
        transform = make_transform(name)
        transform.fit(lambda: [x], len(x))
        assert torch.equal(transform.forward(x)[:, 2], torch.zeros(1000).double())
        assert torch.equal(transform.inverse(torch.randn(4, 3).double())[:, 2], torch.full((4,), 5.0).double())


def test_quantiles_are_normal_whatever_the_law_and_put_ties_into_the_middle():
    x = torch.cat([DATA[:, 0, :1], (DATA[:, 0, 1:2] > 20).double()], 1)
    transform = make_transform("quantile")
    transform.fit(lambda: x.split(300), len(x))
    numbers = transform.forward(x)
    assert abs(numbers[:, 0].mean()) < 0.01
    assert abs(numbers[:, 0].std() - 1) < 0.02
    share = (x[:, 1] == 0).double().mean()
    assert torch.special.ndtr(numbers[x[:, 1] == 0, 1][0]).item() == pytest.approx(share.item() / 2, abs=2e-3)
    assert torch.equal(transform.inverse(numbers)[:, 1], x[:, 1])
    assert transform.inverse(torch.full((1, 2), 50.0))[0].tolist() == pytest.approx(x.amax(0).tolist())


def test_log1p_refuses_what_has_no_logarithm():
    x = DATA.flatten(1).clone()
    x[412, 3] = -1.5
    with pytest.raises(UsageError, match=r"got -1.5 in row 412 .*, place \[3\]"):
        make_transform("log1p").fit(lambda: x.split(300), len(x))


def test_range_is_given():
    transform = PixelRange([0, 65535])
    assert transform.forward(torch.tensor([0.0, 65535.0])).tolist() == [-1, 1]
    assert transform.inverse(torch.tensor([-1.0, 1.0])).tolist() == [0, 65535]
    assert restored_transform(transform.state()).inverse(torch.tensor([0.0])).item() == 32767.5


def table(numbers="standardise"):
    names, categories = ["height", "colour", "age"], [[], ["blue", "green", "red"], []]
    return TableTransform(names, categories, make_transform(numbers), [False, False, True])


def test_tables_are_blocks_in_the_order_of_the_columns():
    rows = torch.tensor([[1.5, 2, 30], [2.5, 0, 40], [3.5, 1, 50]], dtype=torch.float64)
    transform = table()
    transform.fit(lambda: [rows], len(rows))
    encoded = transform.forward(rows)
    assert transform.columns == [1, 3, 1]
    assert transform.network_shape((3,)) == (5,)
    assert encoded[:, 1:4].tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert encoded[:, [0, 4]].mean(0).abs().max() < 1e-12
    assert torch.equal(transform.inverse(encoded), rows)
    again = restored_transform(transform.state())
    assert again.names == transform.names
    assert torch.equal(again.inverse(encoded + 0.01), transform.inverse(encoded + 0.01))
    assert again.inverse(encoded + 0.01)[:, 2].tolist() == [30, 40, 50]  # whole numbers


@pytest.mark.parametrize(
    "state", [{}, {"name": "none"}, {"name": "standardise", "per": None, "numbers": {"scale": float("nan")}}, 3]
)
def test_what_is_no_state_is_refused(state):
    with pytest.raises(ValueError, match="no state of a transform"):
        restored_transform(state)


def test_unknown_names_are_refused():
    with pytest.raises(UsageError, match="got standardize"):
        make_transform("standardize")
    with pytest.raises(UsageError, match=r"data\.per"):
        make_transform("minmax", "column")
