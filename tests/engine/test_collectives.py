import torch.distributed as dist

from lit_wgan.engine.collectives import disconnect, is_connection_error, lost_rank_error


def test_disconnecting_leaves_the_process_group_if_there_is_one():
    disconnect()
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    disconnect()
    assert not dist.is_initialized()


def test_processes_that_never_met_are_told_so():
    error = lost_rank_error()
    assert str(error) == "A process of the run cannot be reached, so the others end. Continue with --ckpt_path last."


def test_an_error_of_another_kind_is_no_lost_process():
    assert is_connection_error(RuntimeError("[gloo/transport/tcp/pair.cc:547] Connection closed by peer"))
    assert is_connection_error(dist.DistNetworkError("timed out"))
    assert not is_connection_error(RuntimeError("shapes differ"))
    assert not is_connection_error(NotImplementedError("gloo"))
