"""A run that was ended in the middle and continues equals one that nothing happened to, to the bit."""

import os
import random
import signal
import time

import pytest

pytestmark = pytest.mark.slow
LAST = ("--ckpt_path", "last")


def devices_and_workers(devices, workers):
    return "--trainer.devices", str(devices), "--data.num_workers", str(workers)


def accident_at(update, **options):
    options = [f"--trainer.callbacks.{name}={value}" for name, value in ({"update": update} | options).items()]
    return "--trainer.callbacks+=accidents.Accident", *options


@pytest.mark.parametrize(("devices", "workers"), [(1, 0), (1, 2), (2, 0), (2, 2)])
def test_killed_five_times_at_random_moments(devices, workers, runs, undisturbed, same_run):
    moments = random.Random(10 * devices + workers)
    options = (*devices_and_workers(devices, workers), "--trainer.max_steps", "1500", *LAST)
    for _ in range(5):
        process = runs.start(*options)
        runs.wait_for_checkpoint(process)
        time.sleep(moments.uniform(0, 0.8))
        assert process.poll() is None, "The run ended before it was killed."
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    runs.fit(*options)
    same_run(runs.result(), undisturbed(devices, 1500))


@pytest.mark.parametrize("devices", [1, 2])
@pytest.mark.parametrize(
    ("accident", "status"),
    [
        ({"signal": "SIGTERM"}, 0),
        ({"signal": "SIGUSR1"}, 0),
        ({"signal": "SIGINT"}, 130),
        ({"signal": "SIGTERM", "in_validation": True}, 0),
        ({"signal": "SIGKILL", "in_validation": True}, -signal.SIGKILL),
        ({}, 1),
        ({"in_validation": True}, 1),
    ],
    ids=str,
)
def test_ended_by_an_accident(accident, status, devices, runs, undisturbed, same_run):
    options = devices_and_workers(devices, 0)
    runs.fit(*options, *accident_at(60, **accident), status=status)
    runs.fit(*options, *LAST)
    same_run(runs.result(), undisturbed(devices, 200))


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1), (2, 3), (3, 1)])
def test_continued_on_another_number_of_devices(before, after, runs, undisturbed):
    runs.fit(*devices_and_workers(before, 0), *accident_at(60, signal="SIGTERM"))
    runs.fit(*devices_and_workers(after, 0), *LAST)
    (checkpoint, rows), (expected, expected_rows) = runs.result(), undisturbed(1, 200)
    assert checkpoint["lit_wgan"] == expected["lit_wgan"]
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
    for checkpoint in (runs.result()[0], undisturbed(1, 200)[0]):
        for name, weight in whole[0]["state_dict"].items():
            assert (checkpoint["state_dict"][name] - weight).abs().max() <= 1e-5, name


def test_torchrun_restarts_a_run_whose_process_was_killed(runs, undisturbed, same_run):
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1")
    options = (*devices_and_workers(2, 0), *LAST)
    err = runs.fit(*options, *accident_at(65, rank=1, signal="SIGKILL"), launcher=torchrun)
    assert "exitcode: -9" in err
    assert "Continuing from" in err
    same_run(runs.result(), undisturbed(2, 200))
