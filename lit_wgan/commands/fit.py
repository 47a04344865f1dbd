"""From YAML to a run: LightningCLI with the project's defaults and run directories."""

import json
import os
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import yaml
from jsonargparse import Namespace
from lightning.fabric.plugins import CheckpointIO
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger
from lightning.pytorch.utilities import rank_zero_info, rank_zero_only

from lit_wgan.callbacks import Checkpoints, CriticDiagnostics, GeneratorUpdates, Interruptions, SampleGrid, SampleWriter
from lit_wgan.commands.errors import check_config_files
from lit_wgan.data import AdversarialData
from lit_wgan.engine.checkpoints import AtomicCheckpointIO, find_newest, read_checkpoint, remove_leftovers
from lit_wgan.engine.collectives import is_connection_error, lost_rank_error
from lit_wgan.engine.launch import check_processes, find_launch, init_group_after_restart, trainer_options
from lit_wgan.errors import UsageError
from lit_wgan.runs.directories import check_writable, claim_version, newest_run
from lit_wgan.runs.environment import write_environment
from lit_wgan.runs.metrics_file import MetricsFile
from lit_wgan.runs.result import write_result
from lit_wgan.runs.wandb_account import check_account
from lit_wgan.runs.wandb_run import WandbRun, flat_options, wandb_runs
from lit_wgan.systems import AdversarialSystem
from lit_wgan.systems.checks import check_strategy

TRAINER_DEFAULTS = {
    "default_root_dir": "runs",
    "max_epochs": -1,  # training data is endless: max_steps, the number of generator updates, ends a run
    "check_val_every_n_epoch": None,  # so that val_check_interval counts generator updates
    "num_sanity_val_steps": 0,
}


class Continued(NamedTuple):
    """The run that ``--ckpt_path last`` goes on with: its version, and the generator update it stood at."""

    version: int
    update: int


class ExperimentTrainer(Trainer):
    """Lightning's Trainer, whose ``logger`` may also be the word ``wandb``: the experiment then makes the loggers."""

    def __init__(
        self, *, logger: Literal["wandb"] | Logger | Iterable[Logger] | bool | None = None, **kwargs: Any
    ) -> None:
        assert logger != "wandb"
        super().__init__(logger=logger, **kwargs)


class RunRecord(SaveConfigCallback):
    """Writes config.yaml and environment.json into the run's directory, and both to W&B if that is asked for.

    An attempt that continues a run adds the generator update at which it does to their names.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write both, once."""
        checkpoint = self.config.get("ckpt_path")
        if trainer.strategy.broadcast(checkpoint) != checkpoint:
            raise UsageError(
                f"Expected all processes to find the checkpoint of the first, but got {checkpoint} on rank "
                f"{trainer.global_rank}. Put trainer.default_root_dir on a file system that all nodes share."
            )
        super().setup(trainer, pl_module, stage)
        directory = trainer.log_dir  # asks all devices
        if trainer.is_global_zero and directory is not None:
            config = Path(directory) / self.config_filename
            environment = config.with_name(config.name.replace("config", "environment")).with_suffix(".json")
            write_environment(environment, cast(AdversarialSystem, pl_module).streams.seed, trainer)
            for logger in wandb_runs(trainer):
                options = flat_options(yaml.safe_load(config.read_text()))
                logger.log_hyperparams(options | {"environment": json.loads(environment.read_text())})


class Experiment(LightningCLI):
    """``fit``, ``validate``, ``test`` and ``predict`` on systems and data given by class path."""

    def __init__(self) -> None:
        self.continued: Continued | None = None
        super().__init__(
            AdversarialSystem,
            AdversarialData,
            subclass_mode_model=True,
            subclass_mode_data=True,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
            seed_everything_default=0,
            trainer_defaults=TRAINER_DEFAULTS,
            trainer_class=ExperimentTrainer,
            save_config_callback=RunRecord,
            parser_kwargs={"prog": "lit-wgan", "exit_on_error": False}
            | {command: {"exit_on_error": False} for command in self.subcommands()},
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Options for the callbacks that every run has, and for W&B."""
        parser.add_lightning_class_args(Checkpoints, "checkpoint")
        parser.add_lightning_class_args(SampleGrid, "samples")
        parser.add_class_arguments(WandbRun, "wandb", skip={"directory", "continue_after"}, instantiate=False)
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
        options = self.config[self.config.subcommand]
        options.weights_only = True  # a checkpoint is data: no code in it is run
        if options.get("ckpt_path") == "last":
            options.ckpt_path = self._find_last(options)
        elif options.get("ckpt_path") is not None:
            read_checkpoint(Path(options.ckpt_path))

    def _find_last(self, options: Namespace) -> str | None:
        """The newest intact checkpoint of the newest run that trained, which ``fit`` then goes on with."""
        run = None
        if options.checkpoint.dirpath is None:
            check_default_logger(options.trainer.logger)
            run = newest_run(Path(options.trainer.default_root_dir) / self.run_name)
        directory = run / "checkpoints" if run else Path(options.checkpoint.dirpath or os.devnull)
        newest = find_newest(directory)
        if newest is None:
            rank_zero_info("There is no checkpoint to continue from: starting.")
            return None
        rank_zero_info(f"Continuing from {newest.path}.")
        if self.config.subcommand == "fit":
            remove_leftovers(directory, newest.damaged)
            if run is not None:
                self._go_on_with(run, newest.update)
        return str(newest.path)

    def _go_on_with(self, run: Path, update: int) -> None:
        self.continued = Continued(int(run.name.removeprefix("version_")), update)
        self.save_config_kwargs |= {"config_filename": f"config_{update:07d}.yaml", "overwrite": True}

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """A trainer that writes into a run directory, with the project's progress bar and checkpoint files."""
        config = self._get(self.config_init, "trainer")
        check_strategy(config.strategy)
        kwargs |= trainer_options(config.devices, config.num_nodes)
        to_wandb = asks_for_wandb(config.logger)
        if to_wandb and find_launch() is None:
            check_account()  # before data are prepared and processes started
        if to_wandb or config.logger in (None, True):
            kwargs["logger"] = self._loggers(config.default_root_dir, to_wandb)
        plugins = config.plugins if isinstance(config.plugins, list) else [config.plugins] if config.plugins else []
        if not any(isinstance(plugin, CheckpointIO) for plugin in plugins):
            kwargs["plugins"] = [*plugins, AtomicCheckpointIO()]
        callbacks: list[Any] = [Interruptions(), *([CriticDiagnostics()] if to_wandb else [])]
        if config.enable_progress_bar is not False:
            callbacks.append(GeneratorUpdates())
        if self.subcommand == "predict":
            callbacks.append(SampleWriter())
        self.trainer_defaults["callbacks"] = callbacks
        trainer = super().instantiate_trainer(**kwargs)
        check_processes(trainer)
        init_group_after_restart(trainer)
        return trainer

    def _loggers(self, root: str, to_wandb: bool) -> list[Logger]:
        check_writable(Path(root) / self.run_name)
        version, update = self.continued or (None, None)
        if version is None and rank_zero_only.rank == 0:  # type: ignore[attr-defined]  # Lightning sets it
            version = claim_version(Path(root) / self.run_name)
        csv = MetricsFile(root, self.run_name, version, continue_after=update)
        purge_step = None if update is None else update + 1
        board = TensorBoardLogger(root, name=self.run_name, version=csv.version, purge_step=purge_step)
        if not to_wandb:
            return [csv, board]
        return [csv, board, WandbRun(csv.log_dir, **self._get(self.config, "wandb"), continue_after=update)]

    @property
    def run_name(self) -> str:
        """The name of the first configuration file or, without one, of the system."""
        options = self.config[self.config.subcommand]
        return Path(str(options.config[0])).stem if options.config else options.model.class_path.split(".")[-1].lower()

    def after_fit(self) -> None:
        """Say where the results are and how good they were."""
        known = sorted(self.trainer.callback_metrics.items())
        figures = [f"{name} {value:.4g}" for name, value in known if name.startswith(("eval/", "fidelity/"))]
        directory = self.trainer.log_dir  # asks all devices
        if directory is not None and self.trainer.is_global_zero and not self.trainer.fast_dev_run:  # type: ignore[attr-defined]
            config = self.save_config_kwargs.get("config_filename", "config.yaml")
            write_result(Path(directory), config, self.model, self.trainer)
        rank_zero_info(f"{self.trainer.global_step} generator updates done. {', '.join(figures)}")
        rank_zero_info(f"Everything is in {directory}: metrics.csv, samples/, checkpoints/, config.yaml.")


def asks_for_wandb(logger: Any) -> bool:
    """Whether a run logs to W&B: where ``trainer.logger`` says so and, unless it says no, where a sweep's agent asks.

    Raises:
        UsageError: for Lightning's own logger, with which the second run from one folder fails.
    """
    for given in logger if isinstance(logger, list) else [logger]:
        if isinstance(given, WandbLogger):
            raise UsageError(
                f"Expected trainer.logger to be wandb, but got {type(given).__name__}, which keeps no metrics.csv. "
                "Give --trainer.logger wandb, and its options as --wandb.project and so on."
            )
    return logger == "wandb" or (logger is None and "WANDB_SWEEP_ID" in os.environ)


def check_default_logger(logger: Any) -> None:
    """Raise a UsageError if another logger decides where a run's checkpoints are."""
    if logger not in (None, True, "wandb"):
        raise UsageError(
            "Expected --checkpoint.dirpath along with --ckpt_path last and a logger of one's own, but got none. "
            "Set it, or give --ckpt_path the file."
        )


def run() -> None:
    """Run the command in ``sys.argv``."""
    # Expected here: data in memory without loader workers, weights saved as they are after an update, a directory of
    # its own for every run, figures that all devices share. And Lightning itself calls what torch deprecates.
    expected = ("does not have many workers", "no pre-optimization state", "The dirpath has changed", "sync_dist=True")
    for message in (*expected, "LeafSpec", "exists and is not empty", "not supported by the model summary"):
        warnings.filterwarnings("ignore", f"(?s).*{message}")
    check_config_files(sys.argv)
    try:
        Experiment()
    except RuntimeError as error:
        if not is_connection_error(error):
            raise
        raise lost_rank_error() from error
