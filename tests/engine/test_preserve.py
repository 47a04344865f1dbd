import random

import numpy as np
import pytest
import torch
from torch import nn

from lit_wgan.engine.preserve import averaged_buffers, evaluation_mode, matmul_precision, preserve_random_state


def leave_by(context, exception):
    """Leave a context by an exception, or regularly."""
    if exception:
        with pytest.raises(KeyError), context:
            raise KeyError
    else:
        with context:
            pass


def draws():
    return torch.rand(1).item(), np.random.rand(), random.random()


@pytest.mark.parametrize("exception", [False, True])
def test_random_states_are_left_as_they_were(exception):
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    expected = draws()
    torch.set_rng_state(states[0])
    np.random.set_state(states[1])
    random.setstate(states[2])

    def disturb():
        with preserve_random_state():
            torch.manual_seed(9)
            draws()
            if exception:
                raise KeyError

    if exception:
        with pytest.raises(KeyError):
            disturb()
    else:
        disturb()
    assert draws() == expected


@pytest.mark.parametrize("exception", [False, True])
def test_each_part_gets_its_own_training_flag_back(exception):
    network = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2), nn.Linear(2, 2))
    network[1].eval()
    leave_by(evaluation_mode(network), exception)
    assert [module.training for module in network.modules()] == [True, True, False, True]


def test_evaluation_mode_turns_off_training_gradients_and_autocast():
    network = nn.Linear(2, 2)
    with torch.autocast("cpu", torch.bfloat16), evaluation_mode(network):
        y = network(torch.ones(1, 2))
        assert not network.training
    assert y.dtype == torch.float32
    assert not y.requires_grad
    assert network(torch.ones(1, 2)).requires_grad


@pytest.mark.parametrize("exception", [False, True])
def test_buffers_are_put_back(exception):
    network = nn.BatchNorm1d(2)

    def disturb():
        with averaged_buffers(network):
            network.running_mean.fill_(7)
            if exception:
                raise KeyError

    if exception:
        with pytest.raises(KeyError):
            disturb()
    else:
        disturb()
    assert network.running_mean.tolist() == [0, 0]


@pytest.mark.parametrize("exception", [False, True])
@pytest.mark.parametrize(("precision", "inside"), [("float32", "ieee"), ("tf32", "tf32"), ("bfloat16", "ieee")])
def test_precision_of_products_is_set_and_put_back(precision, inside, exception):
    backends = [torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.mkldnn.conv]
    before = [backend.fp32_precision for backend in backends]
    with matmul_precision(precision):
        assert [backend.fp32_precision for backend in backends] == [inside] * 3
    leave_by(matmul_precision(precision), exception)
    assert [backend.fp32_precision for backend in backends] == before
