"""``lit-wgan fit``, ``validate``, ``test`` and ``predict``: LightningCLI with the project's defaults."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning.fabric.plugins import CheckpointIO
from lightning.pytorch import Callback, LightningDataModule, Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.utilities import rank_zero_info

import lit_wgan.networks  # noqa: F401  # so that networks can be named without their class paths
from lit_wgan.callbacks import (
    Checkpoints,
    CriticDiagnostics,
    Interruptions,
    ProgressLines,
    SampleGrid,
    SampleWriter,
    StoppedEarly,
    ValidationBreak,
)
from lit_wgan.commands.closing import Closing, told_as
from lit_wgan.commands.conclusion import conclude, say_results
from lit_wgan.commands.continuing import Continued, find_last, missing_checkpoint
from lit_wgan.commands.defaults import CHECKPOINT_DEFAULTS, TRAINER_DEFAULTS, leave_out_expected
from lit_wgan.commands.display import shown_by
from lit_wgan.commands.experiment_trainer import ExperimentTrainer
from lit_wgan.commands.figures import Figures
from lit_wgan.commands.given_options import check_options, divided_among_devices
from lit_wgan.commands.help import readable_help
from lit_wgan.commands.loggers import asks_for_wandb, make_loggers
from lit_wgan.commands.record import RunRecord
from lit_wgan.commands.restoring import told_as_checkpoints
from lit_wgan.commands.same_options import check_same_options
from lit_wgan.commands.sizes_of_data import fill_in_sizes_
from lit_wgan.data.adversarial_data import let_predict_generate
from lit_wgan.engine.checkpoints import AtomicCheckpointIO, read_checkpoint, remove_leftovers
from lit_wgan.engine.ending import ends_at_ctrl_c
from lit_wgan.engine.files import is_local
from lit_wgan.engine.internals import parser_of
from lit_wgan.engine.launch import (
    check_processes,
    find_launch,
    trainer_options,
    when_connected,
)
from lit_wgan.engine.meeting import init_group_after_restart
from lit_wgan.engine.signals import stop_watching
from lit_wgan.engine.standby import Standby
from lit_wgan.runs.claims import lock_directory, releasing_claims
from lit_wgan.runs.names import run_name
from lit_wgan.runs.run import Run
from lit_wgan.runs.wandb_account import check_account
from lit_wgan.runs.wandb_run import WandbRun
from lit_wgan.runs.yaml_files import check_config_files
from lit_wgan.systems import AdversarialSystem
from lit_wgan.systems.checks import check_strategy
from lit_wgan.systems.resuming import check_seed


class Experiment(LightningCLI):
    """``fit``, ``validate``, ``test`` and ``predict`` on systems and data given by class path."""

    def __init__(
        self,
        when_failing: Callable[[Trainer, BaseException], object] | None = None,
        standby: Standby | None = None,
    ) -> None:
        self.when_failing = when_failing
        self.standby = standby
        self.continued: Continued | None = None
        super().__init__(
            AdversarialSystem,
            LightningDataModule,
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

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The command that was given, since making the options of one takes a second."""
        known = LightningCLI.subcommands()
        return {command: skipped for command, skipped in known.items() if command in sys.argv[1:2]} or known

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the options of the callbacks that every run has, of W&B, and the run's name."""
        parser.add_argument(
            "--name", type=str | None, help="of the run's folder; else that of the first configuration file"
        )
        parser.add_lightning_class_args(Checkpoints, "checkpoint")
        parser.add_lightning_class_args(SampleGrid, "samples")
        parser.add_argument(
            "--report", type=bool, default=True, help="write report.html, a page on the run, at its end"
        )
        parser.add_class_arguments(WandbRun, "wandb", skip={"directory", "continue_after"}, instantiate=False)
        parser.set_defaults(CHECKPOINT_DEFAULTS)

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse the command line, and refuse what can be seen to be wrong before anything is made."""
        with ends_at_ctrl_c(), readable_help():
            super().parse_arguments(parser, args)
        options = self.config[self.config.subcommand]
        check_options(self.config.subcommand, options)
        divided = divided_among_devices(options) if self.config.subcommand == "fit" else None
        if self.standby is not None and divided is not None:
            self.standby.choose_nodes(*divided)

    def instantiate_classes(self) -> None:
        """Ask the data for the sizes that are left to them, then make everything."""
        fill_in_sizes_(self.config[self.config.subcommand])
        super().instantiate_classes()

    @property
    def run_name(self) -> str:
        """The name of the run's folder in ``trainer.default_root_dir``."""
        options = self.config[self.config.subcommand]
        config = str(options.config[0]) if options.config else None
        return run_name(options.name, config, options.model.class_path)

    def _parse_ckpt_path(self) -> None:
        # Lightning would let hyper-parameters stored in the file win over the command line.
        options = self.config[self.config.subcommand]
        options.weights_only = True  # a checkpoint is data: no code in it is run
        if options.get("ckpt_path") == "last":
            options.ckpt_path = self._find_last()
        elif options.get("ckpt_path") is not None:
            read_checkpoint(Path(options.ckpt_path))
        elif self.config.subcommand != "fit":
            raise missing_checkpoint(self.config.subcommand, self._runs(), options.checkpoint.dirpath)
        asks_for_seed = any(argument.startswith("--seed_everything") for argument in sys.argv)
        if asks_for_seed and self.config.subcommand != "fit":  # whose checkpoint brings the seed of all random numbers
            check_seed(read_checkpoint(Path(options.ckpt_path))["lit_wgan"]["seed"], str(options.seed_everything))

    def _runs(self) -> Path:
        """The directory of all runs of this name."""
        return Path(self.config[self.config.subcommand].trainer.default_root_dir) / self.run_name

    def _find_last(self) -> str | None:
        """The path of the newest checkpoint; ``fit`` continues its run or, without one, starts a run."""
        options = self.config[self.config.subcommand]
        trains = self.config.subcommand == "fit"
        dirpath, logger = options.checkpoint.dirpath, options.trainer.logger
        directory, newest, continued = find_last(self._runs(), dirpath, logger, trains)
        if newest is None and trains:
            rank_zero_info("There is no checkpoint to continue from: starting.")
            return None
        if newest is None:
            raise missing_checkpoint(self.config.subcommand, self._runs(), options.checkpoint.dirpath)
        rank_zero_info(f"{'Continuing from' if trains else 'Loading'} {newest.path}.")
        if trains:
            remove_leftovers(directory, newest.damaged)
            self.continued = continued
        if self.continued is not None:
            self.save_config_kwargs |= {"config_filename": f"config_{newest.update:07d}.yaml", "overwrite": True}
        return str(newest.path)

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Make a trainer that writes into a run directory, with the project's progress bar and checkpoint files."""
        config = self._get(self.config_init, "trainer")
        check_strategy(config.strategy)
        kwargs |= trainer_options(config.devices, config.num_nodes)
        dirpath = self._get(self.config, "checkpoint").dirpath
        if self.subcommand == "fit" and dirpath is not None and is_local(dirpath):
            lock_directory(Path(dirpath).expanduser())
        to_wandb = asks_for_wandb(config.logger)
        if to_wandb and find_launch() is None:
            check_account()  # before data are prepared and processes started
        if (to_wandb or config.logger in (None, True)) and not config.fast_dev_run:
            wandb = self._get(self.config, "wandb") if to_wandb else None
            kwargs["logger"] = make_loggers(config.default_root_dir, self.run_name, self.continued, wandb)
        plugins = config.plugins if isinstance(config.plugins, list) else [config.plugins] if config.plugins else []
        if not any(isinstance(plugin, CheckpointIO) for plugin in plugins):
            kwargs["plugins"] = [*plugins, AtomicCheckpointIO()]
        self.trainer_defaults["callbacks"] = self._callbacks() + shown_by(config)
        if any(isinstance(callback, ProgressLines) for callback in self.trainer_defaults["callbacks"]):
            kwargs["enable_progress_bar"] = False
        trainer = super().instantiate_trainer(**kwargs)
        check_processes(trainer)
        init_group_after_restart(trainer)
        parser, options = parser_of(self, str(self.subcommand)), self.config[self.subcommand]
        when_connected(trainer, lambda: check_same_options(parser, options))
        return trainer

    def _callbacks(self) -> list[Callback]:
        callbacks: list[Callback] = [Figures(), Interruptions(self._before_closing), StoppedEarly(), ValidationBreak()]
        callbacks.append(CriticDiagnostics())
        return callbacks + ([SampleWriter()] if self.subcommand == "predict" else [])

    def _before_closing(self, trainer: Trainer, error: BaseException) -> None:
        """Begin the limit for closing, and say how good a run is that a signal has ended."""
        if self.when_failing is not None:
            self.when_failing(trainer, error)
        if isinstance(error, SystemExit) and trainer.is_global_zero:
            callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]  # Lightning sets it
            records = [callback for callback in callbacks if isinstance(callback, RunRecord)]
            directory = records[0].directory if records else None
            say_results(trainer, Run(Path(directory)) if directory is not None else None)

    def before_predict(self) -> None:
        """Generate samples whatever the data are."""
        let_predict_generate(self.datamodule)

    def after_fit(self) -> None:
        """Write result.json and the report, and say where the results are and how good they were."""
        config = self.save_config_kwargs.get("config_filename", "config.yaml")
        conclude(self.trainer, self.model, config, self._get(self.config, "report"))


@releasing_claims()
@told_as_checkpoints()
def fit(arguments: list[str]) -> None:
    """Run ``fit``, ``validate``, ``test`` or ``predict``, whichever ``sys.argv`` names.

    Args:
        arguments: those after the command's name. LightningCLI itself reads ``sys.argv``, as the processes do that it
            starts on other devices.

    Raises:
        UsageError: for anything that the user can mend.
        LostRankError: if another process of the run was lost.
    """
    leave_out_expected()
    check_config_files(arguments)
    closing = Closing()
    try:
        with Standby() as standby:
            Experiment(closing.begin, standby)
    except RuntimeError as error:
        told = told_as(error)
        if told is error:
            raise
        raise told from error
    finally:
        closing.end()
        stop_watching()
