"""The runs of experiments: trained side by side, kept, and continued where they were interrupted."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from lit_wgan.commands.interruption import Interruption
from lit_wgan.commands.sweep.resources import resources_per_trial
from lit_wgan.commands.sweep.trial import TrialProcess, killed_at_exit
from lit_wgan.runs.directories import versions
from lit_wgan.runs.run import Run
from lit_wgan.runs.yaml_files import read_yaml

POLL_SECONDS = 0.2
DIVERGED = "diverged.txt"
"""Beside the run of a training whose losses became infinite: the message."""
ABOUT = ("the configuration of an experiment's run", "Run this in a clone of lit-wgan.")
"""What is read, and what to do where it is not there."""
OF_DIVERGENCE = "Expected finite losses"


@dataclass(frozen=True)
class Training:
    """A run of ``lit-wgan fit`` for experiments.

    Args:
        label: what it is called.
        options: all but its seed and its place.
        seed: of the run.
        runs: folder of all trainings.
        may_diverge: whether one that has diverged is as good as one that has finished.
    """

    label: str
    options: tuple[str, ...]
    seed: int
    runs: Path
    may_diverge: bool = False

    @property
    def folder(self) -> Path:
        """Its own, which other options, or another configuration, would change."""
        asked = [self.options, [read_yaml(file, *ABOUT) for file in self._config_files()]]
        digest = hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()[:8]
        return self.runs / f"{self.label}-{digest}" / f"seed_{self.seed}"

    def _config_files(self) -> list[Path]:
        pairs = zip(self.options, self.options[1:], strict=False)
        return [Path(value) for option, value in pairs if option == "--config"]

    def run(self) -> Run | None:
        """The run that has been trained; None where there is something left to do."""
        begun = versions(self.folder / self.label, holding="config.yaml")
        if not begun:
            return None
        run = Run(begun[max(begun)])
        diverged = self.may_diverge and (self.folder / DIVERGED).exists()
        return run if diverged or run.ended == "finished" else None

    def start(self, environment: dict[str, str]) -> TrialProcess:
        """Start it in a process of its own, or go on with what was interrupted."""
        place = ["--trainer.default_root_dir", str(self.folder), "--name", self.label, "--ckpt_path", "last"]
        command = [sys.executable, "-m", "lit_wgan", "fit", *self.options, "--seed_everything", str(self.seed), *place]
        return TrialProcess(self.folder, [*command, "--report", "false"], environment)

    def end(self, process: TrialProcess) -> str:
        """Note how its process ended, and return why it failed; nothing if it did not."""
        if process.finished():
            return ""
        error = process.error()
        if self.may_diverge and OF_DIVERGENCE in error:
            (self.folder / DIVERGED).write_text(f"{error}\n")
            return ""
        return error


def train(trainings: Sequence[Training], parallel: int) -> Generator[tuple[Training, str]]:
    """Train what has not been trained yet, so many at a time, with a progress bar.

    Yields:
        Each training as soon as it has ended, and why it failed; nothing if it did not. What was trained before is
        first.

    Raises:
        KeyboardInterrupt: after a signal, once the runs have saved.
    """
    waiting = [each for each in trainings if each.run() is None]
    yield from ((each, "") for each in trainings if each not in waiting)
    environments = [dict(os.environ) | share for share in resources_per_trial(parallel, torch.cuda.device_count())]
    slots: list[tuple[Training, TrialProcess] | None] = [None] * parallel
    shown = ""
    interruption = Interruption("runs")
    bar = tqdm(total=len(trainings), initial=len(trainings) - len(waiting), unit="run", disable=not waiting)
    with bar, interruption.heard(), killed_at_exit(slots):
        while any(slots) or (waiting and not interruption.signal):
            for slot, held in enumerate(slots):
                if held is None and waiting and not interruption.signal:
                    training = waiting.pop(0)
                    slots[slot] = training, training.start(environments[slot])
                elif held is not None and not held[1].running():
                    slots[slot] = None
                    bar.update()
                    yield held[0], held[0].end(held[1])
                elif held is not None and interruption.signal:
                    held[1].stop()
            at_work = ", ".join(held[0].label for held in slots if held is not None)
            if at_work != shown:
                bar.set_postfix_str(at_work)
                shown = at_work
            time.sleep(POLL_SECONDS)
    if interruption.signal:
        raise KeyboardInterrupt
