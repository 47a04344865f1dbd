"""A run on Weights & Biases: metrics over generator updates, pictures, histograms, configuration."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only, rank_zero_warn
from torch import Tensor

from lit_wgan.engine.collectives import on_rank_zero, rank_and_world
from lit_wgan.engine.files import atomic_write, writing
from lit_wgan.engine.internals import attach_wandb_run
from lit_wgan.errors import UsageError
from lit_wgan.runs.histograms import histogram
from lit_wgan.runs.metrics_rows import read_rows
from lit_wgan.runs.wandb_account import OTHERWISE, check_account, is_connected

AXIS = "generator_updates"
STOPPED = "stopped"


class WandbRun(WandbLogger):
    """Lightning's W&B logger with generator updates as the axis, which checks the account first and can continue a run.

    W&B's files and the run's identifier are kept in the run's directory: a logger of the same directory continues the
    same run on W&B. A failure of W&B while training is a warning, not an error.

    Args:
        directory: of the run.
        project: on W&B; None for ``WANDB_PROJECT`` or, without it, lit-wgan.
        entity: user or team on W&B; None for the key's own.
        group: of runs, on W&B.
        name: of the run on W&B; None for the last two parts of its directory.
        tags: of the run on W&B.
        log_model: upload checkpoints as artifacts: true for the best and the last when the run ends, ``all`` for each
            when it is written.
        finish_timeout: seconds to wait at the end for what is still to be uploaded; 0 to wait without end.
        continue_after: the generator update from which the run continues; W&B gets the rows of metrics.csv up to it
            that an attempt that was killed did not send. None for a new run.

    Raises:
        UsageError: when training starts, on all devices, if W&B refuses the account or the run.
    """

    def __init__(
        self,
        directory: str,
        project: str | None = None,
        entity: str | None = None,
        group: str | None = None,
        name: str | None = None,
        tags: Sequence[str] = (),
        log_model: bool | Literal["all"] = False,
        finish_timeout: float = 60.0,
        continue_after: int | None = None,
    ):
        self.directory = Path(directory)
        project = project or os.environ.get("WANDB_PROJECT", "lit-wgan")
        name = name or "/".join(self.directory.parts[-2:])
        super().__init__(name, directory, project=project, log_model=log_model)
        self.finish_timeout = finish_timeout
        self.continue_after = continue_after
        own = {"name": name, "dir": directory, "project": project, "entity": entity, "group": group}
        self._options: dict[str, Any] = own | {"tags": list(tags), "resume": "allow"}
        self._run: Any = None
        self._opened = False
        self._logged_before = 0
        self._stopped = False
        self._failed = False

    @property
    def experiment(self) -> Any:
        """The run on W&B; on devices but the first, an object whose methods do nothing.

        The first use, on all devices, opens the run, and fails on all devices or on none.
        """
        if not self._opened:
            on_rank_zero(self._open)
            self._opened = True
        return self._run_on_rank_zero

    @property
    @rank_zero_experiment
    def _run_on_rank_zero(self) -> Any:
        return self._run

    def _open(self) -> None:
        import wandb

        check_account()
        identifier = self.directory / "wandb_id.txt"
        with writing(identifier):
            self.directory.mkdir(parents=True, exist_ok=True)
        known = identifier.read_text().strip() if identifier.exists() else None
        try:
            run = wandb.init(**self._init_options(known))
        except wandb.errors.Error as error:
            reason = " ".join(str(error).split())
            raise UsageError(f"Expected W&B to open a run, but got: {reason}. Correct that, or: {OTHERWISE}") from error
        self._attach(run)
        run.define_metric(AXIS)
        run.define_metric("*", step_metric=AXIS, step_sync=True)
        if run.resumed:
            self._catch_up(run)
        if not run.disabled:
            with atomic_write(identifier) as file:
                file.write(f"{run.id}\n".encode())

    def _attach(self, run: Any) -> None:
        self._run, self._opened = run, run is not None
        attach_wandb_run(self, run)

    def _catch_up(self, run: Any) -> None:
        """Send what W&B lacks up to the last checkpoint; where it has more, nothing is sent twice."""
        run.tags = tuple(tag for tag in run.tags or () if tag != STOPPED)
        self._logged_before = run.summary.get(AXIS, 0)
        if self.continue_after is not None:
            for step, metrics in read_rows(self.directory / "metrics.csv"):
                if step <= self.continue_after:
                    self.log_metrics(metrics, step)

    def _init_options(self, known: str | None) -> dict[str, Any]:
        import wandb

        given = os.environ.get("WANDB_RUN_ID")
        if known and given and known != given:
            raise UsageError(
                f"Expected the W&B run {known}, with which {self.directory} was begun, but got WANDB_RUN_ID={given}. "
                "Leave --ckpt_path last out, as each trial of a sweep is a run of its own, or unset the variable."
            )
        options = self._options | {"id": known, "settings": wandb.Settings(finish_timeout=self.finish_timeout)}
        if "WANDB_SWEEP_ID" in os.environ:  # the agent has decided these
            options |= {"id": None, "project": None, "entity": None}
        if not is_connected():
            del options["resume"]
        return options

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log metrics of a generator update, unless W&B has those of later ones from before an interruption."""
        if step is None or step >= self._logged_before:
            with self._failure_as_warning():
                self.experiment.log(dict(metrics) | ({} if step is None else {AXIS: step}))

    @rank_zero_only
    def log_histograms(self, values: Mapping[str, Tensor], step: int) -> None:
        """Log a histogram of the entries of each tensor, in 64 bins."""
        import wandb

        self.log_metrics({name: wandb.Histogram(np_histogram=histogram(x)) for name, x in values.items()}, step)

    def log_options(self, options: Mapping[str, Any]) -> None:
        """Put the run's options into its configuration, as :meth:`log_hyperparams` does."""
        self.log_hyperparams(options)

    @rank_zero_only
    def log_picture(self, name: str, path: Path, step: int) -> None:
        """Log a PNG."""
        self.log_image(name, [str(path)], step=step)

    @rank_zero_only
    def log_note(self, name: str, text: str, step: int) -> None:
        """Put a text into the run's summary."""
        with self._failure_as_warning():
            self.experiment.summary[name] = text

    @rank_zero_only
    def log_hyperparams(self, params: Any) -> None:
        """Put options into the run's configuration, except those it has already, as in a sweep."""
        config = self.experiment.config
        super().log_hyperparams({name: value for name, value in params.items() if config.get(name) != value})

    def mark_stopped(self) -> None:
        """Let the run end as finished, with the tag ``stopped``, since a signal or an agent asked for it."""
        self._stopped = True
        if rank_and_world()[0] == 0:
            with self._failure_as_warning():
                self.experiment.tags = (*(self.experiment.tags or ()), STOPPED)

    def after_save_checkpoint(self, checkpoint_callback: ModelCheckpoint) -> None:
        """Upload it, if all are wanted as artifacts."""
        with self._failure_as_warning():
            super().after_save_checkpoint(checkpoint_callback)

    def finalize(self, status: str) -> None:
        """End the run: finished, or failed if an exception ended it."""
        if self._run is not None:
            succeeded = self._stopped or status == "success"
            with self._failure_as_warning():
                super().finalize("success" if succeeded else status)
            with self._failure_as_warning():
                self._run.finish(exit_code=0 if succeeded else 1)
        self._attach(None)

    @contextmanager
    def _failure_as_warning(self) -> Iterator[None]:
        """A failure of W&B while training is a warning, once, and not an error."""
        try:
            yield
        except Exception as error:  # W&B raises many kinds, the bare one among them
            if not self._failed:
                self._failed = True
                rank_zero_warn(
                    f"W&B is lost ({type(error).__name__}: {error}). Training goes on, and so does metrics.csv; "
                    f"wandb sync {self.directory}/wandb/run-* sends what W&B has kept."
                )


def wandb_runs(trainer: Trainer) -> list[WandbRun]:
    """A trainer's loggers that log to W&B."""
    return [logger for logger in trainer.loggers if isinstance(logger, WandbRun)]
