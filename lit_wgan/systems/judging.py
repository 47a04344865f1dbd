"""Calls of the generator and the critic, with or without a condition."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.errors import UsageError
from lit_wgan.terms.base import Judged, Judgement, Step


def told(network: nn.Module, x: Tensor, condition: Condition | None) -> Any:
    """What a network makes of noise or samples, each part of a condition being one more argument."""
    if condition is None:
        return network(x)
    return network(x, *condition) if isinstance(condition, tuple) else network(x, condition)


def takes(network: nn.Module, arguments: int) -> bool:
    """Whether a network's ``forward`` can be called with so many arguments, as far as its signature tells."""
    try:
        inspect.signature(network.forward).bind(*range(arguments))
    except TypeError:
        return False
    except ValueError:  # some compiled networks have no signature
        return True
    return True


def generate(generator: nn.Module, z: Tensor, condition: Condition | None = None) -> Tensor:
    """The samples ``(N, ...)`` that a generator makes of noise z and, if there is one, a condition.

    Raises:
        UsageError: for anything but a tensor of one sample for each row of z.
    """
    samples = told(generator, z, condition)
    if not isinstance(samples, Tensor) or samples.ndim < 1 or samples.shape[0] != z.shape[0]:
        got = f"the shape {tuple(samples.shape)}" if isinstance(samples, Tensor) else f"a {type(samples).__name__}"
        raise UsageError(
            f"Expected a generator that makes one tensor with a sample for each of {z.shape[0]} noise vectors, but got "
            f"{got}. Let {type(generator).__name__}.forward return the samples alone, as many as its noise has rows."
        )
    return samples


def judge(critic: nn.Module, x: Tensor, condition: Condition | None = None) -> Judgement:
    """The critic's scores ``(N,)`` of samples ``(N, ...)``, and its further outputs.

    The critic may give its scores in any shape that holds one number per sample, and more tensors behind them in a
    tuple or list, such as class logits or features.

    Raises:
        UsageError: for scores that are not one per sample.
    """
    output = told(critic, x, condition)
    scores, *extras = output if isinstance(output, tuple | list) and output else (output,)
    if not isinstance(scores, Tensor):
        raise UsageError(
            f"Expected a tensor with one score per sample, or a tuple that begins with it, but the critic gave a "
            f"{type(scores).__name__}. Let {type(critic).__name__}.forward return the scores first."
        )
    if scores.numel() != len(x):
        raise UsageError(
            f"Expected one score per sample, {len(x)} in all, but the critic gave the shape {tuple(scores.shape)}. "
            "Let it end in one number per sample, for example by a mean over what is left."
        )
    return scores.flatten(), tuple(extras)


def judge_both(
    critic: nn.Module,
    real: Tensor,
    fake: Tensor,
    condition: Condition | None = None,
    one_pass: bool = False,
    *,
    real_condition: Condition | None = None,
    tells: bool = True,
    generator: Callable[[Tensor], Tensor] | None = None,
    trains: Literal["critic", "generator"] = "critic",
    whole: tuple[Tensor, Tensor] | tuple[None, None] = (None, None),
) -> Step:
    """The critic's judgement of real samples and of as many generated ones, each under its condition.

    Args:
        critic: maps samples to scores.
        real: shape ``(m, ...)``.
        fake: shape ``(m, ...)``.
        condition: of the generated samples, row by row.
        one_pass: judge both in one pass of the critic, which must not mix the samples of a batch.
        real_condition: of the real samples; None for the same.
        tells: whether the critic is told a condition, which else the terms alone see.
        generator: makes samples of noise under the condition, for terms that need more of them.
        trains: see :class:`Step`.
        whole: the real and the generated samples themselves, where ``real`` and ``fake`` are views of them.
    """
    of_fake = condition if tells else None
    of_real = of_fake if real_condition is None or not tells else real_condition
    judge_real, judge_fake = partial(judge, critic, condition=of_real), partial(judge, critic, condition=of_fake)
    judgements: tuple[Judgement | None, Judgement | None] = (None, None)
    if one_pass:
        scores, extras = judge(
            critic, torch.cat([real, fake]), map_condition(lambda *rows: torch.cat(rows), of_real, of_fake)
        )
        (real_scores, fake_scores), halves = scores.chunk(2), [extra.chunk(2) for extra in extras]
        judgements = (
            (real_scores, tuple(half for half, _ in halves)),
            (fake_scores, tuple(half for _, half in halves)),
        )
    return Step(
        Judged(real, judge_real, judgements[0], whole[0]),
        Judged(fake, judge_fake, judgements[1], whole[1]),
        condition,
        lambda x, other=of_fake: judge(critic, x, other)[0],
        generator or no_generator,
        trains,
    )


def no_generator(z: Tensor) -> Tensor:
    """In place of a generator where none is needed.

    Raises:
        UsageError: when it is called.
    """
    raise UsageError("Expected a term that needs no further samples, but got one. Add it to generator_terms instead.")
