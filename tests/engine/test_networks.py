import pytest
from torch import nn

from lit_wgan.engine.networks import copy_of, has_lazy_layers, lay_out_


@pytest.mark.parametrize(
    ("layer", "channels_last", "contiguous"),
    [
        (nn.Conv2d(3, 8, 2), (12, 1, 6, 3), (12, 4, 2, 1)),
        (nn.Conv2d(1, 8, 3), (9, 1, 3, 1), (9, 9, 3, 1)),  # by its strides alone a convolution knows the layout
        (nn.ConvTranspose3d(2, 4, 2), (32, 1, 16, 8, 4), (32, 8, 4, 2, 1)),
        (nn.Linear(3, 2), (3, 1), (3, 1)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_filters_have_the_strides_of_their_layout(layer, channels_last, contiguous):
    network = nn.Sequential(layer)
    lay_out_(network, channels_last=True)
    assert layer.weight.stride() == channels_last
    lay_out_(network, channels_last=False)
    assert layer.weight.stride() == contiguous


def test_a_copy_shares_no_weight_and_holds_the_same():
    network = nn.Linear(3, 2)
    network.computed = network.weight * 2  # no leaf, which a deep copy refuses
    copied = copy_of(network)
    assert copied.computed.equal(network.computed)
    assert copied.weight.equal(network.weight)
    assert copied.weight.data_ptr() != network.weight.data_ptr()


def test_lazy_layers_are_seen_until_they_have_their_sizes():
    assert has_lazy_layers(nn.Sequential(nn.Linear(3, 2), nn.LazyLinear(1)))
    assert not has_lazy_layers(nn.Linear(3, 2))
