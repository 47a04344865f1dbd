"""What the devices of a run do together: they average gradients, running statistics and what is logged.

Lightning's DDP reduces the gradients of all networks at every backward pass, which fails where only one of them was
used. Here its reduction is off, and the gradients of the network that was updated travel in one flat all-reduce.
"""

import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


def no_gradient_sync(model: nn.Module | None) -> AbstractContextManager[None]:
    """Backward passes without DDP's own reduction, if the model is wrapped by DDP."""
    return model.no_sync() if isinstance(model, DistributedDataParallel) else nullcontext()


def average_gradients_(network: nn.Module, *others: Tensor) -> None:
    """Replace the gradients of a network, and other tensors, by their mean over all devices, in one all-reduce."""
    average_([*(p.grad for p in network.parameters() if p.grad is not None), *others])


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


class LostRankError(RuntimeError):
    """Another process of the run no longer answers."""


def is_connection_error(error: BaseException) -> bool:
    """Whether an error means that another process was lost; gloo's errors have no type of their own."""
    return isinstance(error, dist.DistError) or (type(error) is RuntimeError and "gloo" in str(error))


def lost_ranks(patience: float = 2.0) -> list[int]:
    """The ranks that do not report within ``patience`` seconds; to be called where a collective has failed.

    All ranks that are left meet in the store through which the process group was formed. Rank 0 keeps it, so if the
    store does not answer, rank 0 is lost.
    """
    store = dist.distributed_c10d._get_default_store()
    keys = [f"lit_wgan/alive/{rank}" for rank in range(dist.get_world_size())]
    try:
        store.set_timeout(timedelta(seconds=patience))
        store.set(keys[dist.get_rank()], "")
        time.sleep(patience)
        return [rank for rank, key in enumerate(keys) if not store.check([key])]
    except RuntimeError:
        return [0]


def lost_rank_error() -> LostRankError:
    """The error that names the ranks that are lost."""
    names = ", ".join(str(rank) for rank in lost_ranks()) or "unknown"
    return LostRankError(f"Rank {names} no longer answers, so the others end. Continue with --ckpt_path last.")
