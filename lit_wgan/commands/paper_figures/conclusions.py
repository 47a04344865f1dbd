"""What is made of experiments, each as soon as its runs are trained."""

import hashlib
import json
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from lit_wgan.commands.paper_figures.training import Training
from lit_wgan.commands.terminal import complain, say
from lit_wgan.engine.files import atomic_write
from lit_wgan.experiments import Experiment, Result
from lit_wgan.experiments.found import source
from lit_wgan.experiments.outcome import Outcome, outcome_of, write_outcome
from lit_wgan.runs.run import Run


class Conclusions:
    """Measures and draws experiments; one that fails costs the others nothing.

    Args:
        experiments: by name.
        trainings: of the experiments that have runs or need none: for each seed, those of its runs.
        full: with the papers' own budgets.
        output: folder of what is written.
    """

    def __init__(
        self,
        experiments: Mapping[str, Experiment],
        trainings: Mapping[str, Sequence[Sequence[Training]]],
        full: bool,
        output: Path,
    ):
        self.experiments = experiments
        self.trainings = trainings
        self.full = full
        self.output = output
        self.outcomes: dict[str, Outcome] = {}
        self.failures: dict[str, str] = {}
        self._errors: dict[Path, str] = {}
        self._awaited = {name: {run.folder for runs in seeds for run in runs} for name, seeds in trainings.items()}
        for name in [name for name, folders in self._awaited.items() if not folders]:
            self._conclude(name)

    def take(self, training: Training, error: str) -> None:
        """Conclude the experiments for which a training was the last to end.

        Args:
            training: has ended.
            error: why it failed; nothing if it did not.
        """
        if error:
            self._errors[training.folder] = error
        for name, folders in self._awaited.items():
            if training.folder in folders:
                folders.remove(training.folder)
                if not folders:
                    self._conclude(name)

    def _conclude(self, name: str) -> None:
        runs = [run for of_seed in self.trainings[name] for run in of_seed]
        failed = {run.label: self._errors[run.folder] for run in runs if run.folder in self._errors}
        if failed:
            self.failures[name] = "; ".join(f"the run {label} failed: {error}" for label, error in failed.items())
            return
        try:
            self.outcomes[name] = conclude(name, self.experiments[name], self.full, self.trainings[name], self.output)
        except Exception as error:  # of the experiment's own code
            complain(traceback.format_exc())
            self.failures[name] = f"{type(error).__name__}: {error}"


def conclude(
    name: str, experiment: Experiment, full: bool, of_seeds: Sequence[Sequence[Training]], output: Path
) -> Outcome:
    """Measure and draw an experiment whose runs are trained, and write what came out."""
    say(f"{name}: measuring")
    results = []
    for seed, trainings in enumerate(of_seeds):
        runs = {training.label: _trained(training) for training in trainings}
        results.append(Result(seed, runs, _measured(name, experiment, runs, trainings, output / name, seed)))
    outcome = outcome_of(name, experiment, full, results)
    write_outcome(output / name, outcome, experiment.draw(results))
    return outcome


def _trained(training: Training) -> Run:
    run = training.run()
    if run is None:
        raise RuntimeError(f"Expected the run {training.label} to be trained, but got nothing in {training.folder}.")
    return run


def _measured(
    name: str, experiment: Experiment, runs: Mapping[str, Run], trainings: Sequence[Training], folder: Path, seed: int
) -> dict[str, float]:
    """The numbers of a seed, which are kept as long as neither the experiment's file nor its runs change."""
    what = [source(name).read_text(), *(str(training.folder) for training in trainings)]
    digest = hashlib.sha256(json.dumps(what).encode()).hexdigest()
    kept = folder / f"seed_{seed}.json"
    if kept.is_file() and (held := json.loads(kept.read_text()))["of"] == digest:
        return held["numbers"]
    numbers = {number: float(value) for number, value in experiment.measure(runs).items()}
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(kept) as file:
        file.write(json.dumps({"of": digest, "numbers": numbers}, indent=2).encode())
    return numbers
