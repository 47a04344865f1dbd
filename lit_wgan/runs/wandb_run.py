"""A run on Weights & Biases: the figures of metrics.csv over generator updates, pictures, histograms, configuration."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from lightning.fabric.loggers.logger import _DummyExperiment
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only, rank_zero_warn
from torch import Tensor

from lit_wgan.engine.collectives import on_rank_zero, rank_and_world
from lit_wgan.errors import UsageError
from lit_wgan.runs.metrics_file import read_rows
from lit_wgan.runs.wandb_account import OTHERWISE, check_account, is_connected

AXIS = "generator_updates"
STOPPED = "stopped"


class WandbRun(WandbLogger):
    """Lightning's W&B logger with generator updates as the axis, a check of the account first, and a way to go on.

    What W&B keeps on disk goes into the run's directory, with the run's identifier: a logger of the same directory goes
    on with the same run.

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
        continue_after: the generator update with which the run goes on, up to which W&B gets the rows of metrics.csv
            that an attempt that was killed did not send; None for a new run.

    Raises:
        UsageError: when training starts, on all devices, if W&B does not let the run in.
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
        super().__init__(
            name or "/".join(self.directory.parts[-2:]), directory, project=project, log_model=log_model, entity=entity
        )
        self._wandb_init |= {"group": group, "tags": list(tags)}
        del self._wandb_init["anonymous"]  # which W&B no longer knows
        self.finish_timeout = finish_timeout
        self.continue_after = continue_after
        self._logged_before = 0
        self._stopped = False
        self._lost = False

    @property
    def experiment(self) -> Any:
        """The run on W&B; on devices but the first, something that takes all calls and does nothing.

        The first use, on all devices, opens the run, and fails on all devices or on none.
        """
        if self._experiment is None:
            on_rank_zero(self._open)
            if rank_and_world()[0] != 0:
                self._experiment = _DummyExperiment()  # type: ignore[assignment]
        return self._experiment

    def _open(self) -> None:
        import wandb

        check_account()
        self.directory.mkdir(parents=True, exist_ok=True)
        identifier = self.directory / "wandb_id.txt"
        known = identifier.read_text().strip() if identifier.exists() else None
        try:
            self._experiment = run = wandb.init(**self._options(known))
        except wandb.errors.Error as error:
            reason = " ".join(str(error).split())
            raise UsageError(f"Expected W&B to open a run, but got: {reason}. Correct that, or: {OTHERWISE}") from error
        run.define_metric(AXIS)
        run.define_metric("*", step_metric=AXIS, step_sync=True)
        if run.resumed:
            self._catch_up(run)
        if not run.disabled:
            self._id = run.id
            identifier.write_text(f"{run.id}\n")

    def _catch_up(self, run: Any) -> None:
        """Let W&B know all up to the last checkpoint and, where it knows more, nothing twice."""
        run.tags = tuple(tag for tag in run.tags or () if tag != STOPPED)
        self._logged_before = run.summary.get(AXIS, 0)
        if self.continue_after is not None:
            for step, figures in read_rows(self.directory / "metrics.csv"):
                if step <= self.continue_after:
                    self.log_metrics(figures, step)

    def _options(self, known: str | None) -> dict[str, Any]:
        import wandb

        given = os.environ.get("WANDB_RUN_ID")
        if known and given and known != given:
            raise UsageError(
                f"Expected the W&B run {known}, with which {self.directory} was begun, but got WANDB_RUN_ID={given}. "
                "Leave --ckpt_path last out, as each trial of a sweep is a run of its own, or unset the variable."
            )
        options = self._wandb_init | {"id": known, "settings": wandb.Settings(finish_timeout=self.finish_timeout)}
        if "WANDB_SWEEP_ID" in os.environ:  # the agent has decided these
            options |= {"id": None, "project": None, "entity": None}
        if not is_connected():
            del options["resume"]
        return options

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log what belongs to a generator update, unless the run has told of later ones before it was interrupted."""
        if step is None or step >= self._logged_before:
            with self._at_no_risk():
                self.experiment.log(dict(metrics) | ({} if step is None else {AXIS: step}))

    @rank_zero_only
    def log_histograms(self, values: Mapping[str, Tensor], step: int) -> None:
        """Log how the entries of tensors are distributed, each in 64 bins."""
        import wandb

        self.log_metrics({name: wandb.Histogram(np_histogram=histogram(x)) for name, x in values.items()}, step)

    @rank_zero_only
    def log_hyperparams(self, params: Any) -> None:
        """Put options into the run's configuration, but for those that are there already, as in a sweep."""
        config = self.experiment.config
        super().log_hyperparams({name: value for name, value in params.items() if config.get(name) != value})

    def mark_stopped(self) -> None:
        """Let the run end as a whole one, with the tag ``stopped``: a signal or an agent asked for it."""
        self._stopped = True
        if rank_and_world()[0] == 0:
            with self._at_no_risk():
                self.experiment.tags = (*(self.experiment.tags or ()), STOPPED)

    def after_save_checkpoint(self, checkpoint_callback: ModelCheckpoint) -> None:
        """Upload it, if all are wanted as artifacts."""
        with self._at_no_risk():
            super().after_save_checkpoint(checkpoint_callback)

    def finalize(self, status: str) -> None:
        """End the run: finished, or failed if an exception ended it."""
        if self._experiment is None:
            return
        succeeded = self._stopped or status == "success"
        with self._at_no_risk():
            super().finalize("success" if succeeded else status)
        with self._at_no_risk():
            self._experiment.finish(exit_code=0 if succeeded else 1)
        self._experiment = None

    @contextmanager
    def _at_no_risk(self) -> Iterator[None]:
        """For what is told to W&B while training: where it fails, W&B is given up and training is not."""
        try:
            yield
        except Exception as error:  # W&B raises many kinds, the bare one among them
            if not self._lost:
                self._lost = True
                rank_zero_warn(
                    f"W&B is lost ({type(error).__name__}: {error}). Training goes on, and so does metrics.csv; "
                    f"wandb sync {self.directory}/wandb/run-* sends what W&B has kept."
                )


def wandb_runs(trainer: Trainer) -> list[WandbRun]:
    """A trainer's loggers that log to W&B."""
    return [logger for logger in trainer.loggers if isinstance(logger, WandbRun)]


def histogram(values: Tensor, bins: int = 64) -> tuple[Any, Any]:
    """Counts and edges of the finite entries of a tensor, as NumPy arrays of ``bins`` and ``bins + 1`` numbers."""
    values = values.detach().flatten().cpu()
    values = values[values.isfinite()].double()
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return torch.histc(values, bins, low, high).numpy(), torch.linspace(low, high, bins + 1).double().numpy()


def flat_options(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested options by the names they have on the command line, such as ``model.clip_value``."""
    flat: dict[str, Any] = {}
    for name, value in options.items():
        path = prefix.rstrip(".") if name == "init_args" else f"{prefix}{name}"
        flat |= flat_options(value, f"{path}.") if isinstance(value, dict) and value else {path: value}
    return flat
