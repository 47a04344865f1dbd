import pytest
import torch
from torch.optim import SGD, Adam, RMSprop

from lit_wgan.engine.optimizer_states import find_fault, use_switches_

MAKERS = [
    lambda weights: Adam(weights, lr=1e-3, betas=(0.0, 0.9), amsgrad=True),
    lambda weights: SGD(weights, lr=1),
    lambda weights: SGD(weights, lr=0.1, momentum=0.9),
    lambda weights: RMSprop(weights, centered=True, momentum=0.5),
]


def stepped(make):
    """An optimizer that has made a step, and the options it was configured with."""
    weights = [torch.nn.Parameter(torch.ones(2, 3)), torch.nn.Parameter(torch.ones(()))]
    optimizer = make(weights)
    options = [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    return optimizer, options


@pytest.mark.parametrize("make", MAKERS)
def test_what_an_optimizer_has_made_itself_is_without_fault(make):
    optimizer, options = stepped(make)
    other, _ = stepped(make)
    other.load_state_dict(optimizer.state_dict())
    assert find_fault(other, options) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": "x"}, "the option lr of Adam is 'x'"),
        ({"lr": True}, "the option lr of Adam is 'True'"),
        ({"betas": (0.5,)}, "the option betas of Adam"),
        ({"amsgrad": "yes"}, "the option amsgrad of Adam"),
        ({"foreach": "yes"}, "the option foreach of Adam"),
    ],
)
def test_options_of_another_kind_are_faults(options, message):
    optimizer, configured = stepped(MAKERS[0])
    optimizer.param_groups[0] |= options
    assert find_fault(optimizer, configured).startswith(message)


def test_a_missing_option_is_a_fault():
    optimizer, configured = stepped(MAKERS[0])
    del optimizer.param_groups[0]["eps"]
    assert find_fault(optimizer, configured) == "eps is missing among the options of Adam"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda state: state.update(exp_avg=torch.ones(3, 2)), "exp_avg of Adam has not the shape of its weight"),
        (lambda state: state.update(exp_avg=None), "exp_avg of Adam has not the shape of its weight"),
        (lambda state: state.update(step="3"), "step of Adam is no number"),
        (lambda state: state.pop("exp_avg_sq"), "the state of Adam lacks a part for a weight"),
    ],
)
def test_states_of_another_kind_are_faults(edit, message):
    optimizer, configured = stepped(MAKERS[0])
    edit(next(iter(optimizer.state.values())))
    assert find_fault(optimizer, configured) == message


def test_of_a_users_own_optimizer_nothing_is_known():
    class Own(SGD):
        pass

    optimizer, configured = stepped(lambda weights: Own(weights, lr=0.1))
    optimizer.param_groups[0]["lr"] = "x"
    assert find_fault(optimizer, configured) is None


def test_switches_are_those_configured_and_numbers_those_restored():
    optimizer, configured = stepped(MAKERS[0])
    optimizer.param_groups[0] |= {"amsgrad": False, "lr": 0.5}
    use_switches_(optimizer, configured)
    assert (optimizer.param_groups[0]["amsgrad"], optimizer.param_groups[0]["lr"]) == (True, 0.5)
