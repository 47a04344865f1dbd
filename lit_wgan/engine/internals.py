"""The one module that touches what libraries keep private: each function says why; a test fails when one changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, TypeVar

import torch.distributed as dist
from torch import Tensor

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from datetime import timedelta
    from subprocess import Popen
    from types import CodeType

    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
    from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
    from lightning.pytorch.loggers import WandbLogger
    from lightning.pytorch.strategies import DDPStrategy, Strategy
    from torch.distributed.distributed_c10d import Store

T = TypeVar("T")
MADE_OF_OPTIONS = ("lightning.pytorch.trainer.trainer", "lightning.fabric.fabric")

# Lightning: the loop.


def count_validation_by(trainer: Trainer, updates: int) -> None:
    """Log what this validation measures at the given generator update.

    Lightning would count batches. It takes a logged ``step`` instead, but that stays among the trainer's metrics and
    names later checkpoints.
    """
    trainer.fit_loop.epoch_loop._batches_that_stepped = updates


def validation_follows(trainer: Trainer) -> bool:
    """Whether a validation comes right after this training batch; to be asked in ``on_train_batch_end``.

    Lightning decides this after that hook, and has no hook behind the decision where no validation follows.
    """
    fit_loop = trainer.fit_loop
    assert fit_loop._data_fetcher is not None
    return fit_loop.epoch_loop._should_check_val_fx(fit_loop._data_fetcher)


def begin_training_with(trainer: Trainer, function: Callable[[], object]) -> None:
    """Call a function before a training that is continued, the first given first; it may log, and :func:`validate`.

    To be called in ``on_fit_start``. Lightning's hooks are not called where no update is left, and only in hooks can
    one log.
    """
    functions = vars(trainer.fit_loop).setdefault("begin_with", [])
    functions.append(function)
    if len(functions) > 1:
        return
    run, module = trainer.fit_loop.run, trainer.lightning_module

    def begin() -> None:
        module._current_fx_name = "on_train_batch_end"
        while functions:
            functions.pop(0)()
        module._current_fx_name = None
        trainer.fit_loop.run = run  # type: ignore[method-assign]
        run()

    trainer.fit_loop.run = begin  # type: ignore[method-assign]


def validate(trainer: Trainer) -> None:
    """Run a validation from its first batch, as the training loop does after an update."""
    loop = trainer.fit_loop.epoch_loop.val_loop
    loop.restarting = False
    connector = trainer._logger_connector
    first_iteration = connector._first_loop_iter
    trainer.validating = True
    loop.run()
    trainer.training = True
    connector._first_loop_iter = first_iteration


def attached_trainer(module: LightningModule) -> Trainer | None:
    """A module's trainer, or None; the public attribute raises where there is none."""
    return module._trainer


def silence_rate_monitors(trainer: Trainer) -> None:
    """Keep Lightning's LearningRateMonitor from logging by itself, which it does by batches and by epochs.

    Others log :func:`monitored_rates` instead, by generator updates.
    """
    for monitor in _rate_monitors(trainer):
        monitor.on_train_batch_start = monitor.on_train_epoch_start = lambda *_: None  # type: ignore[method-assign]


def monitored_rates(trainer: Trainer) -> dict[str, float]:
    """The learning rates, and what else the trainer's LearningRateMonitor watches, as they are now."""
    return {
        name: value
        for monitor in _rate_monitors(trainer)
        for name, value in monitor._extract_stats(trainer, "any").items()
    }


def _rate_monitors(trainer: Trainer) -> list[LearningRateMonitor]:
    from lightning.pytorch.callbacks import LearningRateMonitor

    return [callback for callback in trainer.callbacks if isinstance(callback, LearningRateMonitor)]  # type: ignore[attr-defined]


# Lightning: signals and processes.


def disable_signal_handling(trainer: Trainer) -> None:
    """Stop a trainer from handling signals, which others do; to be called before ``on_fit_start``.

    Lightning's handlers communicate inside the handler and can hang, and its agreement on SIGTERM broadcasts in every
    step. Neither can be turned off.
    """
    trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
    trainer.fit_loop.epoch_loop._broadcast_sigterm_tensor = lambda: None  # type: ignore[method-assign]


def child_processes(trainer: Trainer) -> list[Popen[bytes]]:
    """The processes that Lightning has started, in the order of their ranks; no public name leads to them.

    Left out are those of multiprocessing, which cannot be waited for and which the systems refuse.
    """
    return [process for process in getattr(trainer.strategy.launcher, "procs", []) if hasattr(process, "wait")]


def process_group_timeout(strategy: DDPStrategy) -> timedelta:
    """How long a strategy waits for the other processes; it keeps the argument to itself."""
    return strategy._timeout or dist.default_pg_timeout


def ddp_options(strategy: Strategy) -> dict[str, Any]:
    """DDP's options and how processes are started, as far as a strategy has them; it keeps both to itself."""
    return getattr(strategy, "_ddp_kwargs", {}) | {"start_method": getattr(strategy, "_start_method", "popen")}


# Lightning: checkpoints and loggers.


def restores_checkpoint(code: CodeType) -> bool:
    """Whether code restores a part of a checkpoint; Lightning has no error or hook for what fails there."""
    from lightning.pytorch.trainer.connectors import checkpoint_connector

    return code.co_filename == checkpoint_connector.__file__ and code.co_name.lstrip("_").startswith("restore")


def save_last(callback: ModelCheckpoint, trainer: Trainer) -> None:
    """Let a callback write ``last.ckpt`` now, unless it has saved this update already.

    ``trainer.save_checkpoint`` would leave out the callback's own state, the loggers, and the file's number where
    another run wrote into the same folder.
    """
    if not callback._should_skip_saving_checkpoint(trainer):
        callback.save_last = True
        callback._save_last_checkpoint(trainer, {})


def attach_wandb_run(logger: WandbLogger, run: Any) -> None:
    """Give a logger its run on W&B, or None; it takes one at its construction only."""
    logger._experiment = run


# torch, jsonargparse and W&B.


def raise_recompile_limit(limit: int) -> None:
    """Let torch compile one function for at least so many kinds of arguments; ``torch.compiler`` has no name for it."""
    from torch._dynamo import config  # takes a second

    config.recompile_limit = max(config.recompile_limit, limit)


def compile_error() -> type[Exception]:
    """What torch raises for code that it cannot compile; ``torch.compiler`` has no name for it."""
    from torch._dynamo.exc import TorchDynamoException

    return TorchDynamoException


def map_tensors(function: Callable[[Tensor], Tensor], results: T) -> T:
    """Apply a function to all tensors in nested tuples and dicts; torch's tool for that is used widely but private."""
    from torch.utils._pytree import tree_map

    return tree_map(function, results)


def rendezvous_store() -> Store:
    """The store through which the process group was formed; torch names it nowhere in public."""
    return dist.distributed_c10d._get_default_store()


def union_errors(error: BaseException) -> list[Exception]:
    """Why an option is none of the types it may have: an error for each; jsonargparse chains the first alone."""
    for frame, _ in walk_tb(error.__traceback__):
        if frame.f_code.co_name == "raise_union_unexpected_value":
            return list(frame.f_locals["exceptions"])
    return []


def class_being_made(error: BaseException) -> type | None:
    """The class that could not be made from options, where an error comes from that; jsonargparse does not tell.

    It makes all but the Trainer.
    """
    made = None
    for frame, _ in walk_tb(error.__traceback__):
        if frame.f_code.co_name == "default_class_instantiator":
            made = frame.f_locals["class_type"]
        elif frame.f_code.co_name == "__init__" and frame.f_globals.get("__name__") in MADE_OF_OPTIONS:
            made = type(frame.f_locals["self"])
    return made


def option_strings(parser: ArgumentParser) -> list[str]:
    """All options of a parser as they are typed, ``--help`` for example; argparse lists them for nobody."""
    return list(parser._option_string_actions)


def parser_of(cli: LightningCLI, command: str) -> LightningArgumentParser:
    """The parser of one command, of which a LightningCLI hands out none."""
    return cli._parser(command)


def clamp_bounds(node: Any) -> tuple[Any, Any]:
    """The lower and the upper bound of ``clamp``, from its node in autograd's graph; None for a missing one."""
    return node._saved_min, node._saved_max


def netrc_key(url: str) -> str | None:
    """The key for a W&B service in the user's netrc file, which only ``wandb.login`` reads, and that may prompt."""
    from wandb.sdk.lib.wbauth import read_netrc_auth

    return read_netrc_auth(host=url)


# TensorBoard.


@cache
def leave_write_errors_to_callers() -> None:
    """Let TensorBoard's writing thread end without a traceback: what stopped it is raised at the file's next use."""
    from tensorboard.summary.writer.event_file_writer import _AsyncWriterThread

    tell = threading.excepthook

    def tell_others(failure: threading.ExceptHookArgs) -> None:
        if not (isinstance(failure.thread, _AsyncWriterThread) and isinstance(failure.exc_value, OSError)):
            tell(failure)

    threading.excepthook = tell_others
