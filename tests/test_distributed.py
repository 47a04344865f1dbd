import torch.distributed as dist

from lit_wgan.distributed import disconnect


def test_disconnecting_leaves_the_process_group_if_there_is_one():
    disconnect()
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    disconnect()
    assert not dist.is_initialized()
