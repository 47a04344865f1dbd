"""Collectives: averaging, summing, gathering, propagating errors.

Lightning's DDP reduces the gradients of all networks in every backward pass, which fails where only one of them was
used. So its reduction is turned off, and the gradients of the network that is updated are averaged in one flat
all-reduce.
"""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from lit_wgan.engine.ending import within
from lit_wgan.engine.internals import rendezvous_store
from lit_wgan.errors import UsageError

T = TypeVar("T")


def rank_and_world() -> tuple[int, int]:
    """Rank and world size: (0, 1) where nothing is distributed."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def no_gradient_sync(model: nn.Module | None) -> AbstractContextManager[None]:
    """Context of backward passes without DDP's own reduction, if the model is wrapped by DDP."""
    return model.no_sync() if isinstance(model, DistributedDataParallel) else nullcontext()


def average_gradients_(network: nn.Module, *others: Tensor) -> None:
    """Replace the gradients of a network, and other tensors, by their mean over all devices, in one all-reduce."""
    average_([*(p.grad for p in network.parameters() if p.grad is not None), *others])


def average_(tensors: Iterable[Tensor]) -> None:
    """Replace tensors of one type by their mean over all devices, in place and in one all-reduce."""
    _reduce_(list(tensors), mean=True)


def sum_(tensors: Iterable[Tensor]) -> None:
    """Replace tensors of one type by their sum over all devices, in place and in one all-reduce."""
    _reduce_(list(tensors), mean=False)


@torch.no_grad()
def _reduce_(tensors: list[Tensor], mean: bool) -> None:
    _, world = rank_and_world()
    if not tensors or world == 1:
        return
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    if dist.get_backend() == "nccl":
        flat = flat.cuda()
    dist.all_reduce(flat)
    if mean:
        flat /= world
    parts = flat.to(tensors[0].device).split([tensor.numel() for tensor in tensors])
    torch._foreach_copy_(tensors, [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)])


def gather(function: Callable[[], T]) -> list[T]:
    """Run a function on every process and return all results by rank; if it fails on one process, raise on all.

    The function must not wait for the other processes. Its result is pickled and should be small.

    Raises:
        Exception: on the process where the function failed, its own exception; on the others a UsageError for an error
            of use and a RuntimeError for any other, which name the process.
    """
    result: T | None = None
    error: Exception | None = None
    try:
        result = function()
    except Exception as caught:
        error = caught
    failure = "" if error is None else f"{type(error).__name__}: {error}"
    outcomes = [(result, failure, isinstance(error, (UsageError, OSError)))]
    _, world = rank_and_world()
    if world > 1:
        outcomes = outcomes * world
        dist.all_gather_object(outcomes, outcomes[0])
    if error is not None:
        raise error
    for number, (_, failure, of_use) in enumerate(outcomes):
        if failure:
            raise (UsageError if of_use else RuntimeError)(f"Process {number} failed with {failure}")
    return [result for result, _, _ in outcomes]  # type: ignore[misc]  # none of them failed


def together(function: Callable[[], T]) -> T:
    """Run a function on every process and return its result on this one; if it fails on one process, raise on all."""
    results: list[T] = []
    gather(lambda: results.append(function()))
    return results[0]


def on_rank_zero(function: Callable[[], T]) -> T:
    """Run on rank 0; return the result on every rank, or raise on every rank."""
    rank, _ = rank_and_world()
    return gather(lambda: function() if rank == 0 else None)[0]  # type: ignore[return-value]  # rank 0 ran it


def first_on_each_machine(function: Callable[[], T]) -> T:
    """Run on one process of each machine, which may download, say, then on all; return each one's own result."""
    if os.environ.get("LOCAL_RANK", "0") == "0":
        together(function)
    else:
        together(lambda: None)
    return together(function)


def disconnect() -> None:
    """Leave the process group, at the exit of a process.

    Lightning does so only for NCCL; the threads that gloo leaves behind sometimes abort a process that has succeeded.
    """
    if dist.is_initialized():
        dist.destroy_process_group()


class LostRankError(RuntimeError):
    """Another process of the run no longer answers."""


def is_connection_error(error: BaseException) -> bool:
    """Whether an error means that another process is lost; gloo's errors have no type of their own."""
    return isinstance(error, dist.DistError) or (type(error) is RuntimeError and "gloo" in str(error))


def lost_ranks(patience: float = 2.0) -> list[int]:
    """The ranks that do not report within ``patience`` seconds; to be called after a collective has failed.

    The ranks that are left report to the store through which the process group was formed. Rank 0 serves it, so rank 0
    is lost if the store does not answer.
    """
    store = rendezvous_store()
    keys = [f"lit_wgan/alive/{rank}" for rank in range(dist.get_world_size())]

    def ask() -> list[int]:
        store.set(keys[dist.get_rank()], "")
        time.sleep(patience)
        return [rank for rank, key in enumerate(keys) if not store.check([key])]

    try:
        return within(2 * patience, ask)  # the store's own time limit does not hold for check
    except (RuntimeError, TimeoutError):
        return [0]


def lost_rank_error() -> LostRankError:
    """The error that names the ranks that are lost."""
    ranks = lost_ranks() if dist.is_initialized() else []
    lost = f"Rank {', '.join(map(str, ranks))} no longer answers" if ranks else "A process of the run cannot be reached"
    return LostRankError(f"{lost}, so the others end. Continue with --ckpt_path last.")
