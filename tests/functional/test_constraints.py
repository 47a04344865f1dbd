import pytest
import torch
from torch import nn

from lit_wgan.functional.constraints import clip_weights_, fraction_at_bound


def test_clipping_bounds_all_parameters_and_keeps_those_inside():
    module = nn.Sequential(nn.Linear(20, 20), nn.GroupNorm(1, 20))
    before = [p.detach().clone() for p in module.parameters()]
    clip_weights_(module, 0.05)
    for old, new in zip(before, module.parameters(), strict=True):
        torch.testing.assert_close(new.detach(), old.clamp(-0.05, 0.05), rtol=0, atol=0)


def test_clipping_is_idempotent():
    module = nn.Linear(10, 10)
    clip_weights_(module, 0.01)
    once = module.weight.detach().clone()
    clip_weights_(module, 0.01)
    assert torch.equal(once, module.weight)


def test_clipping_leaves_buffers_and_the_graph_alone():
    module = nn.BatchNorm1d(3)
    clip_weights_(module, 0.01)
    assert torch.equal(module.running_var, torch.ones(3))
    assert module.weight.requires_grad
    assert module.weight.grad_fn is None


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_fraction_at_bound_counts_exactly_the_clipped_weights(dtype):
    module = nn.Linear(4, 1, bias=False).to(dtype)
    module.weight.data = torch.tensor([[-5.0, 0.001, 0.002, 7.0]], dtype=dtype)
    assert fraction_at_bound(module, 0.01) == 0.5
    clip_weights_(module, 0.01)
    assert fraction_at_bound(module, 0.01) == 0.5
