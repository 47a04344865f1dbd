import pytest
import torch
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import CosineAnnealingLR, CyclicLR, LambdaLR, LinearLR, OneCycleLR, StepLR

from lit_wgan import WGANGP, ToyData
from lit_wgan.errors import UsageError
from lit_wgan.systems.resuming import (
    Configuration,
    check_configuration,
    check_schedules,
    check_seed,
    check_weights,
    configuration,
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


def configured(optimizer, *schedulers):
    return configuration([optimizer], schedulers)


def test_an_option_that_is_configured_anew_wins_over_the_restored_one():
    then, asked = Adam(weights(), lr=0.1), Adam(weights(), lr=0.5, betas=(0.5, 0.9))
    restored = Adam(weights(), lr=0.1)
    use_options_([restored], configured(then), configured(asked))
    assert optimizer_options([restored]) == optimizer_options([asked])


def test_what_was_moved_while_training_stays_as_restored():
    restored = SGD(weights(), lr=0.03, momentum=0.85)
    then, now = (configured(SGD(weights(), lr=0.1, momentum=0.9)) for _ in range(2))
    use_options_([restored], then, now)
    assert (restored.param_groups[0]["lr"], restored.param_groups[0]["momentum"]) == (0.03, 0.85)


@pytest.mark.parametrize(("schedules", "kept"), [([], False), ([{"lr": [0.1]}], True)])
def test_a_checkpoint_without_the_configuration_of_optimizers_gives_way_unless_there_is_a_schedule(schedules, kept):
    restored = SGD(weights(), lr=0.03)
    use_options_([restored], Configuration(schedules, None), configured(SGD(weights(), lr=0.1)))
    assert restored.param_groups[0]["lr"] == (0.03 if kept else 0.1)


def test_another_optimizer_is_refused():
    with pytest.raises(UsageError, match="optimizer of the checkpoint, Adam, but got SGD"):
        check_configuration(configured(Adam(weights())), configured(SGD(weights())))
    check_configuration(Configuration([], None), configured(SGD(weights())))


SCHEDULES = {
    "one cycle": (SGD, lambda optimizer: OneCycleLR(optimizer, 0.1, total_steps=20)),
    "one cycle of betas": (Adam, lambda optimizer: OneCycleLR(optimizer, 0.01, total_steps=20)),
    "cyclic": (SGD, lambda optimizer: CyclicLR(optimizer, 0.001, 0.1, step_size_up=3)),
    "cosine": (SGD, lambda optimizer: CosineAnnealingLR(optimizer, 20)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_run_continues_with_all_that_its_schedule_moves(name, networks, trainer, tmp_path):
    kind, schedule = SCHEDULES[name]

    def optimizer(parameters):
        return kind(parameters, lr=0.01, **({"momentum": 0.9} if kind is SGD else {}))

    def train(updates, ckpt_path=None):
        own = {"generator_optimizer": optimizer, "critic_optimizer": optimizer, "lr_scheduler": schedule}
        system = WGANGP(**networks(), n_critic=1, **own)
        run = trainer(max_steps=updates)
        run.fit(system, ToyData("eight_gaussians", 16), ckpt_path=ckpt_path)
        run.save_checkpoint(tmp_path / f"{updates}.ckpt")
        return system.state_dict(), optimizer_options(run.optimizers)

    whole, whole_options = train(6)
    train(3)
    continued, options = train(6, tmp_path / "3.ckpt")
    assert options == whole_options
    assert all(torch.equal(whole[name], continued[name]) for name in whole)


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
