"""How trials at the same time divide a machine."""

import pytest

from lit_wgan.commands.sweep.resources import resources_per_trial


@pytest.fixture
def machine(monkeypatch):
    def make(cores, **variables):
        monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
        for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return make


@pytest.mark.parametrize(("cores", "parallel", "threads"), [(8, 1, "8"), (8, 3, "2"), (2, 4, "1")])
def test_cores_are_divided_and_each_trial_has_one(cores, parallel, threads, machine):
    machine(cores)
    assert resources_per_trial(parallel, gpus=0) == [{"OMP_NUM_THREADS": threads}] * parallel


def test_a_number_of_threads_that_the_user_set_is_kept(machine):
    machine(8, OMP_NUM_THREADS="3")
    assert resources_per_trial(2, gpus=0) == [{}, {}]


@pytest.mark.parametrize(
    ("parallel", "gpus", "visible"),
    [(1, 2, ["0,1"]), (2, 2, ["0", "1"]), (2, 3, ["0,2", "1"]), (3, 2, ["0", "1", "0"])],
)
def test_gpus_are_divided_and_each_trial_has_one(parallel, gpus, visible, machine):
    machine(8, OMP_NUM_THREADS="1")
    assert [share["CUDA_VISIBLE_DEVICES"] for share in resources_per_trial(parallel, gpus)] == visible


def test_only_gpus_that_the_sweep_may_use_are_given_to_trials(machine):
    machine(8, OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="3,5")
    assert resources_per_trial(2, gpus=2) == [{"CUDA_VISIBLE_DEVICES": "3"}, {"CUDA_VISIBLE_DEVICES": "5"}]
