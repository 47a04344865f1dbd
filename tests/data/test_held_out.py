import pytest
import torch

from lit_wgan.data.held_out import HeldOutBatches


@pytest.mark.parametrize("devices", [1, 2, 3, 7])
@pytest.mark.parametrize(("samples", "batch_size"), [(10, 4), (12, 4), (9, 4), (1, 4), (3, 100)])
def test_devices_together_see_every_sample_once_in_as_many_batches(samples, batch_size, devices):
    data = torch.arange(2 * samples).view(samples, 2)
    ranks = [HeldOutBatches(data, batch_size, slice(rank, None, devices), -data) for rank in range(devices)]
    for batch, whole in zip(zip(*ranks, strict=True), data.split(batch_size), strict=True):
        for rank, (real, condition) in enumerate(batch):
            assert torch.equal(real, whole[rank::devices])
            assert torch.equal(condition, -real)
    assert {len(batches) for batches in ranks} == {len(data.split(batch_size))}
