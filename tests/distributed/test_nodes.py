"""Nodes that torchrun brings and loses: torchruns of one process each, on one machine."""

import pytest

pytestmark = pytest.mark.slow
# Short waits: for nodes that may still come, and for the life sign of one that was lost.
ELASTIC = "last_call_timeout=1,keep_alive_interval=1,keep_alive_max_attempt=3"
IN_SHARDS = ("--data.batch_size", "16", "--model.shards", "2", "--trainer.max_steps", "60", "--ckpt_path", "last")
LOST = ("--trainer.callbacks+=accidents.LostNode", "--trainer.callbacks.update=25", "--trainer.callbacks.rank=1")


def test_a_node_that_stands_by_takes_the_place_of_one_that_is_lost(runs, tmp_path_factory, forks, free_port, same_run):
    stayed = type(runs)(tmp_path_factory.mktemp("stayed"), forks)
    stayed.fit(*IN_SHARDS)
    torchrun = ("-m", "torch.distributed.run", "--nnodes", "1:3", "--nproc-per-node", "1", "--max-restarts", "3")
    torchrun += ("--rdzv-backend", "c10d", "--rdzv-endpoint", f"localhost:{free_port}", "--rdzv-conf", ELASTIC)
    variables = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    nodes = [runs.start(*IN_SHARDS, *LOST, launcher=torchrun, **variables) for _ in range(3)]
    ends = runs.all_of(nodes)
    assert sorted(node.returncode for node in nodes) == [-9, 0, 0], ends
    output = "\n".join(ends)
    assert output.count("model.shards=2 cannot be divided among 3 devices, so 2 of 3 nodes train") == 1
    assert output.count("This node stands by") == 1
    assert "Continuing from" in output
    same_run(runs.result(), stayed.result())
