import pytest
import torch
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import LambdaLR, LinearLR, StepLR

from lit_wgan.systems.resuming import (
    check_schedules,
    check_seed,
    check_weights,
    optimizer_options,
    schedule_options,
    use_options_,
)


def weights():
    return [torch.nn.Parameter(torch.zeros(2))]


def test_another_seed_is_refused_and_none_is_not():
    check_seed(3, "3")
    check_seed(3, None)
    with pytest.raises(ValueError, match=r"trained with, 3, but got 4\. Add --seed_everything 3"):
        check_seed(3, "4")


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"a": torch.zeros(3)}, r"shape \(3,\) for a, but got shape \(2,\)"),
        ({}, r"none for a, but got shape \(2,\)"),
        ({"a": torch.zeros(2), "b": torch.zeros(1)}, r"shape \(1,\) for b, but got none"),
    ],
)
def test_weights_of_other_networks_are_refused_by_name(own, message):
    saved = {"a": torch.zeros(2)}
    check_weights(saved, saved)
    with pytest.raises(ValueError, match=message):
        check_weights(saved, own)


def test_an_option_that_was_asked_for_wins_over_the_restored_one():
    asked = Adam(weights(), lr=0.5, betas=(0.5, 0.9))
    restored = Adam(weights(), lr=0.1)
    use_options_([restored], optimizer_options([asked]), scheduled=False)
    assert optimizer_options([restored]) == optimizer_options([asked])


def test_under_a_schedule_the_learning_rate_stays_as_restored():
    restored = SGD(weights(), lr=0.1)
    use_options_([restored], optimizer_options([SGD(weights(), lr=0.5, momentum=0.9)]), scheduled=True)
    assert (restored.param_groups[0]["lr"], restored.param_groups[0]["momentum"]) == (0.1, 0.9)


def schedule(lr=0.1, **options):
    return schedule_options([LinearLR(SGD(weights(), lr=lr), **options)])


def test_the_same_schedule_is_accepted():
    check_schedules(schedule(), schedule())
    check_schedules([], [])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: schedule(lr=0.2), r"lr=\[0\.1\], but got lr=\[0\.2\]"),
        (lambda: schedule(total_iters=9), "total_iters=5, but got total_iters=9"),
        (lambda: schedule_options([StepLR(SGD(weights(), lr=0.1), 3)]), "end_factor=1.0, but got end_factor=None"),
        (list, "the lr_scheduler, as in the checkpoint, but got none"),
    ],
)
def test_another_schedule_is_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        check_schedules(schedule(), asked())


def test_a_schedule_where_there_was_none_is_refused():
    with pytest.raises(ValueError, match="no lr_scheduler, as in the checkpoint, but got one"):
        check_schedules([], schedule())


def test_options_of_a_schedule_are_plain_and_leave_out_functions():
    (options,) = schedule_options([LambdaLR(SGD(weights(), lr=0.1), lambda update: 1.0)])
    assert options["lr"] == [0.1]
    assert "lr_lambdas" in options
    assert options["lr_lambdas"] == [None]
