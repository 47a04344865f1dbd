"""Find the place in a user's own network, data set, callback, ... at which an error happened."""

import re
import sysconfig
import traceback
from pathlib import Path
from typing import Any, NamedTuple

import lit_wgan

LIBRARIES = {"jsonargparse", "lightning", "lightning_utilities", "torch", "torchmetrics", "torchvision", "lit_wgan"}
LIBRARIES |= {
    "PIL",
    "matplotlib",
    "numpy",
    "optuna",
    "ot",
    "packaging",
    "scipy",
    "sklearn",
    "torch_fidelity",
    "wandb",
    "yaml",
}
"""Installed packages whose code is not the user's."""

_NOT_THE_USERS = ("<", f"{Path(lit_wgan.__file__).parent}/", f"{sysconfig.get_path('stdlib')}/")
_FRAME_AS_TEXT = re.compile(r'File "(.+)", line (\d+), in (\S+)')


class Place(NamedTuple):
    """A line of code that was running, with the object whose method it belongs to, if any."""

    file: str
    line: int
    function: str
    owner: Any = None

    @property
    def is_users(self) -> bool:
        """Whether the line belongs to neither lit-wgan, nor a library, nor Python."""
        _, installed, package = self.file.rpartition("-packages/")  # site-packages or, on Debian, dist-packages
        if installed:
            return package.partition("/")[0] not in LIBRARIES
        return not self.file.startswith(_NOT_THE_USERS)


def find_user_code(error: BaseException) -> str | None:
    """The user's code in which an error happened, as in ``MyCritic.forward (critic), my_package/nets.py line 12``.

    Returns:
        Class, method, role in the run (where known) and line of the innermost frame that is the user's own; None if
        there is none.
    """
    places = _places(error)
    users = [place for place in reversed(places) if place.is_users]
    if not users:
        return None
    file, line, function, owner = users[0]
    path = Path(file)
    where = f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path} line {line}"
    if function == "<module>":
        return where
    in_loader = "data" if "DataLoader worker" in str(error) else None
    role = next(filter(None, (_role(place.owner, places) for place in users)), in_loader)
    name = function if owner is None else f"{type(owner).__name__}.{function}"
    return f"{name}{f' ({role})' if role else ''}, {where}"


def _places(error: BaseException) -> list[Place]:
    """The frames of an error, outermost first, those that a data loader's process wrote into its message included."""
    frames = traceback.walk_tb(error.__traceback__)
    places = [
        Place(frame.f_code.co_filename, line, frame.f_code.co_name, frame.f_locals.get("self"))
        for frame, line in frames
    ]
    if isinstance(error, SyntaxError) and error.filename:
        places.append(Place(error.filename, error.lineno or 0, "<module>"))
    in_message = [Place(file, int(line), function) for file, line, function in _FRAME_AS_TEXT.findall(str(error))]
    return places + in_message


def _role(owner: Any, places: list[Place]) -> str | None:
    """What an object is to a run: its critic, a callback, ...; None if it is neither."""
    from lightning.pytorch import Callback, LightningDataModule, LightningModule
    from lightning.pytorch.loggers import Logger
    from torch import nn, optim
    from torch.utils.data import DataLoader, Dataset, Sampler

    for holder in (place.owner for place in places):  # a system, or its list of samples
        for name in ("generator", "critic"):
            network = getattr(holder, name, None)
            if isinstance(network, nn.Module) and any(owner is module for module in network.modules()):
                return name
    roles: dict[str, type | tuple[type, ...]] = {
        "system": LightningModule,
        "network": nn.Module,
        "data": (LightningDataModule, Dataset, DataLoader, Sampler),
        "callback": Callback,
        "optimizer": optim.Optimizer,
        "learning-rate schedule": optim.lr_scheduler.LRScheduler,
        "logger": Logger,
    }
    return next((role for role, types in roles.items() if isinstance(owner, types)), None)
