"""Options that would have no effect, or a wrong one, are refused before anything is made."""

import pytest
from jsonargparse import Namespace
from lightning.pytorch.callbacks import Timer

from lit_wgan.commands.given_options import check_nulls, check_seed_option, make_plain_
from lit_wgan.commands.trainer_options import CALLBACKS, RULES, check_trainer_options
from lit_wgan.errors import UsageError

TOY, MINE = "lit_wgan.ToyData", "lightning.pytorch.LightningDataModule"
DEFAULTS = {"max_epochs": -1, "max_steps": 10, "overfit_batches": 0.0, "accumulate_grad_batches": 1}
DEFAULTS |= {"val_check_interval": 1.0, "limit_train_batches": 1.0, "barebones": False, "callbacks": None}
DEFAULTS |= {"reload_dataloaders_every_n_epochs": 0, "enable_checkpointing": None, "log_every_n_steps": None}
DEFAULTS |= {"check_val_every_n_epoch": None, "limit_val_batches": None}


def check(command="fit", data=TOY, **options):
    check_trainer_options(command, Namespace(**(DEFAULTS | options)), data)


def test_lightnings_defaults_are_accepted():
    for command in ("fit", "validate", "test", "predict"):
        check(command)
        check(command, limit_train_batches=None, val_check_interval=None)


REFUSED = {
    "max_epochs": (3, "Give trainer.max_steps"),
    "min_epochs": (1, "Give trainer.min_steps"),
    "check_val_every_n_epoch": (1, "Give trainer.val_check_interval"),
    "reload_dataloaders_every_n_epochs": (1, "have no epochs"),
    "limit_train_batches": (0, "to be a number of generator updates above 0"),
    "overfit_batches": (1, "a data set of few samples"),
    "min_steps": (11, "at most trainer.max_steps"),
    "accumulate_grad_batches": (4, "Raise data.batch_size"),
    "gradient_clip_val": (0.5, "an optimizer of your own"),
    "gradient_clip_algorithm": ("value", "an optimizer of your own"),
    "val_check_interval": (0, "trainer.limit_val_batches 0"),
    "log_every_n_steps": (0, "to be above 0, but got 0"),
    "profiler": ("pytorch", "torch.profiler around trainer.fit"),
    "enable_checkpointing": (False, "checkpoint.every_n_train_steps"),
    "barebones": (True, "Leave it out"),
}


@pytest.mark.parametrize("option", REFUSED)
def test_an_option_of_the_trainer_without_effect_is_refused_with_what_to_do_instead(option):
    value, remedy = REFUSED[option]
    with pytest.raises(UsageError, match=rf"^Expected trainer\.{option} to be .*, but got {value}\. .*") as caught:
        check(**{option: value})
    assert remedy in str(caught.value)


def test_every_rule_of_training_is_tested():
    assert {rule.option for rule in RULES if "fit" in rule.commands} == set(REFUSED)


@pytest.mark.parametrize(
    ("option", "value"), [("limit_train_batches", 0.5), ("log_every_n_steps", -1), ("val_check_interval", 0.0)]
)
def test_other_values_without_effect_are_refused(option, value):
    with pytest.raises(UsageError, match=f"trainer.{option}"):
        check(**{option: value})


@pytest.mark.parametrize("where", [{"data": MINE}, {"limit_train_batches": 5}])
def test_options_of_epochs_are_accepted_where_there_are_epochs(where):
    check(max_epochs=3, check_val_every_n_epoch=1, reload_dataloaders_every_n_epochs=1, **where)


@pytest.mark.parametrize(("command", "split"), [("validate", "val"), ("test", "test"), ("predict", "predict")])
def test_a_command_whose_only_work_is_left_out_is_refused(command, split):
    with pytest.raises(UsageError, match=f"Expected trainer.limit_{split}_batches to be above 0, but got 0"):
        check(command, **{f"limit_{split}_batches": 0})
    check("fit", **{f"limit_{split}_batches": 0})


@pytest.mark.parametrize("callback", CALLBACKS)
def test_callbacks_for_one_optimizer_are_refused(callback):
    callbacks = [Namespace(class_path=f"lightning.pytorch.callbacks.{callback}")]
    with pytest.raises(UsageError, match=f"two optimizers, but got {callback}"):
        check(callbacks=callbacks)
    check(callbacks=[Namespace(class_path=f"mine.{callback}")])


@pytest.mark.parametrize("options", [{}, {"val_check_interval": 11}, {"val_check_interval": 5, "limit_val_batches": 0}])
def test_early_stopping_is_refused_where_no_validation_would_let_it_look(options):
    early = [Namespace(class_path="lightning.pytorch.callbacks.EarlyStopping")]
    with pytest.raises(UsageError, match="Expected validations, after each of which EarlyStopping looks"):
        check(callbacks=early, **options)
    check(callbacks=early, val_check_interval=5)
    check(callbacks=early, val_check_interval="00:00:10:00")
    check(callbacks=early, val_check_interval=1.0, data=MINE)


@pytest.mark.parametrize("seed", [-1, 2**32, 10**30])
def test_a_seed_out_of_range_is_told_with_its_sign(seed):
    with pytest.raises(UsageError, match=rf"Expected seed_everything in \[0, 4294967295\], but got {seed}\."):
        check_seed_option(seed)
    check_seed_option(2**32 - 1)
    check_seed_option(None)


def made(class_path, **arguments):
    return Namespace(class_path=class_path, init_args=Namespace(**arguments))


NULLS = {
    "model.gp_weight to be float": {"model": made("lit_wgan.WGANGP", gp_weight=None)},
    "model.critic_optimizer to be a class path": {"model": made("lit_wgan.WGANGP", critic_optimizer=None)},
    "data.batch_size to be int": {"data": made(TOY, batch_size=None)},
    "model.critic.width to be int": {
        "model": made("lit_wgan.WGANGP", critic=made("lit_wgan.networks.MLPCritic", width=None))
    },
    r"trainer.callbacks\[1\].every_n_updates to be int": {
        "trainer": Namespace(callbacks=[made("mine.Own"), made("lit_wgan.callbacks.SampleGrid", every_n_updates=None)])
    },
}


@pytest.mark.parametrize("message", NULLS)
def test_null_is_refused_for_what_must_be_a_value(message):
    with pytest.raises(UsageError, match=f"Expected {message}, but got null"):
        check_nulls(Namespace(**NULLS[message]))


def test_null_is_accepted_where_it_means_something():
    check_nulls(Namespace(model=made("lit_wgan.WGANGP", ema_decay=None, lr_scheduler=None), seed_everything=None))


def test_a_member_of_an_enumeration_becomes_text_for_yaml():
    options = Namespace(trainer=Namespace(callbacks=[made("lightning.pytorch.callbacks.Timer", interval=_default())]))
    make_plain_(options)
    assert type(options.trainer.callbacks[0].init_args.interval) is str


def _default():
    import inspect

    return inspect.signature(Timer).parameters["interval"].default
