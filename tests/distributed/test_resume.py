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
    happens = [f"--trainer.callbacks.{name}={value}" for name, value in ({"update": 60} | accident).items()]
    runs.fit(*options, "--trainer.callbacks+=accidents.Accident", *happens, status=status)
    runs.fit(*options, *LAST)
    same_run(runs.result(), undisturbed(devices, 200))
