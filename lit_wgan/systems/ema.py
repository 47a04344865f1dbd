"""Exponential moving average of a generator's weights."""

import torch
from torch import nn


def ramped_decay(decay: float, update: int) -> float:
    """The decay at update number ``update``, counted from 0: small at first, so that the average forgets the start.

    Source: the ramp of Karras et al. 2018, arXiv:1710.10196, in the form of TensorFlow's ExponentialMovingAverage.
    """
    return min(decay, (1 + update) / (10 + update))


@torch.no_grad()
def update_ema_(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move ``average`` towards ``model`` in place: ``average = decay average + (1 - decay) model``.

    Buffers, such as batch norm's running statistics, are averages already and are copied.
    """
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
    for ours, theirs in zip(average.buffers(), model.buffers(), strict=True):
        ours.copy_(theirs)
