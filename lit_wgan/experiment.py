"""From YAML to a run: LightningCLI with the project's defaults and run directories."""

import sys
import warnings
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, cast

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_info

from lit_wgan.callbacks import GeneratorUpdates, SampleGrid, SampleWriter
from lit_wgan.data import AdversarialData
from lit_wgan.errors import check_config_files
from lit_wgan.record import write_environment
from lit_wgan.systems import AdversarialSystem

TRAINER_DEFAULTS = {
    "default_root_dir": "runs",
    "max_epochs": -1,  # training data is endless: max_steps, the number of generator updates, ends a run
    "check_val_every_n_epoch": None,  # so that val_check_interval counts generator updates
    "num_sanity_val_steps": 0,
}


class RunRecord(SaveConfigCallback):
    """Writes config.yaml and environment.json into the run's directory."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write both, once."""
        super().setup(trainer, pl_module, stage)
        directory = trainer.log_dir  # asks all devices
        if trainer.is_global_zero and directory is not None:
            write_environment(Path(directory), cast(AdversarialSystem, pl_module).streams.seed)


class Experiment(LightningCLI):
    """``fit``, ``validate``, ``test`` and ``predict`` on systems and data given by class path."""

    def __init__(self) -> None:
        super().__init__(
            AdversarialSystem,
            AdversarialData,
            subclass_mode_model=True,
            subclass_mode_data=True,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
            seed_everything_default=0,
            trainer_defaults=TRAINER_DEFAULTS,
            save_config_callback=RunRecord,
            parser_kwargs={"prog": "lit-wgan", "exit_on_error": False}
            | {command: {"exit_on_error": False} for command in self.subcommands()},
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Options for the callbacks that every run has."""
        parser.add_lightning_class_args(ModelCheckpoint, "checkpoint")
        parser.add_lightning_class_args(SampleGrid, "samples")
        parser.set_defaults(
            {
                "checkpoint.filename": "{step:07d}",
                "checkpoint.auto_insert_metric_name": False,
                "checkpoint.every_n_train_steps": 500,
                "checkpoint.save_last": True,
            }
        )

    def _parse_ckpt_path(self) -> None:
        # Lightning would let hyper-parameters stored in the file win over the command line.
        path = self.config[self.config.subcommand].get("ckpt_path")
        if path is not None:
            check_checkpoint(Path(path))

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """A trainer that writes into a run directory, with the project's progress bar."""
        config = self._get(self.config_init, "trainer")
        if config.logger in (None, True):
            csv = CSVLogger(config.default_root_dir, name=self.run_name)
            check_writable(Path(csv.log_dir).parent)
            tensorboard = TensorBoardLogger(config.default_root_dir, name=self.run_name, version=csv.version)
            kwargs["logger"] = [csv, tensorboard]
        callbacks: list[Any] = []
        if config.enable_progress_bar is not False:
            callbacks.append(GeneratorUpdates())
        if self.subcommand == "predict":
            callbacks.append(SampleWriter())
        self.trainer_defaults["callbacks"] = callbacks
        return super().instantiate_trainer(**kwargs)

    @property
    def run_name(self) -> str:
        """The name of the first configuration file or, without one, of the system."""
        files = self._get(self.config, "config")
        return Path(str(files[0])).stem if files else type(self.model).__name__.lower()

    def after_fit(self) -> None:
        """Say where the results are and how good they were."""
        known = sorted(self.trainer.callback_metrics.items())
        figures = [f"{name} {value:.4g}" for name, value in known if name.startswith(("eval/", "fidelity/"))]
        directory = self.trainer.log_dir
        rank_zero_info(f"{self.trainer.global_step} generator updates done. {', '.join(figures)}")
        rank_zero_info(f"Everything is in {directory}: metrics.csv, samples/, checkpoints/, config.yaml.")


def check_checkpoint(path: Path, option: str = "--ckpt_path") -> None:
    """Raise an error that names the option and the file unless it is a checkpoint."""
    if not path.is_file():
        raise FileNotFoundError(f"Expected {option} to be a checkpoint file, but got {path}. Check the path.")
    try:
        torch.load(path, map_location="meta", weights_only=True)
    except (RuntimeError, UnpicklingError, EOFError) as error:
        raise ValueError(
            f"Expected {option} to be a checkpoint file, but got {path}, which is damaged or something else. "
            "Take an earlier checkpoint."
        ) from error


def check_writable(directory: Path) -> None:
    """Make the directory of a run's versions, or raise an error that names the option."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / ".writable").touch()
        (directory / ".writable").unlink()
    except OSError as error:
        raise ValueError(
            f"Expected trainer.default_root_dir to be a folder that can be written, but got {directory.parent} "
            f"({error.strerror}). Choose another with --trainer.default_root_dir."
        ) from error


def run() -> None:
    """Run the command in ``sys.argv``."""
    # Expected here: data in memory without loader workers, weights saved as they are after an update, a directory of
    # its own for every run, figures that all devices share. And Lightning itself calls what torch deprecates.
    expected = ("does not have many workers", "no pre-optimization state", "The dirpath has changed", "sync_dist=True")
    for message in (*expected, "LeafSpec"):
        warnings.filterwarnings("ignore", f"(?s).*{message}")
    check_config_files(sys.argv)
    Experiment()
