"""Checks of networks, optimizers and trainers, made before the first update."""

import copy
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch.strategies import (
    DDPStrategy,
    DeepSpeedStrategy,
    SingleDeviceStrategy,
    Strategy,
    StrategyRegistry,
)
from torch import Tensor, nn
from torch.optim import Optimizer, SparseAdam

from lit_wgan.engine.internals import ddp_options
from lit_wgan.engine.minibatches import Condition
from lit_wgan.engine.preserve import preserve_random_state
from lit_wgan.errors import UsageError
from lit_wgan.systems.judging import judge

SQUASHING = (nn.Sigmoid, nn.LogSigmoid, nn.Hardsigmoid, nn.Tanh, nn.Hardtanh, nn.Softmax, nn.LogSoftmax, nn.Softsign)
STRATEGY_REMEDY = "Use --trainer.strategy ddp, in a script or with the command."


def check_unbounded(critic: nn.Module, remedy: str) -> None:
    """Raise a UsageError if the critic's last layer squashes its scores."""
    last = list(critic.modules())[-1]
    if isinstance(last, SQUASHING):
        raise UsageError(
            f"Expected a critic with unbounded scores, but got one that ends in {type(last).__name__}. {remedy}"
        )


def warn_of_momentum(optimizer: Optimizer) -> None:
    """Warn of an optimizer with momentum for a critic under weight clipping."""
    for group in optimizer.param_groups:
        momentum = group.get("momentum") or group.get("betas", (0.0,))[0]
        if momentum:
            warnings.warn(
                f"{type(optimizer).__name__} with momentum {momentum} under weight clipping tends to be unstable "
                "(arXiv:1701.07875v3, Section 4.1). Use RMSprop, the paper's choice.",
                stacklevel=2,
            )
            return


def check_optimizer(optimizer: Optimizer, network: str) -> None:
    """Raise a UsageError for an optimizer that cannot take one step from one gradient of dense weights."""
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    needs_closure = closure is not None and closure.default is inspect.Parameter.empty
    if needs_closure or isinstance(optimizer, SparseAdam):
        needs = "computes the loss several times a step" if needs_closure else "takes sparse gradients alone"
        raise UsageError(
            f"Expected a {network}_optimizer that steps on one dense gradient, but got {type(optimizer).__name__}, "
            f"which {needs}. Take Adam, RMSprop or SGD."
        )


def check_scheduler(scheduler: Any) -> None:
    """Raise a UsageError for a learning-rate schedule that depends on more than the number of updates."""
    metrics = inspect.signature(scheduler.step).parameters.get("metrics")
    if metrics is not None and metrics.default is inspect.Parameter.empty:
        raise UsageError(
            f"Expected an lr_scheduler that is a function of the generator update, but got {type(scheduler).__name__}, "
            "which waits for a metric, and no loss of a GAN says when to lower the rate. Take LinearLR or StepLR."
        )


def check_precision(precision: str) -> None:
    """Raise a UsageError for float16: its range is too small without loss scaling, which alternating updates break."""
    if precision.startswith("16"):
        raise UsageError(
            f"Expected a precision other than float16, but got trainer.precision={precision}. Use bf16-mixed."
        )


def check_strategy(strategy: Strategy | str) -> None:
    """Raise a UsageError unless each device holds both networks, the first one in this process.

    A name is enough, since making some strategies asks for hardware or packages first.
    """
    if isinstance(strategy, Strategy):
        kind: type[Strategy] = type(strategy)
        options = ddp_options(strategy)
    elif strategy in StrategyRegistry:
        kind, options = StrategyRegistry[strategy]["strategy"], StrategyRegistry[strategy]["init_params"]
    else:  # auto, or a name that Lightning refuses
        return
    if not issubclass(kind, (SingleDeviceStrategy, DDPStrategy)) or issubclass(kind, DeepSpeedStrategy):
        raise UsageError(f"Expected a strategy of the DDP family, but got {kind.__name__}. {STRATEGY_REMEDY}")
    if options.get("static_graph"):
        raise UsageError(
            "Expected DDP without static_graph, since two networks train in turn, but got static_graph=True. "
            + STRATEGY_REMEDY
        )
    method = options.get("start_method", "popen")
    if method != "popen":
        raise UsageError(
            "Expected DDP that also trains in the process that started it, where counters are kept, but got "
            f"start_method={method}. {STRATEGY_REMEDY}"
        )


def first_samples(sample: Callable[[slice], Tensor], latent_dim: int) -> Tensor:
    """Four generated samples ``(4, ...)``, or a UsageError if the generator does not take noise of that size."""
    try:
        return sample(slice(4))
    except RuntimeError as error:
        raise UsageError(
            f"Expected a generator that takes noise of shape (N, {latent_dim}), but it failed: {error}. "
            "Give model.latent_dim and the generator one size."
        ) from error


def check_scores(score: Callable[[Tensor], Tensor], samples: Tensor) -> None:
    """Raise a UsageError if the critic cannot score generated samples ``(N, ...)``."""
    try:
        score(samples)
    except RuntimeError as error:
        raise UsageError(
            f"Expected a critic that takes what the generator makes, samples shaped {tuple(samples.shape[1:])}, but it "
            f"failed: {error}. Set the generator's size or the critic's (for images, image_size)."
        ) from error


@torch.no_grad()
def mixes_samples(critic: nn.Module, samples: Tensor, condition: Condition | None = None) -> bool:
    """Whether a score depends on the batch's other samples, as under batch norm: tried on a copy in training mode.

    A critic that is random, as under dropout, seems to do so too.

    Args:
        critic: maps ``(N, ...)`` to scores ``(N,)``.
        samples: shape ``(4, ...)``.
        condition: of these samples, where the critic takes one.
    """
    copied = copy.deepcopy(critic).train()
    others = torch.cat([samples[:2], samples[2:] + 1])
    with preserve_random_state():
        (scores, _), (other_scores, _) = (judge(copied, x, condition) for x in (samples, others))
        return not torch.equal(scores[:2], other_scores[:2])


def check_floats(real: Tensor) -> None:
    """Raise a UsageError unless the real samples are floats."""
    if not real.is_floating_point():
        raise UsageError(f"Expected real samples as floats, but got {real.dtype}. Scale images to [-1, 1].")


def check_shape(real: Tensor, sample_shape: torch.Size) -> None:
    """Raise a UsageError unless the real samples ``(m, ...)`` are shaped like generated ones, ``sample_shape``."""
    if real.shape[1:] != sample_shape:
        raise UsageError(
            f"Expected generated samples shaped like the real ones, {tuple(real.shape[1:])}, but got "
            f"{tuple(sample_shape)}. Set the generator's size or the data's (for images, data.image_size)."
        )
