"""Run trials side by side, until there are enough or a signal says stop."""

import math
import time
from collections.abc import Callable

from optuna.trial import Trial, TrialState

from lit_wgan.commands.interruption import Interruption
from lit_wgan.commands.sweep.parameters import Value, shown
from lit_wgan.commands.sweep.search import Search
from lit_wgan.commands.sweep.trial import HeldElsewhereError, TrialProcess, killed_at_exit
from lit_wgan.commands.terminal import say

POLL_SECONDS = 0.2
IDLE_SECONDS = 2.0
Start = Callable[[int, dict[str, Value], int], TrialProcess]
"""Starts a trial, given its number, its values, and its slot among those that run at the same time."""
Running = tuple[Trial, TrialProcess]


class Driver:
    """Runs trials side by side.

    Args:
        search: chooses the values of trials and keeps their results.
        start: starts a trial.
        parallel: trials at the same time.
        last_update: the generator update at which a trial ends.
    """

    def __init__(self, search: Search, start: Start, parallel: int, last_update: int):
        self.search = search
        self.start = start
        self.last_update = last_update
        self._slots: list[Running | None] = [None] * parallel
        self._pruned: set[int] = set()
        self._waits = False
        self.interruption = Interruption("trials")

    def run(self, count: int) -> None:
        """Run until ``count`` trials have begun and ended, those of others and of earlier attempts included.

        Or until a signal. Trials that others left unfinished come first, and go on from their checkpoints.
        """
        with self.interruption.heard(), killed_at_exit(self._slots):
            while True:
                for slot, held in enumerate(self._slots):
                    if held is None and not self.interruption.signal:
                        self._slots[slot] = self._next(count, slot)
                at_work = any(self._slots)
                if not at_work and (self.interruption.signal or not self._wait_for_others()):
                    return
                time.sleep(POLL_SECONDS if at_work else IDLE_SECONDS)
                for slot, held in enumerate(self._slots):
                    if held is not None and not self._look(*held):
                        self._slots[slot] = None

    def _next(self, count: int, slot: int) -> Running | None:
        """Go on with a trial that has lost its process, or begin a new one; None where there is nothing to do."""
        how, trial = "goes on", self.search.take_up()
        if trial is None:
            how, trial = "begins", self.search.begin(count)
        if trial is None:
            return None
        values = self.search.values(trial)
        _say(trial, f"{how} with {', '.join(f'{name} {shown(value)}' for name, value in values.items())}")
        try:
            return trial, self.start(trial.number, values, slot)
        except HeldElsewhereError:
            if self.search.leases is None:
                raise
            _say(trial, "still runs on another machine, though its sweep does not")
            self.search.leave(trial)
            return None

    def _wait_for_others(self) -> bool:
        """Whether other machines have trials that have not ended, which this one takes up if they are lost."""
        waits = self.search.runs_elsewhere()
        if waits and not self._waits:
            say("Waiting for the trials of other machines.")
        self._waits = waits
        return waits

    def _look(self, trial: Trial, process: TrialProcess) -> bool:
        """Record what a trial has logged, stop it if it has no chance, and return whether it still runs."""
        running = process.running()  # before its file is read, so that nothing is missed
        if not self.search.is_ours(trial, ask=not running):
            process.kill()
            self.search.leave(trial)
            _say(trial, "was taken up by another machine, to which this one seemed to be gone")
            return False
        evaluations = process.evaluations(self.search.file.metric)
        hopeless = self.search.report(trial, evaluations, self.last_update)
        if not running:
            self._end(trial, process, evaluations)
        elif hopeless or self.interruption.signal:
            self._pruned |= {trial.number} if hopeless else set()
            process.stop()
        return running

    def _end(self, trial: Trial, process: TrialProcess, evaluations: list[tuple[int, float]]) -> None:
        metric = self.search.file.metric
        update, value = evaluations[-1] if evaluations else (0, math.nan)
        if process.finished() and math.isfinite(value):
            self.search.end(trial, TrialState.COMPLETE, value)
            _say(trial, f"finished, {metric} {value:.4g}")
        elif trial.number in self._pruned:
            self.search.end(trial, TrialState.PRUNED)
            _say(trial, f"stopped early after {update} updates, {metric} {value:.4g}")
        elif self.interruption.signal or process.stopped():
            self.search.leave(trial, to_others=True)
            _say(trial, f"interrupted after {update} updates")
        else:
            reason = f"ended with {metric} {value}" if process.finished() else process.error()
            self.search.end(trial, TrialState.FAIL, reason=reason)
            _say(trial, f"failed: {reason}")


def _say(trial: Trial, what: str) -> None:
    say(f"trial {trial.number}: {what}")
