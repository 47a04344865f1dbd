"""A generator and a critic with their noise, samples and scores."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.data.conditions.given import told_to
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import Condition, Minibatch
from lit_wgan.engine.networks import copy_of, has_lazy_layers
from lit_wgan.engine.preserve import evaluation_mode, seed_torch
from lit_wgan.engine.trees import average_buffers_
from lit_wgan.errors import UsageError
from lit_wgan.functional.losses import wasserstein_estimate
from lit_wgan.functional.streams import LatentLaw, RandomStreams, noise_shape
from lit_wgan.systems.checks import check_floats, check_law, check_source, check_view
from lit_wgan.systems.draws import DrawsAlone, SystemDraws
from lit_wgan.systems.judging import generate, judge, takes
from lit_wgan.systems.sampling import SampleList, latent
from lit_wgan.systems.seeing import Seen, seen_condition, seen_samples
from lit_wgan.systems.shards import Place, Shards, WholeShares
from lit_wgan.terms.base import Noise, Term
from lit_wgan.views.base import View, check_group


class GeneratorAndCritic(LightningModule):
    """A generator and a critic, with the random numbers that they are given.

    Args:
        generator: see :class:`~lit_wgan.systems.base.AdversarialSystem`, as for the others.
        critic: likewise.
        latent_dim: likewise.
        ema_decay: likewise.
        condition: likewise.
        latent_law: likewise.
        view: likewise.
        shards: likewise.
    """

    estimate_name = "wasserstein_estimate"
    """What the critic's loss estimates, as logged under ``critic/`` and, on held-out samples, ``eval/``."""
    knows_slope = False
    """Whether :meth:`slope` gives the critic's slope."""

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        latent_dim: int | Sequence[int],
        ema_decay: float | None,
        condition: ConditionSource | None,
        latent_law: LatentLaw,
        view: View | None = None,
        shards: int | None = None,
    ):
        super().__init__()
        self.latent_shape = noise_shape(latent_dim)
        check_law(latent_law)
        check_source(condition)
        check_view(view)
        if ema_decay is not None and not 0 <= ema_decay < 1:
            raise UsageError(f"Expected ema_decay in [0, 1), but got {ema_decay}. Use 0.999, or null for no average.")
        self.generator = generator
        self.critic = critic
        self.latent_dim = latent_dim
        self.latent_law = latent_law
        self.ema_decay = ema_decay
        self.condition = condition
        self.view = view
        self.split = WholeShares() if shards is None else Shards(shards)
        """How a minibatch is computed: in one pass on each device, or block by block."""
        self._place: Place | None = None
        self.tells_critic = condition is not None and takes(critic, 1 + condition.parts)
        """Whether the critic is told the condition, which else the terms alone see."""
        # The one seed is Lightning's, as set by seed_everything and carried to every process.
        self.streams = RandomStreams(int(os.environ.get("PL_GLOBAL_SEED", 0)))
        self.sample_shape = torch.Size()
        """Shape of one generated sample, as the networks know it; :class:`Preflight` finds out."""
        self.transform: Transform | None = None
        """Between the data's own units and the networks'; :class:`DataUnits` brings it. None where they agree."""
        self.ema_generator: nn.Module | None = None
        if has_lazy_layers(generator) or has_lazy_layers(critic):
            self._give_sizes()
        self.ema_generator = copy_of(generator).requires_grad_(False) if ema_decay is not None else None

    def _give_sizes(self) -> None:
        """Let lazy layers take their sizes from generated samples."""
        few = 2 if self.view is None else 2 * self.view.group
        z, condition = torch.zeros(few, *self.latent_shape), self.told(self.condition_of_samples(slice(few)))
        with evaluation_mode(self.generator), evaluation_mode(self.critic):
            self.score(generate(self.generator, z, condition), condition)

    # Random numbers.

    @property
    def device_place(self) -> Place:
        """This device among all."""
        return Place(self.global_rank, self.trainer.world_size)

    @property
    def place(self) -> Place:
        """What is computed just now: this device's share of a minibatch, or one of its blocks."""
        return self._place or self.device_place

    @contextmanager
    def at(self, place: Place) -> Iterator[None]:
        """Compute the rows of a place in this block, by the random numbers of its own."""
        self._place = place
        try:
            yield
        finally:
            self._place = None

    @property
    def rows(self) -> slice:
        """The rows of a global minibatch that are computed just now."""
        return slice(self.place.rank, None, self.place.world)

    def seed_networks(self, stream: str, update: int) -> None:
        """Seed torch's own generators, which dropout and a network's own noise draw from.

        So their numbers too depend on the seed, the update and the device alone or, instead of the device, the block.
        """
        seed_torch(self.streams.key(f"torch/{stream}/{self.place.rank}", update), self.device)

    def noise(self, stream: str, update: int, batch_size: int) -> Tensor:
        """The rows of the global minibatch of noise z that are computed just now, ``(batch_size, *latent_shape)``."""
        return self.latent(stream, update, batch_size * self.place.world, self.rows)

    def latent(self, stream: str, update: int, count: int, rows: slice) -> Tensor:
        """The given rows of ``count`` vectors z of the system's law, shape ``(number of rows, *latent_shape)``."""
        shape, dtype = (count, *self.latent_shape), cast(torch.dtype, self.dtype)
        return latent(self.streams, self.latent_law, stream, update, shape, rows, self.device, dtype)

    def draw(self, terms: Sequence[Term], network: str, update: int, real: Tensor, samples: int) -> list[Noise | None]:
        """The random numbers of the terms of a network that are due in an update; None for those that are not."""
        return [
            term.draw(
                SystemDraws(self, term.stream or f"{network}/{term.name}", update, len(real), samples=samples), real
            )
            if update % term.interval == 0
            else None
            for term in terms
        ]

    # Samples and scores.

    def accept(self, given: Minibatch) -> Minibatch:
        """A loader's minibatch in the networks' own type, which data need not have, with its condition if one is used.

        Raises:
            UsageError: for samples that are no floats, and for what is no condition.
        """
        check_floats(given.real)
        real = given.real.to(self.dtype)
        if self.condition is None:
            return Minibatch(real)
        return Minibatch(real, self.told(self.condition.of_batch(given.condition, len(real))))

    def told(self, condition: Condition | None) -> Condition | None:
        """A condition as the networks take it: in their units, in their type, on their device."""
        if self.condition is None or condition is None:
            return None
        return told_to(self.condition.tell(condition), self.device, self.dtype)

    def see(self, stream: str, update: int, real: Minibatch, condition: Condition | None, passes: int = 1) -> Seen:
        """A real minibatch as the critic sees it in an update, and what it is told with generated samples.

        Args:
            stream: of the view's random numbers, which is its own for each use.
            update: the counter of the update.
            real: this device's rows.
            condition: of as many generated samples.
            passes: how often the same minibatch follows itself.

        Raises:
            UsageError: for a number of samples that the view cannot group.
        """
        if self.view is None:
            return Seen(*real, condition)
        check_group(self.view, len(real.real) // passes, self.place.world)
        noise = self.view.draw(SystemDraws(self, f"view/{stream}", update, len(real.real), self._draws_in), real.real)
        return Seen(
            seen_samples(self.view, real.real, noise, passes),
            seen_condition(self.view, real.condition, noise, passes),
            seen_condition(self.view, condition, noise, passes),
            noise,
        )

    def shown(self, x: Tensor, condition: Condition | None = None) -> tuple[Tensor, Condition | None]:
        """Samples as the critic sees them, and what it is told; by the same random numbers every time."""
        if self.view is None:
            return x, condition
        noise = self.view.draw(DrawsAlone(self, "view/shown", 0, len(x), self._draws_in), x)
        return seen_samples(self.view, x, noise), seen_condition(self.view, condition, noise)

    @property
    def _draws_in(self) -> torch.dtype:
        """Type of a view's random numbers, of which narrow ones would round up to 1."""
        return torch.promote_types(cast(torch.dtype, self.dtype), torch.float32)

    def score(self, x: Tensor, condition: Condition | None = None) -> Tensor:
        """The critic's scores of samples ``(N, ...)``, under a condition in a conditional system.

        One for each, ``(N,)``, or one for each row that the system's view shows of them.
        """
        return self.score_seen(*self.shown(x, condition))

    def score_seen(self, x: Tensor, condition: Condition | None = None) -> Tensor:
        """The critic's scores ``(n,)`` of what it sees, ``(n, ...)``."""
        return judge(self.critic, x, condition if self.tells_critic else None)[0]

    def estimate(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """How far apart the critic finds data and model, from its scores ``(N,)`` of each."""
        return wasserstein_estimate(real_scores, fake_scores)

    def slope(self, real: Tensor, fake: Tensor, condition: Condition | None, batch_idx: int) -> Tensor | None:
        """The critic's mean slope between held-out and generated samples, a scalar; None where nothing holds it near 1.

        Args:
            real: as the critic sees them, shape ``(m, ...)``.
            fake: likewise.
            condition: of both, row by row.
            batch_idx: number of the minibatch.
        """
        return None

    def condition_of_generator(self, minibatch: Minibatch, update: int) -> Condition | None:
        """What the samples of a generator update are made under, of which the real minibatch has as many."""
        if self.condition is None or minibatch.condition is None:
            return None
        # Not in the networks' own type, in which narrow ones round up to 1, a class too many.
        draws = SystemDraws(self, "condition/generator", update, len(minibatch.real), torch.float32)
        return self.condition.of_generator(minibatch.condition, draws.uniform)

    @property
    def samples(self) -> SampleList:
        """The list of generated samples, of the averaged generator if there is one."""
        generator = self.generator if self.ema_generator is None else self.ema_generator
        return SampleList(
            generator,
            self.latent_shape,
            self.latent_law,
            self.condition,
            self.transform,
            self.streams,
            self.device,
            cast(torch.dtype, self.dtype),
        )

    def condition_of_samples(self, rows: slice) -> Condition | None:
        """The conditions that samples of the given numbers are drawn under, in the data's own units.

        None in a system without conditions.
        """
        return self.samples.conditions(rows)

    def condition_asked(self, value: Any, count: int) -> Condition:
        """The condition of ``count`` samples that a user asks for: one for all of them, or one for each.

        Raises:
            UsageError: for a system without conditions, and for what is none of its conditions.
        """
        return self.samples.condition_asked(value, count)

    def sample(self, rows: slice, batch_size: int = 256, condition: Any = None) -> Tensor:
        """The generated samples of the given numbers, ``rows`` of one endless list that never changes but in weights.

        They come from the averaged generator if there is one, in evaluation mode.

        Args:
            rows: which samples, for example ``slice(64)``.
            batch_size: how many at a time.
            condition: of these samples, in the data's own units: one for all of them, such as ``3`` for class 3, or one
                for each; None for the training set's law, which gives each number its condition.

        Returns:
            Samples of shape ``(number of rows, ...)``, in the data's own units.

        Raises:
            UsageError: for what is no condition of this system.
        """
        return self.samples.samples(rows, batch_size, condition)

    def average_statistics(self) -> None:
        """Make the running statistics of all networks equal on all devices; to be called on all of them."""
        average_buffers_(self)
