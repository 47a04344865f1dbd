"""A trial of the networks before the first update."""

import atexit
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor

from lit_wgan.data.conditions.given import conditions_in_words, shape_in_words
from lit_wgan.engine.acceleration import disable_nvml_probe
from lit_wgan.engine.collectives import disconnect
from lit_wgan.engine.internals import silence_rate_monitors
from lit_wgan.engine.minibatches import Condition
from lit_wgan.engine.networks import lay_out_
from lit_wgan.engine.preserve import evaluation_mode
from lit_wgan.errors import UsageError, refuse
from lit_wgan.systems.bounded import find_bound, record_squashing
from lit_wgan.systems.checks import check_forward, check_precision, check_strategy, mixes_samples

FEW = 4
SIZES = "Set the generator's size or the critic's (of convolutions, image_size or data_shape)."
SIZES_OR_CONDITION = "Set the generator's size, the critic's, or model.condition."


class Preflight(Callback):
    """Refuses what cannot train, and records the sample shape and whether the critic mixes samples."""

    def __init__(self) -> None:
        self._passed = False

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Refuse strategies that cannot train before they wrap the networks, and precisions; disconnect at exit."""
        check_strategy(trainer.strategy)
        check_precision(str(trainer.precision))
        atexit.register(disconnect)

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Try the networks on a few samples, and lay them out; a trial that fails is repeated later."""
        pl_module.split.check(trainer.world_size, minibatch_size(trainer))
        pl_module.split.check_layers(pl_module)
        silence_rate_monitors(trainer)
        disable_nvml_probe(pl_module.device)
        try:
            rehearse(pl_module, whole_groups(pl_module, FEW))
        except UsageError as error:
            if not isinstance(error.__cause__, RuntimeError):  # which could come from so small a batch
                raise
            self._passed = False
        else:
            self._passed = True

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Repeat a trial that failed, on as many samples as a minibatch has: some networks take no fewer."""
        if not self._passed:
            rehearse(pl_module, whole_groups(pl_module, minibatch_size(trainer) or FEW))


def whole_groups(system: Any, size: int) -> int:
    """At least so many samples, and as many as fill ``FEW`` rows of what the critic sees, all of them whole."""
    group = 1 if system.view is None else system.view.group
    return max(FEW * group, size + -size % group)


def minibatch_size(trainer: Trainer) -> int | None:
    """Samples of a minibatch on this device, where its loader or its DataModule tells; else None."""
    data = getattr(trainer, "datamodule", None)
    of_loader = getattr(trainer.train_dataloader, "batch_size", None)
    of_data = getattr(data, "batch_size", None)
    return of_loader or (of_data // trainer.world_size if isinstance(of_data, int) else None)


def rehearse(system: Any, size: int) -> None:
    """Let the generator make samples and the critic score them, in the layout that is asked for if they can take it.

    Raises:
        UsageError: for networks that do not fit together, or to what they are given.
    """
    given = [] if system.condition is None else ["condition"] * system.condition.parts
    check_forward(system.generator, "generator", "z", *given)
    terms_tell = any(term.tells_condition for term in (*system.critic_terms, *system.generator_terms))
    check_forward(system.critic, "critic", "x", *(given if system.tells_critic or not terms_tell else []))
    samples, bound = try_networks(system, size)
    if bound is not None:
        refuse(
            "bounded_head",
            system.allow,
            f"Expected a critic with unbounded scores, but got one that ends in {bound}. {system.unbounded_remedy}",
        )
    if system.channels_last:
        lay_out_(system, channels_last=True)
        try:
            try_networks(system, size)
        except UsageError:  # such as .view of what a convolution gives
            lay_out_(system, channels_last=False)
    system.sample_shape = samples.shape[1:]
    condition = system.told(system.condition_of_samples(slice(size))) if system.tells_critic else None
    system.mixes_samples = mixes_samples(system.critic, *system.shown(samples, condition))


def try_networks(system: Any, size: int) -> tuple[Tensor, str | None]:
    """The first generated samples ``(size, ...)``, and what bounds the critic's scores of them, if anything does.

    Raises:
        UsageError: if one of the networks fails.
    """
    as_maps = f" (for convolutions [{system.latent_shape[0]}, 1, 1])" if len(system.latent_shape) == 1 else ""
    source = system.condition
    # Not those of data, which need not hold the last class yet.
    condition = None if source is None else system.condition_asked(source.stand_in(size), size)
    told = "" if condition is None else f" and conditions {conditions_in_words(condition)}"
    sizes = f"model.latent_dim{as_maps}{'' if source is None else ', model.condition'}"
    try:
        samples = system.samples.network_samples(slice(size), condition=condition)
    except (RuntimeError, IndexError) as error:
        raise UsageError(
            f"Expected a generator that takes noise of shape {shape_in_words(system.latent_shape)}{told}, but it "
            f"failed: {error}. {_remedy(error, f'Give {sizes} and the generator one size.')}"
        ) from error
    if not samples.is_floating_point():
        raise UsageError(
            f"Expected a generator that makes floats, but {type(system.generator).__name__} makes {samples.dtype}. "
            "Let it return real numbers, complex ones by torch.view_as_real."
        )
    seen, seen_condition = system.shown(samples, system.told(condition))
    try:
        with evaluation_mode(system.critic), torch.enable_grad(), record_squashing(system.critic) as squashing:
            scores = system.score_seen(seen.detach().requires_grad_(), seen_condition)
    except (RuntimeError, IndexError) as error:
        raise UsageError(
            f"Expected a critic that takes {_in_words(system, samples, seen, seen_condition)}, but it failed: {error}. "
            f"{_remedy(error, SIZES if source is None else SIZES_OR_CONDITION)}"
        ) from error
    return samples, find_bound(scores, squashing)


def _in_words(system: Any, samples: Tensor, seen: Tensor, condition: Condition | None) -> str:
    """What the critic is given."""
    told = "" if condition is None else f" and conditions {conditions_in_words(condition)}"
    made = f"what the generator makes, samples shaped {tuple(samples.shape[1:])}"
    if system.view is None:
        return made + told
    return f"what {type(system.view).__name__} shows of {made}: tensors shaped {tuple(seen.shape[1:])}{told}"


def _remedy(error: Exception, of_sizes: str) -> str:
    return "Leave types to trainer.precision, for both networks alike." if "dtype" in str(error) else of_sizes
