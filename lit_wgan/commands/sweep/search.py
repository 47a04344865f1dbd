"""Choose the values of trials and stop hopeless ones, with Optuna, in a study kept in a file."""

import json
import math
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.pruners import BasePruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import DatabaseError

from lit_wgan.commands.sweep.file import SweepFile
from lit_wgan.commands.sweep.parameters import Value, grid, spread
from lit_wgan.errors import UsageError

STUDY = "sweep"
"""Name of the study in its file."""
SPREAD_TRIALS = 5
"""Trials of a Bayesian search that are spread evenly, before there is anything to learn from."""


class Search:
    """An Optuna study in a folder, which survives the process that runs it.

    A trial's values depend on the sweep file, the trial's number and the results known when it starts. So a sweep that
    runs one trial at a time tries the same values whether or not it is interrupted.

    Args:
        file: the sweep file.
        folder: of the sweep; the study is ``study.db`` in it.
        for_trials: options of ``lit-wgan fit`` that all trials get.

    Raises:
        UsageError: if the folder belongs to another sweep.
    """

    def __init__(self, file: SweepFile, folder: Path, for_trials: list[str]):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.file = file
        self._reported: dict[int, int] = {}
        self.study, self._storage = _open(folder / "study.db", file)
        meaning = json.dumps([file.meaning, for_trials], sort_keys=True, default=str)
        if not self._is_of(meaning, folder / "study.db"):
            raise UsageError(
                f"Expected {folder} to be a new folder or that of {file.path}, but got one of another sweep, or of "
                "this file before it was changed. Choose another with --dir."
            )
        self.study.set_user_attr("sweep", meaning)
        if file.method == "grid":
            for values in grid(file.parameters):
                self.study.enqueue_trial(values, skip_if_exists=True)

    def _is_of(self, meaning: str, path: Path) -> bool:
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
                f"Expected {path} to hold trials of {self.file.path}, but got {type(error).__name__}: {reason}. Choose "
                "another folder with --dir."
            ) from error

    def interrupted(self) -> list[Trial]:
        """The trials that began and did not end."""
        running = self.study.get_trials(deepcopy=False, states=[TrialState.RUNNING])
        storage, study = self._storage, self._storage.get_study_id_from_name(STUDY)
        identities = [storage.get_trial_id_from_study_id_trial_number(study, trial.number) for trial in running]
        return [self._drawn(Trial(self.study, identity)) for identity in identities]

    def trials(self) -> list[FrozenTrial]:
        """All trials that began."""
        return [trial for trial in self.study.get_trials(deepcopy=False) if trial.state != TrialState.WAITING]

    def begin(self) -> Trial:
        """A new trial."""
        number = len(self.trials())
        if self.file.method == "bayes" and number < SPREAD_TRIALS:
            self.study.enqueue_trial(spread(self.file.parameters, number), skip_if_exists=True)
        return self._drawn(self.study.ask())

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

    def end(self, trial: Trial, state: TrialState, value: float | None = None, reason: str = "") -> None:
        """Record how a trial ended."""
        trial.set_user_attr("reason", reason)
        self.study.tell(trial, value, state)

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


def _open(path: Path, file: SweepFile) -> tuple[optuna.Study, RDBStorage]:
    try:
        storage = RDBStorage(f"sqlite:///{path}")
        study = optuna.create_study(
            study_name=STUDY,
            storage=storage,
            direction="maximize" if file.maximise else "minimize",
            pruner=_pruner(file),
            load_if_exists=True,
        )
        return study, storage
    except DatabaseError as error:
        raise UsageError(
            f"Expected {path} to be a study of Optuna, but got: {error.orig}. Choose another folder with --dir."
        ) from error


def _pruner(file: SweepFile) -> BasePruner:
    """Successive halving, which W&B's hyperband with its one bracket is; both count evaluations of the objective."""
    if file.early_stop is None:
        return NopPruner()
    return SuccessiveHalvingPruner(min_resource=file.early_stop.first, reduction_factor=file.early_stop.eta)
