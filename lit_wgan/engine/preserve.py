"""Random states, training flags, buffers and the precision of matrix products: set for a while, then restored."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from lit_wgan.engine.trees import average_buffers_

PRECISIONS = {"float32": "ieee", "tf32": "tf32", "bfloat16": "ieee"}
"""The precisions of feature extractors, and what torch calls the precision of float32 products that each needs."""


@contextmanager
def preserve_random_state() -> Iterator[None]:
    """Leave torch's, numpy's and Python's global random states as they were, after an exception too."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    of_numpy, of_python = np.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        np.random.set_state(of_numpy)
        random.setstate(of_python)


def seed_torch(seed: int, device: torch.device) -> None:
    """Seed torch's generators of the CPU and of a device; ``torch.manual_seed``, for all devices, takes far longer."""
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)


def random_states(device: torch.device) -> list[torch.Tensor]:
    """The states of torch's generators of the CPU and of a device: they change when a random number is drawn."""
    states = [torch.default_generator.get_state()]
    return states if device.type == "cpu" else [*states, torch.get_device_module(device).get_rng_state()]


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    """Put a network in evaluation mode, without gradients or autocast; then restore the training flag of each part."""
    flags = [(module, module.training) for module in network.modules()]
    device = next(network.parameters(), torch.empty(0)).device
    try:
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            network.eval()
            yield
    finally:
        for module, training in flags:
            module.training = training


@contextmanager
def averaged_buffers(network: nn.Module) -> Iterator[None]:
    """Replace a network's buffers, such as running statistics, by their mean over devices; then restore its own."""
    own = [buffer.clone() for buffer in network.buffers()]
    average_buffers_(network)
    try:
        yield
    finally:
        for buffer, value in zip(network.buffers(), own, strict=True):
            buffer.copy_(value)


@contextmanager
def matmul_precision(precision: str) -> Iterator[None]:
    """Compute float32 products and convolutions in a precision of ``PRECISIONS``, whatever was set before.

    By default torch lets convolutions on GPUs round to TF32.
    """
    libraries: list[Any] = [torch.backends.cudnn, torch.backends.mkldnn]  # torch's stubs miss parts of them
    backends = [torch.backends.cuda.matmul, libraries[1].matmul, *(library.conv for library in libraries)]
    before = [backend.fp32_precision for backend in backends]
    try:
        for backend in backends:
            backend.fp32_precision = PRECISIONS[precision]
        yield
    finally:
        for backend, value in zip(backends, before, strict=True):
            backend.fp32_precision = value
