"""What is done to networks whatever they are: copying them, and laying out their filters."""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

Network = TypeVar("Network", bound=nn.Module)
CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d, nn.Conv3d, nn.ConvTranspose3d)


def copy_of(network: Network) -> Network:
    """A deep copy, also of a network that holds computed tensors, as under ``torch.nn.utils.weight_norm``."""
    held = (value for module in network.modules() for value in vars(module).values())
    computed = [value for value in held if isinstance(value, Tensor) and not value.is_leaf]
    return copy.deepcopy(network, {id(value): value.detach().clone() for value in computed})


def has_lazy_layers(network: nn.Module) -> bool:
    """Whether a network has layers that take their sizes from the first batch."""
    return any(is_lazy(tensor) for tensor in (*network.parameters(), *network.buffers()))


def lay_out_(network: nn.Module, channels_last: bool) -> None:
    """Lay out the filters of convolutions over images and volumes, in place: channels last, or as torch makes them.

    A convolution hands its layout on to what it computes.
    """
    for layer in network.modules():
        if isinstance(layer, CONVOLUTIONS):
            for weight in layer.parameters():  # those of a parametrised layer included
                if weight.ndim in CHANNELS_LAST:
                    layout = CHANNELS_LAST[weight.ndim] if channels_last else torch.contiguous_format
                    weight.data = weight.data.to(memory_format=layout)  # strides of axes of size 1 included
