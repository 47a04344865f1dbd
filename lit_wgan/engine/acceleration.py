"""Faster ways to compute the same: compiled objectives and fused optimizers."""

import os
import re
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch.optim import Adam, AdamW, Optimizer

from lit_wgan.engine.internals import compile_error, map_tensors, raise_recompile_limit
from lit_wgan.errors import UsageError

T = TypeVar("T")


def compiled(objective: Callable[..., T], device: torch.device) -> Callable[..., T]:
    """An objective as one compiled region for each shape of its arguments, and on a GPU one CUDA graph.

    Raises:
        UsageError: when it is called, for networks that torch cannot compile whole.
    """
    # Each further system of this process counts as compiling the same method anew, of which 8 times would be allowed.
    raise_recompile_limit(64)
    on_gpu = device.type == "cuda"
    region = torch.compile(objective, fullgraph=True, dynamic=False, mode="reduce-overhead" if on_gpu else None)

    def call(*arguments: Any) -> T:
        torch.compiler.cudagraph_mark_step_begin()
        try:
            results = region(*arguments)
        except compile_error() as error:
            raise UsageError(
                f"Expected networks that torch.compile takes whole for model.compile, but it failed: "
                f"{compile_reason(str(error))}. "
                "Set model.compile to false, or see the whole message with --debug."
            ) from error
        # The next call of a CUDA graph overwrites its results, and losses are kept for longer.
        return map_tensors(torch.clone, results) if on_gpu else results

    return call


def compile_reason(message: str) -> str:
    """What torch.compile could not take and, where its message tells, the line of the network that asks for it."""
    reason = next(line.strip() for line in message.splitlines() if line.strip())
    lines = re.findall(r'File "(.+)", line (\d+), in .*\n\s*(.+)', message.partition("from user code:")[2])
    if not lines:
        return reason
    file, number, code = lines[-1]
    return f"{reason}, in `{code.strip()}`, {file} line {number}"


def fuse_(optimizer: Optimizer) -> None:
    """Let Adam take torch's fused kernel, the fastest of three that compute the same, unless told which to take."""
    if not isinstance(optimizer, (Adam, AdamW)):
        return
    for group in optimizer.param_groups:
        choices = (group["fused"], group["foreach"])
        on_supported = all(p.device.type in ("cpu", "cuda") and p.is_floating_point() for p in group["params"])
        if choices == (None, None) and on_supported and not (group["capturable"] or group["differentiable"]):
            group["fused"] = True


def disable_nvml_probe(device: torch.device) -> None:
    """On CPU-only runs, stop torch probing NVML before every optimizer step.

    Lightning makes torch look for GPUs through NVML, and where there are none the answer is not cached.
    """
    if device.type == "cpu":
        os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
