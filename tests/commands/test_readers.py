"""Output whose reader is gone is dropped; other errors of writing are not."""

import os
import sys
from pathlib import Path

import pytest

from lit_wgan.commands.readers import Droppable, drop_unread_output

TOY = str(Path(__file__).parents[2] / "configs" / "wgan_gp_eight_gaussians.yaml")
TINY = ["--model.generator.width", "4", "--model.critic.width", "4", "--data.batch_size", "8"]


def unread():
    """A stream to a pipe without a reader."""
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w")


def test_output_without_a_reader_is_dropped_and_later_output_too(monkeypatch):
    with unread() as out, unread() as err:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        with drop_unread_output():
            for _ in range(3):
                print("lost" * 10_000, flush=True)
                print("lost", file=sys.stderr, flush=True)
        assert (sys.stdout, sys.stderr) == (out, err)
        print("lost", flush=True)  # by what the command did not write itself


def test_a_full_disk_is_told():
    with open("/dev/full", "w") as full, pytest.raises(OSError, match="No space left"):
        Droppable(full).write("lost" * 10_000)
    # closing tries once more


def test_a_run_whose_output_nobody_reads_trains_to_its_end_and_saves(forks, tmp_path):
    arguments = ["fit", "--config", TOY, *TINY, "--trainer.max_steps", "3", "--trainer.accelerator", "cpu"]
    with unread() as nobody:
        command = [sys.executable, "-m", "lit_wgan", *arguments, "--trainer.log_every_n_steps", "1"]
        process = forks.start(command, cwd=tmp_path, env=dict(os.environ), stdout=nobody, stderr=nobody)
        assert process.wait() == 0
    assert (tmp_path / "runs" / "wgan_gp_eight_gaussians" / "version_0" / "checkpoints" / "last.ckpt").exists()
