"""Progress fits its terminal, counts from where a run continues, and is a line where there is no terminal."""

import io
import os
import re
import sys

import pytest
import torch
from lightning.pytorch import Callback

from lit_wgan import ToyData
from lit_wgan.callbacks import GeneratorUpdates
from lit_wgan.callbacks.progress import SHOWN, progress_line
from lit_wgan.systems import WGANGP


@pytest.mark.parametrize(
    ("last", "end"), [(200, "of 200, 5 updates/s, 0:00:30 left, estimate 0.5"), (-1, ", 5 updates/s, estimate 0.5")]
)
def test_a_line_tells_rate_and_time_left_of_this_process_alone(last, end):
    line = progress_line(50, first=40, last=last, seconds=2.0, metrics={"estimate": "0.5"})
    assert line == f"generator update 50{'' if last == -1 else ' '}{end}"


def test_a_line_before_any_progress_divides_by_nothing():
    assert progress_line(40, first=40, last=200, seconds=1.0, metrics={}) == "generator update 40 of 200, 0 updates/s"


class LogsAll(Callback):
    def on_train_batch_end(self, trainer, *args):
        trainer.callback_metrics.update({name: torch.tensor(-123.456) for name in SHOWN})


class Terminal(io.StringIO):
    def fileno(self):
        return 1


@pytest.fixture
def shown(trainer, networks, monkeypatch, tmp_path):
    """Trains with a progress bar on a terminal of some columns; returns all states of its lines."""

    def run(columns, max_steps, **options):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((columns, 50)))
        system = WGANGP(**networks(), n_critic=1)
        bars = {"callbacks": [LogsAll(), GeneratorUpdates(refresh_rate=1)], "enable_progress_bar": True}
        made = trainer(max_steps=max_steps, val_check_interval=1, limit_val_batches=1, **bars)
        made.fit(system, datamodule=ToyData("eight_gaussians", batch_size=4, num_held_out=8), **options)
        made.save_checkpoint(tmp_path / "last.ckpt")
        return [state.strip() for state in re.split(r"[\r\n]", terminal.getvalue()) if state.strip()]

    return run


@pytest.mark.parametrize("columns", [60, 80, 100, 300])
def test_nothing_of_a_bar_is_cut_and_nothing_is_left_of_validations(columns, shown):
    states = shown(columns, 3)
    assert "3/3" in states[-1]
    assert all(state.endswith("]") and len(state) <= columns for state in states)
    assert all(state.startswith("updates:") for state in states)
    assert ("estimate=-123.5" in states[-1]) == (columns >= 80)
    assert ("FID (digits)=-123.5" in states[-1]) == (columns == 300)


def test_a_bar_of_a_run_that_continues_starts_there_and_never_runs_backwards(shown, tmp_path):
    shown(100, 3)
    states = shown(100, 5, ckpt_path=tmp_path / "last.ckpt", weights_only=True)
    assert "3/5" in states[0]
    assert "5/5" in states[-1]
    assert not any(re.search(r"-[\d.]+(it|s/it)", state) for state in states)
