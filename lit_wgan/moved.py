"""Modules that have moved, still importable by their former names, as configurations of earlier runs hold them."""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "lit_wgan.callbacks.critic_diagnostics": "lit_wgan.callbacks.diagnostics",
    "lit_wgan.checkpoints": "lit_wgan.engine.checkpoints",
    "lit_wgan.constraints": "lit_wgan.functional.constraints",
    "lit_wgan.data.batches": "lit_wgan.engine.minibatches",
    "lit_wgan.distributed": "lit_wgan.engine.collectives",
    "lit_wgan.double_backward": "lit_wgan.functional.double_backward",
    "lit_wgan.fidelity": "lit_wgan.evaluation",
    "lit_wgan.losses": "lit_wgan.functional.losses",
    "lit_wgan.metrics_file": "lit_wgan.runs.metrics_file",
    "lit_wgan.penalties": "lit_wgan.functional.penalties",
    "lit_wgan.schedules": "lit_wgan.functional.schedules",
    "lit_wgan.stopping": "lit_wgan.engine.stopping",
    "lit_wgan.streams": "lit_wgan.functional.streams",
    "lit_wgan.transport": "lit_wgan.evaluation.wasserstein",
    "lit_wgan.wandb_run": "lit_wgan.runs.wandb_run",
}
"""New name by former name: what a class path in a YAML file, or a user's own module, may have named."""


class MovedModules(MetaPathFinder, Loader):
    """Imports a module that has moved as the module that it now is, and warns once with its new name."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The specification of a module that has moved, or of one in a package that has; None for any other."""
        return ModuleSpec(fullname, self) if _new_name(fullname) else None

    def exec_module(self, module: ModuleType) -> None:
        """Put the module of the new name in the place of one of the former name."""
        former, new = module.__name__, _new_name(module.__name__)
        warnings.warn(f"{former} has moved: write {new} in its place.", FutureWarning, stacklevel=2)
        sys.modules[former] = import_module(new)


def _new_name(fullname: str) -> str:
    """The new name of a module, or ``""`` for one that has not moved."""
    if fullname in MOVED:
        return MOVED[fullname]
    package, _, rest = fullname.rpartition(".")
    return f"{MOVED[package]}.{rest}" if package in MOVED else ""


def keep_former_names() -> None:
    """Let modules that have moved be imported by their former names."""
    # First, since the files of a package that has moved would be found, and run again, under its former name.
    sys.meta_path.insert(0, MovedModules())
