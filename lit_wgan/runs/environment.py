"""The environment of a run: command, versions, source revision and hardware, so that it can be judged and repeated."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer

from lit_wgan.engine.files import atomic_write
from lit_wgan.runs.versions import installed_versions, lock_sha256, versions_sha256

ARITHMETIC = ("ATEN_", "CUBLAS_", "DNNL_", "GOMP_", "MKL_", "NVIDIA_TF32_", "OMP_", "ONEDNN_", "OPENBLAS_")
"""Prefixes of the environment variables that choose among ways to compute the same, and so decide the last bits."""

REPEATABLE = {"ATEN_CPU_CAPABILITY", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE"}
REPEATABLE |= {f"DNNL_{name}" for name in ("CPU_ISA_HINTS", "DEFAULT_FPMATH_MODE", "MAX_CPU_ISA")}
REPEATABLE |= {f"ONEDNN_{name}" for name in ("CPU_ISA_HINTS", "DEFAULT_FPMATH_MODE", "MAX_CPU_ISA")}
REPEATABLE |= {f"MKL_{name}" for name in ("CBWR", "DEBUG_CPU_TYPE", "DISABLE_FAST_MM", "DOMAIN_NUM_THREADS", "DYNAMIC")}
REPEATABLE |= {f"MKL_{name}" for name in ("ENABLE_INSTRUCTIONS", "NUM_STRIPES", "NUM_THREADS", "THREADING_LAYER")}
REPEATABLE |= {f"OMP_{name}" for name in ("DYNAMIC", "MAX_ACTIVE_LEVELS", "NESTED", "SCHEDULE", "THREAD_LIMIT")}
REPEATABLE |= {f"OPENBLAS_{name}" for name in ("BLOCK_FACTOR", "CORETYPE", "DEFAULT_NUM_THREADS", "NUM_THREADS")}
"""The arithmetic variables that a repeated run takes from a record, which is data from anywhere: numbers and words.

Others with those prefixes name a library that is loaded (``OMP_TOOL_LIBRARIES``) or a file that is written.
"""


def environment(seed: int, trainer: Trainer) -> dict[str, Any]:
    """Command, seed, versions, source revision and hardware of this process, as plain types."""
    packages = installed_versions()
    return {
        "command": sys.argv,
        "seed": seed,
        **_revision(),
        "python": platform.python_version(),
        "packages": packages,
        "packages_sha256": versions_sha256(packages),
        "lock_sha256": lock_sha256(),
        "platform": platform.platform(),
        **_device(trainer),
        "variables": arithmetic_variables(os.environ),
    }


def write_environment(path: Path, seed: int, trainer: Trainer) -> None:
    """Write :func:`environment` as JSON."""
    with atomic_write(path) as file:
        file.write(f"{json.dumps(environment(seed, trainer), indent=2)}\n".encode())


def arithmetic_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that choose among ways to compute the same, without the number of threads, recorded apart."""
    chosen = (name for name in sorted(variables) if name.startswith(ARITHMETIC) and name != "OMP_NUM_THREADS")
    return {name: variables[name] for name in chosen}


def repeatable_variables(variables: Mapping[str, Any]) -> dict[str, str]:
    """The variables of a record, which may hold anything, that a repeated run takes from it."""
    return {
        name: value
        for name, value in variables.items()
        if name in REPEATABLE and isinstance(value, str) and value.isprintable()
    }


def _device(trainer: Trainer) -> dict[str, Any]:
    return {
        "accelerator": trainer.strategy.root_device.type,
        "devices": trainer.world_size,
        "precision": str(trainer.precision),
        "cpu": next(_cpu_models(), platform.processor()),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cpu_cores": os.cpu_count(),
        "cpu_threads": torch.get_num_threads(),
        "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
    }


def _cpu_models() -> Iterator[str]:
    path = Path("/proc/cpuinfo")  # Linux's; platform.processor() is empty there
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("model name"):
            yield line.partition(":")[2].strip()


def _revision() -> dict[str, Any]:
    """The commit of this package and whether files have changed since.

    Where it is no checkout, as in an image, ``$LIT_WGAN_REVISION`` says it: ``<commit>`` or ``<commit>-dirty``.
    """
    if _git("ls-files", "--error-unmatch", __file__) is None:  # else it could be a venv in some other checkout
        commit, _, dirty = os.environ.get("LIT_WGAN_REVISION", "").partition("-")
        return {"git_commit": commit or None, "git_dirty": bool(dirty) if commit else None}
    return {"git_commit": _git("rev-parse", "HEAD"), "git_dirty": bool(_git("status", "--porcelain"))}


def _git(*arguments: str) -> str | None:
    """The output of a git command in the folder of this package, or None where that is no checkout."""
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
