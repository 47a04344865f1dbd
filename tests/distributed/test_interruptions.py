"""Signals, lost processes and disks that fail, with real ones."""

import os
import random
import signal
import subprocess
import time

import pytest
import torch

pytestmark = pytest.mark.slow
TWO = ("--trainer.devices", "2")
LONG = ("--trainer.max_steps", "1000000", "--ckpt_path", "last")
HUNG = 600  # seconds


# The longer one under torture, where nothing else runs, since ten seconds are a promise only there.
@pytest.mark.parametrize(("attempts", "seconds"), [(3, HUNG), pytest.param(20, 10, marks=pytest.mark.torture)])
def test_every_sigterm_leaves_a_checkpoint_within_ten_seconds(attempts, seconds, runs):
    moments = random.Random(0)
    updates = 0
    for attempt in range(attempts):
        process = runs.start(*TWO, *LONG)
        runs.wait_for_checkpoint(process)
        time.sleep(moments.uniform(0, 0.3))
        (os.killpg if attempt % 2 else os.kill)(process.pid, signal.SIGTERM)
        _, err = process.communicate(timeout=seconds)
        assert process.returncode == 0, err
        assert err.count("Stopped by SIGTERM after") == 1
        assert err.count("Everything is in ") == 1
        checkpoint = torch.load(runs.checkpoints / "last.ckpt", weights_only=True)
        assert f"after {checkpoint['global_step']} generator updates" in err
        assert checkpoint["global_step"] > updates
        updates = checkpoint["global_step"]


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_stops_after_the_update_and_twice_at_once(presses, runs):
    process = runs.start(*TWO, *LONG)
    runs.wait_for_checkpoint(process)
    for _ in range(presses):
        os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=HUNG)
    assert process.returncode == 130
    assert "Press Ctrl-C again" in err
    assert ("Stopped by SIGINT" in err) or presses == 2


def test_a_job_of_slurm_is_requeued_once_after_saving(runs, tmp_path):
    program = tmp_path / "bin" / "scontrol"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\nls {runs.checkpoints} >> {tmp_path}/called\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    process = runs.start(*TWO, *LONG, PATH=path, SLURM_JOB_ID="17")
    runs.wait_for_checkpoint(process)
    (runs.checkpoints / "last.ckpt").unlink(missing_ok=True)
    os.killpg(process.pid, signal.SIGUSR1)
    _, err = process.communicate(timeout=HUNG)
    assert process.returncode == 0, err
    called = (tmp_path / "called").read_text()
    assert called.startswith("requeue 17\n")
    assert called.count("requeue") == 1
    assert "last.ckpt" in called


@pytest.mark.parametrize("rank", [0, 2, pytest.param(1, marks=pytest.mark.torture)])
def test_a_killed_process_ends_the_others_and_is_named(rank, runs):
    kill = [f"--trainer.callbacks.{option}" for option in ("update=30", f"rank={rank}", "signal=SIGKILL")]
    process = runs.start("--trainer.devices", "3", *LONG, "--trainer.callbacks+=accidents.Accident", *kill)
    _, err = process.communicate(timeout=HUNG)  # until the last process has closed its stderr
    assert process.returncode == (1 if rank else -signal.SIGKILL)
    assert f"lit-wgan: error: Rank {rank} " in err
    others = {0, 1, 2} - {rank}
    assert not any(f"lit-wgan: error: Rank {other} " in err for other in others)


def frozen(rank):
    """Options with which a rank freezes in the middle of training."""
    options = [f"--trainer.callbacks.{option}" for option in ("update=30", f"rank={rank}", "signal=SIGSTOP")]
    return "--trainer.callbacks+=accidents.Accident", *options


LIMIT = ("--trainer.strategy", "lightning.pytorch.strategies.DDPStrategy", "--trainer.strategy.timeout", "0:05:00")
LIMIT += ("--trainer.callbacks+=accidents.Patience", "--trainer.callbacks.seconds=5")


def test_rank_1_ends_when_rank_0_is_frozen_although_that_serves_the_store(runs):
    process = runs.start(*TWO, *LONG, *frozen(0), *LIMIT)
    runs.wait_for_rank(process, 1, "Z")
    os.kill(process.pid, signal.SIGCONT)
    _, err = process.communicate(timeout=HUNG)
    assert process.returncode != 0
    assert "lit-wgan: error: Rank 0 no longer answers" in err


def test_rank_0_ends_when_rank_1_is_frozen_and_takes_it_along(runs):
    process = runs.start(*TWO, *LONG, *frozen(1), *LIMIT)
    _, err = process.communicate(timeout=HUNG)  # until the frozen one has closed its stderr
    assert process.returncode == 1
    assert "lit-wgan: error: Rank 1 no longer answers" in err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_second_signal_ends_at_once_what_waits_for_a_frozen_process(number, status, runs):
    process = runs.start(*TWO, *LONG, *frozen(1))
    runs.wait_for_rank(process, 1, "T")
    while process.poll() is None:  # the first is not obeyed, as the update never ends
        process.send_signal(number)
        time.sleep(0.1)
    _, err = process.communicate(timeout=HUNG)
    assert process.returncode == status, err
    assert f"Ended at once by a second {number.name}" in err
    assert "Stopped by" not in err


def test_a_closed_terminal_stops_the_run_which_saves(runs):
    process = runs.start(*TWO, *LONG)
    runs.wait_for_checkpoint(process)
    os.killpg(process.pid, signal.SIGHUP)
    _, err = process.communicate(timeout=HUNG)
    assert process.returncode == 0, err
    assert err.count("Stopped by SIGHUP after") == 1


def test_a_run_is_continued_by_one_process_at_a_time(runs):
    first = runs.start(*TWO, *LONG)
    runs.wait_for_checkpoint(first)

    def steps():
        lines = (runs.checkpoints.parent / "metrics.csv").read_text().splitlines()
        return [line.rpartition(",")[2] for line in lines[1:]]

    before = steps()[:-1]  # the last line may not be complete yet
    err = runs.fit(*LONG, status=2)
    assert "lit-wgan: error: Expected no other process to train in " in err
    assert steps()[: len(before)] == before
    assert first.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    updates = torch.load(runs.checkpoints / "last.ckpt", weights_only=True)["global_step"]
    assert "Continuing from" in runs.fit("--ckpt_path", "last", "--trainer.max_steps", str(updates + 20))


def test_a_run_with_a_frozen_loader_worker_ends_after_saving_and_leaves_no_worker(runs):
    frozen = (
        "--trainer.callbacks+=accidents.FrozenWorker",
        "--trainer.callbacks.update=30",
        "--trainer.callbacks.seconds=3",
    )
    err = runs.fit(*LONG, "--data.num_workers", "2", *frozen)  # returns when no worker holds stderr any more
    assert "Stopped by SIGTERM after 31 generator updates" in err


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own for the runs of a test; returns a function that mounts it anew with other options."""
    folder = tmp_path / "runs"
    folder.mkdir()

    def mount(*options):
        return subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join(options), "lit-wgan", folder], capture_output=True
        )

    if mount("size=600k").returncode:
        pytest.skip("only root can mount a disk")
    yield mount
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_ends_the_run_in_one_line_and_keeps_the_last_checkpoint(small_disk, runs, undisturbed, same_run):
    options = ("--checkpoint.save_top_k=-1", "--trainer.max_steps=200")
    err = runs.fit(*options, status=2)
    (line,) = [line for line in err.splitlines() if "lit-wgan: error" in line]
    assert "No space left on device" in line
    assert "Traceback" not in err
    assert not list(runs.checkpoints.glob("*.tmp-*"))
    small_disk("remount", "size=50m")
    assert "Continuing from" in runs.fit(*options, "--ckpt_path", "last")
    same_run(runs.result(), undisturbed(1, 200))


def test_a_disk_that_cannot_be_written_ends_the_run_in_one_line(small_disk, runs):
    small_disk("remount", "ro")
    err = runs.fit(status=2)
    (line,) = [line for line in err.splitlines() if "lit-wgan: error" in line]
    assert "Expected trainer.default_root_dir to be a folder that can be written" in line
    assert "Traceback" not in err
