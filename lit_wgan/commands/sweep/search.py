"""Choose the values of trials and stop hopeless ones, with Optuna, in a study that outlives the process."""

import json
import math
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.pruners import BasePruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import RandomSampler, TPESampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import DatabaseError

from lit_wgan.commands.sweep.file import SweepFile
from lit_wgan.commands.sweep.leases import OWNER, Leases
from lit_wgan.commands.sweep.parameters import Value, grid, spread
from lit_wgan.commands.sweep.storage import is_url, own_storage, shared_storage, shown
from lit_wgan.errors import UsageError

STUDY = "sweep"
"""Name of the study in its file."""
SPREAD_TRIALS = 5
"""Trials of a Bayesian search that are spread evenly, before there is anything to learn from."""


LOST = "lost"
"""How often a trial has lost its process, among what the study keeps of it."""
MOST_LOST = 3
"""A trial whose process is lost so often is not taken up again: it may be what brings its machine down."""


class Search:
    """An Optuna study, which survives the process that runs it, and which several machines may share.

    A trial's values depend on the sweep file, the trial's number and the results known when it starts. So a sweep that
    runs one trial at a time tries the same values whether or not it is interrupted.

    Args:
        file: the sweep file.
        folder: of the sweep; the study is ``study.db`` in it, unless it is shared.
        for_trials: options of ``lit-wgan fit`` that all trials get.
        storage: a folder or the URL of a database in which processes on several machines share the study.

    Raises:
        UsageError: if the folder or the storage belongs to another sweep.
    """

    def __init__(self, file: SweepFile, folder: Path, for_trials: list[str], storage: str | None = None):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.file = file
        self._reported: dict[int, int] = {}
        self._where = str(folder / "study.db") if storage is None else shown(storage)
        self._remedy = "Choose another folder with --dir." if storage is None else "Choose another --storage."
        self._storage = own_storage(folder) if storage is None else shared_storage(storage)
        name = file.path.stem if storage is not None and is_url(storage) else STUDY  # a database may hold several
        self.leases = None if storage is None else Leases(self._storage, name)
        with self.exclusively():
            self._open(name, folder, json.dumps([file.meaning, for_trials], sort_keys=True, default=str))
        self._left = [] if self.leases else self.interrupted()

    def _open(self, name: str, folder: Path, meaning: str) -> None:
        self.study = _study(name, self._storage, self.file, self._where, self._remedy)
        if not self._is_of(meaning):
            raise UsageError(
                f"Expected {self._where} to be new or of {self.file.path}, but got one of another sweep, or of "
                f"this file before it was changed. {self._remedy}"
            )
        if not self.trials() and (folder / "trials").is_dir() and any((folder / "trials").iterdir()):
            raise UsageError(
                f"Expected {folder} to hold no trials, of which {self._where} has none yet, but got some of another "
                "sweep in its trials/. Choose another --dir, or give the --storage that they belong to."
            )
        self.study.set_user_attr("sweep", meaning)
        if self.file.method == "grid":
            for values in grid(self.file.parameters):
                self.study.enqueue_trial(values, skip_if_exists=True)

    def exclusively(self) -> AbstractContextManager[None]:
        """Context in which no other process of a shared sweep is at the same time."""
        return self.leases.exclusively() if self.leases else nullcontext()

    def _is_of(self, meaning: str) -> bool:
        """Whether the study is new or of a sweep of this meaning; its trials can then be read."""
        try:
            same: bool = self.study.user_attrs.get("sweep", meaning) == meaning
            for trial in self.trials() if same else []:
                if trial.state.is_finished():
                    self.values(trial)
            return same
        except (ValueError, LookupError, TypeError, AttributeError, DatabaseError) as error:
            reason = " ".join(str(error).split())
            raise UsageError(
                f"Expected {self._where} to hold trials of {self.file.path}, but got {type(error).__name__}: {reason}. "
                f"{self._remedy}"
            ) from error

    def interrupted(self) -> list[Trial]:
        """The trials that began and did not end."""
        return [self._drawn(self._trial(trial)) for trial in self._running()]

    def trials(self) -> list[FrozenTrial]:
        """All trials that began."""
        return [trial for trial in self.study.get_trials(deepcopy=False) if trial.state != TrialState.WAITING]

    def take_up(self) -> Trial | None:
        """A trial to go on with that has lost its process: an earlier attempt's or, in a shared sweep, any other's.

        One that lost it too often has failed.
        """
        if self.leases is None:
            return self._left.pop(0) if self._left else None
        if not any(map(self.leases.is_abandoned, self._running())):
            return None
        with self.exclusively():
            for found in filter(self.leases.is_abandoned, self._running()):
                trial = self._trial(found)
                lost = trial.user_attrs.get(LOST, 0) + (found.user_attrs.get(OWNER) != "")
                trial.set_user_attr(LOST, lost)
                self.leases.take(trial.number, self._id(trial.number))
                if lost <= MOST_LOST:
                    return self._drawn(trial)
                self.end(trial, TrialState.FAIL, reason=f"its process was lost {lost} times")
        return None

    def runs_elsewhere(self) -> bool:
        """Whether other processes of a shared sweep have trials that have not ended."""
        return self.leases is not None and bool(self._running())

    def begin(self, count: int | None = None) -> Trial | None:
        """A new trial; None if ``count`` trials have begun."""
        if count is not None and len(self.trials()) >= count:
            return None
        with self.exclusively():
            number = len(self.trials())
            if count is not None and number >= count:  # another process was faster
                return None
            if self.file.method == "bayes" and number < SPREAD_TRIALS:
                self.study.enqueue_trial(spread(self.file.parameters, number), skip_if_exists=True)
            trial = self.study.ask()
            if self.leases:
                self.leases.take(trial.number, self._id(trial.number))
            return self._drawn(trial)

    def _running(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=[TrialState.RUNNING])

    def _trial(self, found: FrozenTrial) -> Trial:
        return Trial(self.study, self._id(found.number))

    def _id(self, number: int) -> int:
        study = self._storage.get_study_id_from_name(self.study.study_name)
        return self._storage.get_trial_id_from_study_id_trial_number(study, number)

    def values(self, trial: Trial | FrozenTrial) -> dict[str, Value]:
        """A trial's values."""
        return {name: trial.params[name] for name in self.file.parameters}

    def report(self, trial: Trial, evaluations: list[tuple[int, float]], last_update: int) -> bool:
        """Record a trial's evaluations, and return whether to stop it.

        Args:
            trial: that still runs.
            evaluations: all of its so far, each with its generator update.
            last_update: the generator update at which it ends, when it is too late to stop it.
        """
        if len(evaluations) <= self._reported[trial.number]:
            return False
        new = enumerate(evaluations[self._reported[trial.number] :], self._reported[trial.number] + 1)
        self._reported[trial.number] = len(evaluations)
        stop = False
        for number, (update, value) in new:
            trial.set_user_attr("updates", update)
            trial.report(value, number)
            stop = stop or (update != last_update and trial.should_prune())
        return stop

    def is_ours(self, trial: Trial, ask: bool = True) -> bool:
        """Whether no other process has taken the trial up, to which this one seemed to be gone.

        Args:
            trial: that this process began or took up.
            ask: the storage, not the memory of the last renewal of the lease.
        """
        return self.leases is None or self.leases.holds(trial.number, ask)

    def end(self, trial: Trial, state: TrialState, value: float | None = None, reason: str = "") -> None:
        """Record how a trial ended."""
        trial.set_user_attr("reason", reason)
        self.study.tell(trial, value, state)
        self.leave(trial)

    def leave(self, trial: Trial, to_others: bool = False) -> None:
        """Have no more to do with a trial; one that has not ended may be left to others at once."""
        if self.leases and to_others:
            self.leases.release(trial.number)
        elif self.leases:
            self.leases.forget(trial.number)

    def _drawn(self, trial: Trial) -> Trial:
        """Draw a trial's values, or the rest of them if an earlier sweep was killed while it drew them."""
        seed = trial.number
        bayes = self.file.method == "bayes"
        self.study.sampler = TPESampler(n_startup_trials=SPREAD_TRIALS, seed=seed) if bayes else RandomSampler(seed)
        for name, distribution in self.file.parameters.items():
            _draw(trial, name, distribution)
        known = self.study.get_trials(deepcopy=False)[trial.number].intermediate_values
        self._reported[trial.number] = len(known)
        return trial


def last_value(trial: FrozenTrial) -> float:
    """A trial's last value of the objective; NaN if it has none."""
    values = trial.intermediate_values
    return values[max(values)] if values else math.nan


def _draw(trial: Trial, name: str, distribution: BaseDistribution) -> None:
    if isinstance(distribution, CategoricalDistribution):
        trial.suggest_categorical(name, distribution.choices)
    elif isinstance(distribution, IntDistribution):
        trial.suggest_int(name, distribution.low, distribution.high)
    elif isinstance(distribution, FloatDistribution):
        trial.suggest_float(name, distribution.low, distribution.high, step=distribution.step, log=distribution.log)


def _study(name: str, storage: BaseStorage, file: SweepFile, where: str, remedy: str) -> optuna.Study:
    try:
        return optuna.create_study(
            study_name=name,
            storage=storage,
            direction="maximize" if file.maximise else "minimize",
            pruner=_pruner(file),
            load_if_exists=True,
        )
    except DatabaseError as error:
        raise UsageError(f"Expected {where} to be a study of Optuna, but got: {error.orig}. {remedy}") from error


def _pruner(file: SweepFile) -> BasePruner:
    """Successive halving, which W&B's hyperband with its one bracket is; both count evaluations of the objective."""
    if file.early_stop is None:
        return NopPruner()
    return SuccessiveHalvingPruner(min_resource=file.early_stop.first, reduction_factor=file.early_stop.eta)
