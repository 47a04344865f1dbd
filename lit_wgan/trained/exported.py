"""A generator out of a folder that ``lit-wgan export`` wrote, by its weights and its description."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lit_wgan.data.packages import optional_package
from lit_wgan.data.transforms import restored_transform
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.trained.generator import TrainedGenerator
from lit_wgan.trained.loading import make_system

WEIGHTS = "generator.safetensors"
DESCRIPTION = "config.json"
CONFIG = "config.yaml"


def description(generator: TrainedGenerator) -> dict[str, Any]:
    """What a generator's samples depend on beside its weights and its run's configuration, as plain types."""
    return {
        "seed": generator.seed,
        "generator_updates": generator.updates,
        "transform": None if generator.transform is None else to_plain(generator.transform.state()),
        "condition": None if generator.condition is None else to_plain(generator.condition.exported()),
    }


def is_exported(folder: Path) -> bool:
    """Whether a folder holds an exported generator's weights and their description."""
    return all((folder / name).is_file() for name in (WEIGHTS, DESCRIPTION, CONFIG))


def load_exported(folder: Path) -> TrainedGenerator:
    """The generator of a folder, on the CPU.

    Its classes are those that the folder's config.yaml names: take that of people you trust.

    Raises:
        UsageError: for files that are damaged or do not belong together.
    """
    load_file = optional_package("safetensors.torch", WEIGHTS, extra="export").load_file
    try:
        told = json.loads((folder / DESCRIPTION).read_text())
        system = make_system(folder / CONFIG)
        system.generator.load_state_dict(load_file(folder / WEIGHTS))
        system.streams = RandomStreams(told["seed"])
        system.counters.generator_updates = told["generator_updates"]
        system.transform = None if told["transform"] is None else restored_transform(to_tensors(told["transform"]))
        if system.condition is not None:
            system.condition.restore_exported_(to_tensors(told["condition"]))
    except (LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(
            f"Expected {folder} to be an exported generator, but got files that are damaged or do not belong together "
            f"({reason[:200]}). Export it again."
        ) from error
    return TrainedGenerator(system, live=True)


def to_plain(state: Any) -> Any:
    """Nested dictionaries and lists with their tensors as ``{"tensor": numbers}``."""
    if isinstance(state, Tensor):
        return {"tensor": state.tolist()}
    if isinstance(state, dict):
        return {name: to_plain(value) for name, value in state.items()}
    return [to_plain(value) for value in state] if isinstance(state, list | tuple) else state


def to_tensors(state: Any) -> Any:
    """The state that became such plain types; its tensors are float64."""
    if isinstance(state, dict):
        if state.keys() == {"tensor"}:
            return torch.tensor(state["tensor"], dtype=torch.float64)
        return {name: to_tensors(value) for name, value in state.items()}
    return [to_tensors(value) for value in state] if isinstance(state, list) else state
