"""What the devices of a run do together: they average gradients, running statistics and what is logged.

Lightning's DDP reduces the gradients of all networks at every backward pass, which fails where only one of them was
used. Here its reduction is off, and the gradients of the network that was updated travel in one flat all-reduce.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


def no_gradient_sync(model: nn.Module | None) -> AbstractContextManager[None]:
    """Backward passes without DDP's own reduction, if the model is wrapped by DDP."""
    return model.no_sync() if isinstance(model, DistributedDataParallel) else nullcontext()


def average_gradients_(network: nn.Module) -> None:
    """Replace the gradients of a network by their mean over all devices, in one all-reduce."""
    average_([p.grad for p in network.parameters() if p.grad is not None])


def average_buffers_(network: nn.Module) -> None:
    """Replace the floating-point buffers of a network, such as running statistics, by their mean over all devices.

    Lightning never synchronises them in manual optimization, so they drift apart.
    """
    average_([buffer for buffer in network.buffers() if buffer.is_floating_point()])


@torch.no_grad()
def average_(tensors: Iterable[Tensor]) -> None:
    """Replace tensors of one type by their mean over all devices, in place and in one all-reduce."""
    tensors = list(tensors)
    if not tensors or not dist.is_initialized() or dist.get_world_size() == 1:
        return
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    parts = flat.split([tensor.numel() for tensor in tensors])
    torch._foreach_copy_(tensors, [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)])


def disconnect() -> None:
    """Leave the other devices, at the exit of a process.

    Lightning does so for NCCL alone; threads that gloo leaves behind now and then abort a process that has succeeded.
    """
    if dist.is_initialized():
        dist.destroy_process_group()
