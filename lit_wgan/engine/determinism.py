"""What the bits of a result depend on beside the program: kernels, processor, threads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from lit_wgan.errors import UsageError

NOT_DETERMINISTIC = "does not have a deterministic implementation"


@contextmanager
def deterministic_kernels(remedy: str) -> Iterator[None]:
    """Let torch take the kernels that give the same bits every time.

    Args:
        remedy: a sentence on what to do where there is none.

    Raises:
        UsageError: for an operation that has none; it is named.
    """
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    searching = torch.backends.cudnn.benchmark  # for the fastest convolution, which each process could find another
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without which cuBLAS refuses
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    except RuntimeError as error:
        if NOT_DETERMINISTIC not in str(error):
            raise
        operation = str(error).partition(" ")[0]
        raise UsageError(
            f"Expected operations that give the same bits every time, but {operation} {NOT_DETERMINISTIC}. {remedy}"
        ) from error
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        torch.backends.cudnn.benchmark = searching


def processor(device: torch.device) -> dict[str, Any]:
    """Kind of processor, threads and library, on which the last bits depend, as plain types."""
    on_gpu = device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if on_gpu else f"CPU, {torch.backends.cpu.get_cpu_capability()}",
        "threads": 0 if on_gpu else torch.get_num_threads(),
        "torch": str(torch.__version__),
    }
