"""Load what a checkpoint is a checkpoint of: its run's system, alone or with the run's data."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lit_wgan.runs.yaml_files import check_sections, read_yaml

if TYPE_CHECKING:
    from lightning.pytorch import LightningDataModule

    from lit_wgan.systems import AdversarialSystem


def load_system(checkpoint: Path, config: str | None = None) -> "AdversarialSystem":
    """Load a run's system with the weights of a checkpoint; its data are not made.

    Args:
        checkpoint: in the folder ``checkpoints`` of the run's directory.
        config: the run's configuration, if it is not ``config.yaml`` in that directory.

    Raises:
        FileNotFoundError: if there is no checkpoint or no configuration.
        UsageError: if the checkpoint is of another system or of other networks.
    """
    from lit_wgan.systems import AdversarialSystem

    return _load(checkpoint, config, {"model": AdversarialSystem})[0]


def load_run(checkpoint: Path, config: str | None = None) -> "tuple[AdversarialSystem, LightningDataModule]":
    """Load a run's system, as :func:`load_system` does, and its data, not yet set up."""
    from lightning.pytorch import LightningDataModule

    from lit_wgan.systems import AdversarialSystem

    system, data = _load(checkpoint, config, {"model": AdversarialSystem, "data": LightningDataModule})
    return system, data


def make_system(config: Path) -> "AdversarialSystem":
    """Make the system of a configuration, with the weights that its networks begin with.

    Raises:
        FileNotFoundError: if there is no configuration.
        UsageError: for one of something else.
    """
    from lit_wgan.systems import AdversarialSystem

    (system,) = _make(config, {"model": AdversarialSystem}, "the configuration of a run", "Copy it from the run.")
    return system


def _load(checkpoint: Path, config: str | None, sections: dict[str, type]) -> list[Any]:
    """Make the objects of some sections of a run's configuration, of which the first is the system."""
    from lit_wgan.engine.checkpoints import read_checkpoint

    contents = read_checkpoint(checkpoint, "RUN_OR_CKPT")
    path = Path(config or checkpoint.resolve().parent.parent / "config.yaml")
    made = _make(path, sections, "the configuration of the checkpoint's run", "Name it with --config.")
    made[0].on_load_checkpoint(contents)  # which refuses what does not fit
    made[0].load_state_dict(contents["state_dict"])
    return made


def _make(path: Path, sections: dict[str, type], what: str, remedy: str) -> list[Any]:
    """Make the objects of some sections of a configuration."""
    from jsonargparse import ArgumentParser

    given = read_yaml(path, what, remedy)
    check_sections(given, list(sections), path, what, remedy)
    parser = ArgumentParser(exit_on_error=False)
    for name, base in sections.items():
        parser.add_subclass_arguments(base, name)
    run = parser.instantiate_classes(parser.parse_object({name: given[name] for name in sections}))
    return [run[name] for name in sections]
