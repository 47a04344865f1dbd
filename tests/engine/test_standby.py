"""Nodes that stand by while a run takes those that it can be divided among."""

import os
import signal
import threading

import pytest
import torch.distributed as dist

from lit_wgan.engine.signals import handling
from lit_wgan.engine.standby import OVER, Standby, nodes_taken


@pytest.mark.parametrize(
    ("nodes", "devices", "divided", "taken"),
    [(3, 1, 8, 2), (4, 1, 8, 4), (3, 2, 8, 2), (3, 4, 8, 2), (7, 1, 64, 4), (3, 1, 48, 3), (2, 1, 9, 1), (2, 3, 8, 0)],
)
def test_as_many_nodes_are_taken_as_divide_a_minibatch(nodes, devices, divided, taken):
    assert nodes_taken(nodes, devices, divided) == taken


@pytest.fixture
def one_of_three_nodes(monkeypatch, free_port):
    """Makes this process one of torchrun's three, on a node of its own."""

    def be(rank):
        variables = {"RANK": rank, "LOCAL_RANK": 0, "GROUP_RANK": rank, "WORLD_SIZE": 3, "LOCAL_WORLD_SIZE": 1}
        variables |= {"GROUP_WORLD_SIZE": 3, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port}
        variables |= {"TORCHELASTIC_RUN_ID": "test", "TORCHELASTIC_USE_AGENT_STORE": "False"}
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))

    return be


def store(is_master=False):
    port = int(os.environ["MASTER_PORT"])
    return dist.TCPStore("127.0.0.1", port, is_master=is_master, wait_for_workers=False, multi_tenant=True)


def test_processes_of_the_nodes_that_are_taken_count_these_alone(one_of_three_nodes, capfd):
    one_of_three_nodes(1)
    Standby().choose_nodes("model.shards", 8)
    assert (os.environ["WORLD_SIZE"], os.environ["GROUP_WORLD_SIZE"]) == ("2", "2")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("value", [6, 3])
def test_all_nodes_are_taken_where_that_fits(value, one_of_three_nodes):
    one_of_three_nodes(2)
    Standby().choose_nodes("data.batch_size", value)
    assert os.environ["WORLD_SIZE"] == "3"


@pytest.mark.parametrize(
    ("error", "told"), [(None, True), (SystemExit(0), True), (SystemExit(1), False), (OSError, False)]
)
def test_rank_0_says_why_nodes_stand_by_and_when_the_run_is_over(error, told, one_of_three_nodes, capfd):
    one_of_three_nodes(0)
    standby = Standby()
    try:
        with standby:
            standby.choose_nodes("data.batch_size", 64)
            other = store()
            if error is not None:
                raise error
    except (SystemExit, OSError):
        pass
    assert other.check([OVER]) is told
    message = "data.batch_size=64 cannot be divided among 3 devices, so 2 of 3 nodes train and the others stand by."
    assert message in capfd.readouterr().err


def test_a_node_that_stands_by_ends_with_the_run(one_of_three_nodes, capfd):
    one_of_three_nodes(2)
    served = store(is_master=True)
    threading.Timer(0.05, served.set, [OVER, ""]).start()
    with handling([signal.SIGINT, signal.SIGTERM], signal.SIG_DFL), pytest.raises(SystemExit) as ended:
        Standby().choose_nodes("model.shards", 8)
    assert ended.value.code == 0
    assert "This node stands by" in capfd.readouterr().err


def test_a_node_that_stands_by_fails_with_rank_0_so_that_torchrun_starts_it_anew(one_of_three_nodes):
    one_of_three_nodes(2)
    served = [store(is_master=True)]
    threading.Timer(0.05, served.clear).start()
    with handling([signal.SIGINT, signal.SIGTERM], signal.SIG_DFL), pytest.raises(dist.DistError):
        Standby().choose_nodes("model.shards", 8)
