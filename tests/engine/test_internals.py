"""What is private in libraries still exists and means what lit_wgan.engine.internals takes it for."""

import signal
import subprocess
import sys
import threading
from datetime import timedelta
from traceback import walk_tb

import pytest
import torch
import torch.distributed as dist
from jsonargparse import ArgumentParser, Namespace
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.cli import LightningCLI
from lightning.pytorch.demos.boring_classes import BoringModel
from lightning.pytorch.loggers import CSVLogger, WandbLogger
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy
from torch.utils.data import DataLoader

from lit_wgan.engine import internals
from lit_wgan.engine.internals import (
    attach_wandb_run,
    attached_trainer,
    begin_training_with,
    child_processes,
    clamp_bounds,
    class_being_made,
    compile_error,
    count_validation_by,
    ddp_options,
    disable_signal_handling,
    map_tensors,
    monitored_rates,
    netrc_key,
    option_strings,
    parser_of,
    process_group_timeout,
    raise_recompile_limit,
    rendezvous_store,
    restores_checkpoint,
    save_last,
    silence_rate_monitors,
    union_errors,
    validate,
    validation_follows,
)


class Line(LightningModule):
    """A slope that Lightning trains, and validates in passing."""

    def __init__(self):
        super().__init__()
        self.slope = torch.nn.Parameter(torch.ones(1))

    def training_step(self, batch, batch_idx):
        return (self.slope * batch).sum()

    def validation_step(self, batch, batch_idx):
        self.log("eval", 1.0)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


DATA = DataLoader(torch.ones(20, 1), 1)


def fit(trainer, *callbacks, max_steps=5, **options):
    options = {"max_steps": max_steps, "val_check_interval": 2, "limit_val_batches": 1} | options
    trainer = trainer(callbacks=list(callbacks), enable_checkpointing=True, **options)
    trainer.fit(Line(), DATA, DATA)
    return trainer


class NoCheckpoints(ModelCheckpoint):
    def __init__(self):
        super().__init__(save_top_k=0)


def test_what_a_validation_logs_stands_at_the_given_update(trainer, tmp_path):
    class Hundreds(Callback):
        def on_validation_start(self, trainer, pl_module):
            count_validation_by(trainer, 100 * trainer.global_step)

    log = CSVLogger(tmp_path, name="run", version=0)
    fit(trainer, Hundreds(), NoCheckpoints(), logger=log)
    rows = (tmp_path / "run" / "version_0" / "metrics.csv").read_text().split()[1:]
    assert [row.split(",")[-1] for row in rows] == ["200", "400"]


def test_a_training_that_is_continued_can_begin_with_a_validation_even_if_no_update_is_left(trainer, tmp_path):
    class Begins(Callback):
        def __init__(self):
            self.seen = []

        def on_fit_start(self, trainer, pl_module):
            begin_training_with(trainer, lambda: validate(trainer))

        def on_validation_end(self, trainer, pl_module):
            self.seen.append((trainer.global_step, self.state_of(trainer)))

        def on_train_batch_start(self, trainer, pl_module, *_):
            self.seen.append(self.state_of(trainer))

        def state_of(self, trainer):
            return "validating" if trainer.validating else "training"

    fit(trainer, NoCheckpoints(), max_steps=2).save_checkpoint(tmp_path / "two.ckpt")
    for max_steps, expected in ((2, [(2, "validating")]), (3, [(2, "validating"), "training"])):
        begins = Begins()
        options = {"val_check_interval": 2, "limit_val_batches": 1, "max_steps": max_steps}
        again = trainer(callbacks=[begins, NoCheckpoints()], enable_checkpointing=True, **options)
        again.fit(Line(), DATA, DATA, ckpt_path=tmp_path / "two.ckpt")
        assert begins.seen == expected


@pytest.mark.parametrize("interval", [2, 3])
def test_a_validation_that_follows_is_known_at_the_end_of_its_batch(interval, trainer):
    class Expects(Callback):
        expected, came = (), ()

        def on_train_batch_end(self, trainer, *_):
            if validation_follows(trainer):
                self.expected += (trainer.global_step,)

        def on_validation_start(self, trainer, pl_module):
            self.came += (trainer.global_step,)

    expects = Expects()
    fit(trainer, expects, NoCheckpoints(), val_check_interval=interval)
    assert expects.expected == expects.came != ()


def test_a_modules_trainer_is_none_before_it_has_one(trainer):
    module = Line()
    assert attached_trainer(module) is None
    module.trainer = trainer()
    assert attached_trainer(module) is module.trainer


@pytest.mark.parametrize("disabled", [False, True])
def test_signals_are_handled_by_others_where_lightning_may_not(disabled, trainer):
    def own(*_):
        pass

    class Handlers(Callback):
        def setup(self, trainer, pl_module, stage):
            if disabled:
                disable_signal_handling(trainer)

        def on_train_start(self, trainer, pl_module):
            self.handler = signal.getsignal(signal.SIGTERM)

    handlers = Handlers()
    before = signal.signal(signal.SIGTERM, own)
    try:
        fit(trainer, handlers, NoCheckpoints(), max_steps=1)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (handlers.handler is own) == disabled


def test_lightnings_agreement_on_sigterm_is_what_a_step_calls(trainer):
    loop = trainer().fit_loop.epoch_loop
    assert "_broadcast_sigterm_tensor" in type(loop).advance.__code__.co_names
    disable_signal_handling(loop.trainer)
    assert loop._broadcast_sigterm_tensor() is None


def test_child_processes_are_those_that_lightnings_launcher_keeps(trainer):
    alone, two = trainer(), trainer(devices=2, strategy="ddp")
    assert child_processes(alone) == child_processes(two) == []
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        two.strategy.launcher.procs.append(process)
    assert child_processes(two) == [process]


def test_options_of_ddp_are_those_it_was_made_with():
    strategy = DDPStrategy(timeout=timedelta(seconds=7), static_graph=True, start_method="fork")
    assert process_group_timeout(strategy) == timedelta(seconds=7)
    assert process_group_timeout(DDPStrategy(timeout=None)) == dist.default_pg_timeout
    assert ddp_options(strategy) == {"static_graph": True, "start_method": "fork"}
    assert ddp_options(SingleDeviceStrategy("cpu")) == {"start_method": "popen"}


class FailsToLoad(Callback):
    def state_dict(self):
        return {"a": 1}

    def load_state_dict(self, state_dict):
        raise KeyError("b")


def test_an_error_of_restoring_is_told_by_its_frames(trainer, tmp_path):
    made = fit(trainer, FailsToLoad(), max_steps=1)
    made.save_checkpoint(tmp_path / "a.ckpt")
    again = trainer(max_steps=2, callbacks=[FailsToLoad()], enable_checkpointing=True)
    with pytest.raises(KeyError) as raised:
        again.fit(Line(), DATA, DATA, ckpt_path=tmp_path / "a.ckpt", weights_only=True)
    assert any(restores_checkpoint(frame.f_code) for frame, _ in walk_tb(raised.value.__traceback__))
    assert not restores_checkpoint(fit.__code__)


class SavesAtTheEnd(Callback):
    """Saves twice at the end of training, of which the second time should find nothing to do."""

    def on_train_end(self, trainer, pl_module):
        for _ in range(2):
            save_last(trainer.checkpoint_callback, trainer)
            self.written = [*getattr(self, "written", []), trainer.checkpoint_callback.last_model_path]


@pytest.mark.parametrize("kept", [True, "link", None])
def test_the_last_checkpoint_is_of_the_last_update(kept, trainer, tmp_path):
    saves = SavesAtTheEnd()
    checkpoints = ModelCheckpoint(tmp_path, save_last=kept, every_n_train_steps=2)
    fit(trainer, saves, checkpoints, max_steps=3)
    last = tmp_path / "last.ckpt"
    assert saves.written == [str(last)] * 2
    assert not last.is_symlink()
    saved = torch.load(last, weights_only=True)
    assert saved["global_step"] == 3
    assert saved["callbacks"][checkpoints.state_key]["last_model_path"] == str(last)


def test_the_last_checkpoint_of_another_run_is_kept(trainer, tmp_path):
    (tmp_path / "last.ckpt").write_text("of another run")
    saves = SavesAtTheEnd()
    fit(trainer, saves, ModelCheckpoint(tmp_path, save_top_k=0, every_n_train_steps=2), max_steps=3)
    assert saves.written == [str(tmp_path / "last-v1.ckpt")] * 2
    assert (tmp_path / "last.ckpt").read_text() == "of another run"


def test_an_update_that_is_saved_is_not_saved_again(trainer, tmp_path):
    fit(trainer, SavesAtTheEnd(), ModelCheckpoint(tmp_path, every_n_train_steps=3), max_steps=3)
    assert [path.name for path in tmp_path.glob("*.ckpt")] == ["epoch=0-step=3.ckpt"]


def test_a_logger_takes_its_run_on_wandb_later(tmp_path):
    class Run:
        id = "abc"

    logger = WandbLogger(save_dir=tmp_path)
    assert logger.version is None
    attach_wandb_run(logger, Run())
    assert logger.version == "abc"
    assert logger.experiment.id == "abc"


def test_the_rendezvous_store_is_shared_by_the_process_group():
    store = dist.HashStore()
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        rendezvous_store().set("lit_wgan/alive/0", "yes")
        assert rendezvous_store().check(["lit_wgan/alive/0"])
        assert not rendezvous_store().check(["lit_wgan/alive/1"])
    finally:
        dist.destroy_process_group()
    assert store.num_keys() > 0


def test_the_key_in_a_netrc_file_is_that_of_its_host(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text(f"machine wandb.example.org login user password {'k' * 40}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert netrc_key("https://wandb.example.org") == "k" * 40
    assert netrc_key("https://other.example.org") is None


def test_more_kinds_of_arguments_may_be_compiled_and_never_fewer():
    from torch._dynamo import config

    before = config.recompile_limit
    try:
        raise_recompile_limit(before + 1)
        assert config.recompile_limit == before + 1
        raise_recompile_limit(1)
        assert config.recompile_limit == before + 1
    finally:
        config.recompile_limit = before


@pytest.mark.slow
def test_code_that_cannot_be_compiled_whole_raises_the_error_of_compiling():
    @torch.compile(fullgraph=True, backend="eager")
    def reads(x):
        return x if x.sum().item() > 0 else -x

    with pytest.raises(compile_error()):
        reads(torch.ones(2))


def test_errors_of_a_union_are_those_of_all_its_types():
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--option", type=int | bool)
    with pytest.raises(Exception, match="option") as caught:
        parser.parse_args(["--option", "x"])
    error = caught.value
    while not union_errors(error):
        error = error.__cause__ or error.__context__
    assert [str(each).partition(".")[0] for each in union_errors(error)] == [
        "Expected a <class 'int'>",
        "Expected a <class 'bool'>",
    ]
    assert union_errors(ValueError()) == []


class Fails:
    def __init__(self, size: int = 1):
        raise ZeroDivisionError


def test_the_class_that_could_not_be_made_is_known():
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(Fails, "thing")
    with pytest.raises(ZeroDivisionError) as caught:
        parser.instantiate_classes(parser.parse_args([]))
    assert class_being_made(caught.value) is Fails
    with pytest.raises(TypeError) as caught:
        Trainer(accelerator="cpu", devices=-1)
    assert class_being_made(caught.value) is Trainer
    assert class_being_made(ValueError()) is None


def test_learning_rates_are_known_to_a_silenced_monitor(trainer, tmp_path):
    class Silences(Callback):
        def on_train_start(self, trainer, pl_module):
            silence_rate_monitors(trainer)

        def on_train_batch_end(self, trainer, *args):
            assert monitored_rates(trainer) == {"lr-SGD": 0.1}

    logger = CSVLogger(tmp_path)
    fit(trainer, Silences(), LearningRateMonitor(), logger=logger, log_every_n_steps=1)
    assert not any("lr-SGD" in row for row in logger.experiment.metrics)
    assert monitored_rates(trainer()) == {}


def test_a_function_is_applied_to_all_tensors_of_nested_results():
    loss, metrics = map_tensors(torch.neg, (torch.ones(1), {"a": torch.zeros(2) + 2}))
    assert (loss.tolist(), metrics["a"].tolist()) == ([-1.0], [-2.0, -2.0])


def test_the_options_of_a_parser_and_of_one_command_are_listed():
    parser = ArgumentParser()
    parser.add_argument("--one", "-o")
    assert {"--help", "--one", "-o"} <= set(option_strings(parser))

    class Parsed(LightningCLI):
        def parse_arguments(self, parser, args):
            self.config = Namespace(subcommand=None, seed_everything=False)

        def instantiate_classes(self): ...

    cli = Parsed(BoringModel, run=True, args=["fit"])
    assert "--trainer.max_steps" in option_strings(parser_of(cli, "fit"))


@pytest.mark.parametrize("bounds", [(-1, 1), (-1, None), (None, 1)])
def test_the_bounds_of_clamp_are_seen_in_the_graph(bounds):
    assert clamp_bounds(torch.zeros(2, requires_grad=True).clamp(*bounds).grad_fn) == bounds


def test_a_full_disk_ends_tensorboards_thread_without_a_traceback_and_is_raised_at_the_next_use(tmp_path, monkeypatch):
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    told = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    internals.leave_write_errors_to_callers.cache_clear()
    internals.leave_write_errors_to_callers()
    writer = EventFileWriter(str(tmp_path))
    writer.flush()
    worker = writer._async_writer._worker

    def fail(*_):
        raise OSError(28, "No space left on device")

    worker._record_writer.write = fail
    with pytest.raises(OSError, match="No space left"):  # noqa: PT012  # at one of these
        writer._async_writer.write(b"bytes")
        worker.join()
        writer.flush()
    assert told == []
    other = threading.Thread(target=fail)
    other.start()
    other.join()
    assert len(told) == 1
    internals.leave_write_errors_to_callers.cache_clear()
