"""Checks of networks, optimizers and trainers, made before the first update."""

import inspect
import warnings
from collections.abc import Sequence
from typing import Any, get_args

import torch
from lightning.pytorch.strategies import (
    DDPStrategy,
    DeepSpeedStrategy,
    SingleDeviceStrategy,
    Strategy,
    StrategyRegistry,
)
from torch import Tensor, nn
from torch.optim import SGD, Optimizer, SparseAdam

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.engine.internals import ddp_options
from lit_wgan.engine.minibatches import Condition
from lit_wgan.engine.networks import copy_of
from lit_wgan.engine.preserve import preserve_random_state
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import LatentLaw
from lit_wgan.systems.judging import judge
from lit_wgan.terms.base import Term
from lit_wgan.terms.gradient_norm import BATCH_NORMS
from lit_wgan.views.base import View

STRATEGY_REMEDY = "Use --trainer.strategy ddp, in a script or with the command."


def warn_of_momentum(optimizer: Optimizer) -> None:
    """Warn of an optimizer with momentum for a critic under weight clipping."""
    for group in optimizer.param_groups:
        momentum = group.get("momentum") or group.get("betas", (0.0,))[0]
        if momentum:
            warnings.warn(
                f"{type(optimizer).__name__} with momentum {momentum} under weight clipping tends to be unstable "
                "(arXiv:1701.07875v3, Section 4.2). Use RMSprop, the paper's choice.",
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


def check_forward(network: nn.Module, role: str, *given: str) -> None:
    """Raise a UsageError unless a network's ``forward`` can be called with so many arguments."""
    try:
        signature = inspect.signature(network.forward)
    except (TypeError, ValueError):  # a compiled network tells no signature
        return
    try:
        signature.bind(*given)
    except TypeError as error:
        raise UsageError(
            f"Expected a {role} whose forward takes ({', '.join(given)}), but got {type(network).__name__}.forward"
            f"{signature}: {error}. Give model.condition to a system of conditional networks, and to no other."
        ) from error


def check_trainable(**networks: nn.Module) -> None:
    """Raise a UsageError that names the first network without weights to train."""
    for role, network in networks.items():
        if not any(weight.requires_grad for weight in network.parameters()):
            raise UsageError(
                f"Expected a {role} with weights to train, but {type(network).__name__} has none that require "
                "gradients. Give it parameters, or call requires_grad_()."
            )


def is_fixed(generator: nn.Module) -> bool:
    """Whether a generator has nothing that could ever be trained; one whose weights are frozen has."""
    return next(generator.parameters(), None) is None


def check_fixed(generator: nn.Module, terms: Sequence[Term]) -> None:
    """Raise a UsageError for terms of a loss that a fixed generator does not have."""
    if terms and is_fixed(generator):
        raise UsageError(
            f"Expected no model.generator_terms for a generator without parameters, but got {terms[0].name}. Leave "
            "them out: the critic alone trains."
        )


def of_nothing() -> Optimizer:
    """An optimizer for a generator without parameters, whose steps move nothing."""
    return SGD([nn.Parameter(torch.empty(0))], lr=0.0)


def mixes_samples(critic: nn.Module, samples: Tensor, condition: Condition | None = None) -> bool:
    """Whether a score depends on the batch's other samples, as under batch norm in training.

    Tried on two copies in the mode that the critic is in, with the same random numbers, and with other weights than
    the first, which often hide parts of a network behind a gain of 0.

    Args:
        critic: maps ``(N, ...)`` to scores ``(N,)``.
        samples: shape ``(N, ...)``, N at least 2.
        condition: of these samples, where the critic takes one.
    """
    if any(isinstance(layer, BATCH_NORMS) and _uses_batch(layer) for layer in critic.modules()):
        return True
    half = len(samples) // 2
    others = torch.cat([samples[:half], samples[half:] + 1])
    with preserve_random_state():
        try:
            changed = copy_of(critic)
        except TypeError:  # it holds what cannot be copied, so nothing can be told
            return True
        for weight in changed.parameters():
            weight.data.add_(0.02 * torch.randn_like(weight))
        scores = []
        for x in (samples, others):
            torch.manual_seed(0)
            scores.append(judge(copy_of(changed), x, condition)[0][:half].detach())
    return not torch.equal(*scores)


def _uses_batch(norm: Any) -> bool:
    return bool(norm.training or norm.running_mean is None)


def check_pairs(terms: Sequence[Term], condition: ConditionSource | None) -> None:
    """Raise a UsageError for terms that compare samples of one condition, where their conditions differ."""
    paired = [type(term).__name__ for term in terms if term.needs_pairs]
    if paired and (condition is None or not condition.gives_pairs):
        got = "no condition" if condition is None else "labels that are drawn for the generator alone"
        raise UsageError(
            f"Expected a condition that real and generated samples share, which {', '.join(paired)} compares, but got "
            f"{got}. Give model.condition, with for_generator: minibatch, or leave the term out."
        )


def check_source(condition: Any) -> None:
    """Raise a UsageError for a condition that is no object of a class of conditions."""
    if condition is not None and not isinstance(condition, ConditionSource):
        raise UsageError(
            f"Expected condition to be a ClassLabels, Values, SeveralConditions or another ConditionSource, but got "
            f"{condition!r}. Give an object of such a class, such as ClassLabels(10)."
        )


def check_view(view: Any) -> None:
    """Raise a UsageError for a view that is no object of a class of views."""
    if view is not None and not isinstance(view, View):
        raise UsageError(
            f"Expected view to be a Pack, RandomSlices, DiffAugment or another View, but got {view!r}. Give an object "
            "of such a class, such as Pack(2)."
        )


def check_law(latent_law: LatentLaw) -> None:
    """Raise a UsageError for an unknown law of the noise."""
    if latent_law not in get_args(LatentLaw):
        raise UsageError(f"Expected latent_law to be normal or uniform, but got {latent_law}. Take one of them.")


def check_floats(real: Tensor) -> None:
    """Raise a UsageError unless the real samples are floats."""
    if real.is_complex():
        raise UsageError(f"Expected real samples as floats, but got {real.dtype}. Return torch.view_as_real of them.")
    if not real.is_floating_point():
        raise UsageError(
            f"Expected real samples as floats, but got {real.dtype}. Return them as floats from the data set, images "
            "scaled to [-1, 1]."
        )


def check_shape(real: Tensor, sample_shape: torch.Size) -> None:
    """Raise a UsageError unless the real samples ``(m, ...)`` are shaped like generated ones, ``sample_shape``."""
    if real.shape[1:] != sample_shape:
        raise UsageError(
            f"Expected generated samples shaped like the real ones, {tuple(real.shape[1:])}, but got "
            f"{tuple(sample_shape)}. Set the generator's size or the data's (for images, data.image_size)."
        )
