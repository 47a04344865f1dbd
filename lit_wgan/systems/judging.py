"""Calls of the generator and the critic, with or without a condition."""

from functools import partial

import torch
from torch import Tensor, nn

from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.errors import UsageError
from lit_wgan.terms.base import Judged, Judgement, Step


def generate(generator: nn.Module, z: Tensor, condition: Condition | None = None) -> Tensor:
    """The samples ``(N, ...)`` that a generator makes of noise z and, if there is one, a condition.

    Raises:
        UsageError: for anything but a tensor of one sample for each row of z.
    """
    samples = generator(z) if condition is None else generator(z, condition)
    if not isinstance(samples, Tensor) or samples.ndim < 1 or len(samples) != len(z):
        got = f"the shape {tuple(samples.shape)}" if isinstance(samples, Tensor) else f"a {type(samples).__name__}"
        raise UsageError(
            f"Expected a generator that makes one tensor with a sample for each of {len(z)} noise vectors, but got "
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
    output = critic(x) if condition is None else critic(x, condition)
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
    critic: nn.Module, real: Tensor, fake: Tensor, condition: Condition | None = None, one_pass: bool = False
) -> Step:
    """The critic's judgement of real samples and of as many generated ones, under the same condition.

    Args:
        critic: maps samples to scores.
        real: shape ``(m, ...)``.
        fake: shape ``(m, ...)``.
        condition: of both, row by row.
        one_pass: judge both in one pass of the critic, which must not mix the samples of a batch.
    """
    judge_one = partial(judge, critic, condition=condition)
    judgements: tuple[Judgement | None, Judgement | None] = (None, None)
    if one_pass:
        conditions = map_condition(lambda rows: torch.cat([rows, rows]), condition)
        scores, extras = judge(critic, torch.cat([real, fake]), conditions)
        (real_scores, fake_scores), halves = scores.chunk(2), [extra.chunk(2) for extra in extras]
        judgements = (
            (real_scores, tuple(half for half, _ in halves)),
            (fake_scores, tuple(half for _, half in halves)),
        )
    return Step(
        Judged(real, judge_one, judgements[0]),
        Judged(fake, judge_one, judgements[1]),
        condition,
        lambda x: judge_one(x)[0],
    )
