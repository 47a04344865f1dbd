"""The initial weights of the papers. Biases always start at 0."""

from math import prod, sqrt
from typing import TypeVar

from torch import nn

from lit_wgan.networks.axes import Convolution, TransposedConvolution

Layer = nn.Linear | Convolution | TransposedConvolution
LayerT = TypeVar("LayerT", bound=Layer)


def he(layer: LayerT) -> LayerT:
    """Draw weights fit for a ReLU network, uniform around 0, and return the layer.

    The variance is ``2 / fan_in`` for a linear layer and ``4 / (fan_in + fan_out)`` for a convolution, whose fan_out is
    divided by its strides' product (a transposed convolution's fan_in): the number of terms that really meet.

    Source: authors' code igul222/improved_wgan_training at fa66c57, tflib/ops/{linear,conv2d,deconv2d}.py.
    """
    return _uniform(layer, 2 / layer.in_features if isinstance(layer, nn.Linear) else 4 / _fan_sum(layer))


def glorot(layer: LayerT) -> LayerT:
    """Draw weights fit for a linear output, uniform around 0 with variance ``2 / (fan_in + fan_out)``; see :func:`he`.

    Source: Glorot and Bengio 2010, Eq. (16); used where the authors' code igul222/improved_wgan_training at fa66c57 has
    ``he_init=False`` and in its linear layers.
    """
    return _uniform(layer, 2 / _fan_sum(layer))


def gulrajani_(network: nn.Module) -> None:
    """Initialise convolutions by :func:`he` and linear layers by :func:`glorot`, in place.

    Source: the defaults of tflib in the authors' code igul222/improved_wgan_training at fa66c57.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            glorot(layer)
        elif isinstance(layer, Convolution | TransposedConvolution):
            he(layer)


def radford_(network: nn.Module) -> None:
    """Draw weights from N(0, 0.02) and the gains of batch norm from N(1, 0.02), in place; 0.02 is a standard deviation.

    Source: Radford et al. 2016, arXiv:1511.06434v2, Section 4; the gains are the authors' code
    martinarjovsky/WassersteinGAN at f7a01e8, main.py.
    """
    for layer in network.modules():
        if isinstance(layer, Layer):
            nn.init.normal_(layer.weight, 0, 0.02)
            _zero_bias(layer)
        elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) and layer.affine:
            nn.init.normal_(layer.weight, 1, 0.02)


def _fan_sum(layer: Layer) -> float:
    # The first axis of a weight holds a convolution's outputs and a transposed one's inputs: what the stride divides.
    strided, dense, *kernel = layer.weight.shape
    stride = () if isinstance(layer, nn.Linear) else layer.stride
    return prod(kernel) * (strided / prod(stride) + dense)


def _uniform(layer: LayerT, variance: float) -> LayerT:
    bound = sqrt(3 * variance)
    nn.init.uniform_(layer.weight, -bound, bound)
    _zero_bias(layer)
    return layer


def _zero_bias(layer: Layer) -> None:
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
