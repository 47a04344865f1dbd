import signal
import subprocess

import pytest
import torch

from lit_wgan.engine.stopping import StopRequest, agree_on_signal, requeue

CPU = torch.device("cpu")


def test_without_a_signal_nobody_votes_to_stop():
    stop = StopRequest()
    assert not stop.agreed()
    assert stop.vote(CPU, torch.float64) == torch.zeros(1, dtype=torch.float64)
    assert not stop.agreed()


def test_a_signal_counts_from_the_next_vote_on():
    stop = StopRequest()
    stop.vote(CPU, torch.float32)
    stop.signal = signal.SIGTERM
    assert not stop.agreed()
    assert stop.vote(CPU, torch.float32) == 1
    assert stop.agreed()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_vote_of_one_device_in_thousands_is_enough(dtype):
    stop = StopRequest()
    vote = stop.vote(CPU, dtype)
    vote += 1
    vote /= 4096
    assert stop.agreed()
    assert stop.agreed()


def test_the_signal_is_what_this_process_received_when_it_is_alone():
    assert agree_on_signal(signal.SIGUSR1, CPU) == signal.SIGUSR1


@pytest.fixture
def scontrol(tmp_path, monkeypatch):
    """A stand-in for SLURM's command; returns the file in which it notes its arguments."""
    for name in ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"):
        monkeypatch.delenv(name, raising=False)
    program = tmp_path / "scontrol"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path / "called"


def test_a_job_is_requeued(scontrol, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    requeue()
    assert scontrol.read_text() == "requeue 17\n"


def test_a_task_of_an_array_is_requeued_by_its_own_name(scontrol, monkeypatch):
    for name, value in {"SLURM_JOB_ID": "19", "SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "2"}.items():
        monkeypatch.setenv(name, value)
    requeue()
    assert scontrol.read_text() == "requeue 17_2\n"


def test_outside_of_slurm_nothing_is_requeued(scontrol):
    requeue()
    assert not scontrol.exists()


@pytest.mark.parametrize("error", [FileNotFoundError("scontrol"), subprocess.CalledProcessError(1, "scontrol")])
def test_a_requeue_that_fails_is_a_warning(error, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.warns(UserWarning, match="Submit it again to continue"):
        requeue()
