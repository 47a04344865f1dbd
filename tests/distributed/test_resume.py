"""A run that was ended in the middle and continues equals one that nothing happened to, to the bit."""

import os
import random
import signal
import time

import pytest
import torch

pytestmark = pytest.mark.slow
torture = pytest.mark.torture
LAST = ("--ckpt_path", "last")


def devices_and_workers(devices, workers):
    return "--trainer.devices", str(devices), "--data.num_workers", str(workers)


def accident_at(update, **options):
    options = [f"--trainer.callbacks.{name}={value}" for name, value in ({"update": update} | options).items()]
    return "--trainer.callbacks+=accidents.Accident", *options


TORTURE = [pytest.param(devices, workers, 5, marks=torture) for devices in (1, 2) for workers in (0, 2)]


@pytest.mark.parametrize(("devices", "workers", "times"), [(1, 0, 2), (2, 2, 2), *TORTURE])
def test_killed_at_random_moments(devices, workers, times, runs, undisturbed, same_run):
    moments = random.Random(10 * devices + workers)
    options = (*devices_and_workers(devices, workers), *LAST)
    for _ in range(times):
        process = runs.start(*options, "--trainer.max_steps", "1000000")
        runs.wait_for_checkpoint(process)
        time.sleep(moments.uniform(0, 0.8))
        assert process.poll() is None, process.communicate()[1]
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    reached = max(int(path.stem) for path in runs.checkpoints.glob("[0-9]*.ckpt"))
    max_steps = (reached // 100 + 1) * 100
    runs.fit(*options, "--trainer.max_steps", str(max_steps))
    same_run(runs.result(), undisturbed(devices, max_steps))


ACCIDENTS = [
    ({"signal": "SIGTERM"}, 0),
    ({"signal": "SIGUSR1"}, 0),
    ({"signal": "SIGINT"}, 130),
    ({"signal": "SIGTERM", "in_validation": True}, 0),
    ({"signal": "SIGKILL", "in_validation": True}, -signal.SIGKILL),
    ({}, 1),
    ({"in_validation": True}, 1),
]
A_SAMPLE = (ACCIDENTS[0], ACCIDENTS[4])
ON_TWO = [pytest.param(*accident, 2, marks=() if accident in A_SAMPLE else torture) for accident in ACCIDENTS]


@pytest.mark.parametrize(("accident", "status", "devices"), [*((*a, 1) for a in ACCIDENTS), *ON_TWO], ids=str)
def test_ended_by_an_accident(accident, status, devices, runs, undisturbed, same_run):
    options = devices_and_workers(devices, 0)
    runs.fit(*options, *accident_at(60, **accident), status=status)
    runs.fit(*options, *LAST)
    same_run(runs.result(), undisturbed(devices, 120))


@pytest.mark.parametrize(("update", "devices"), [(60, 1), (120, 1), (60, 2), pytest.param(120, 2, marks=torture)])
def test_a_validation_is_broken_off_by_a_signal_and_done_by_the_run_that_continues(
    update, devices, runs, undisturbed, same_run
):
    options = devices_and_workers(devices, 0)
    runs.fit(*options, *accident_at(update, signal="SIGTERM", in_validation=True))
    checkpoint, rows = runs.result()
    assert checkpoint["global_step"] == update
    assert not [row for row in rows if row["step"] == str(update) and row["eval/w1"]]
    runs.fit(*options, *LAST)
    same_run(runs.result(), undisturbed(devices, 120))


@pytest.mark.parametrize(
    ("before", "after"), [(1, 2), (3, 1), pytest.param(2, 1, marks=torture), pytest.param(2, 3, marks=torture)]
)
def test_continued_on_another_number_of_devices(before, after, runs, undisturbed):
    runs.fit(*devices_and_workers(before, 0), *accident_at(60, signal="SIGTERM"))
    runs.fit(*devices_and_workers(after, 0), *LAST)
    (checkpoint, rows), (expected, expected_rows) = runs.result(), undisturbed(1, 120)
    states = [dict(each["lit_wgan"]) for each in (checkpoint, expected)]
    assert all(map(torch.equal, *(state.pop("conditions") for state in states)))
    assert states[0] == states[1]
    for name, weight in expected["state_dict"].items():
        assert (checkpoint["state_dict"][name] - weight).abs().max() <= 1e-5, name
    assert [row["step"] for row in rows] == [row["step"] for row in expected_rows]


def test_a_compiled_run_continues_to_the_bit_and_is_that_of_two_devices_and_of_eager_mode(runs, undisturbed, same_run):
    compiled = ("--model.compile", "true", *LAST)
    runs.fit(*compiled)
    whole = runs.result()
    (runs.folder / "runs").rename(runs.folder / "undisturbed")
    runs.fit(*compiled, *accident_at(60, signal="SIGTERM"))
    runs.fit(*compiled)
    same_run(runs.result(), whole)
    (runs.folder / "runs").rename(runs.folder / "continued")
    runs.fit(*compiled, *devices_and_workers(2, 0))
    for checkpoint in (runs.result()[0], undisturbed(1, 120)[0]):
        for name, weight in whole[0]["state_dict"].items():
            assert (checkpoint["state_dict"][name] - weight).abs().max() <= 1e-5, name


def test_torchrun_restarts_a_run_whose_process_was_killed(runs, undisturbed, same_run):
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1")
    options = (*devices_and_workers(2, 0), *LAST)
    err = runs.fit(*options, *accident_at(65, rank=1, signal="SIGKILL"), launcher=torchrun)
    assert "exitcode: -9" in err
    assert "Continuing from" in err
    same_run(runs.result(), undisturbed(2, 120))
