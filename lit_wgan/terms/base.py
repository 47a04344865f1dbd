"""The interface of a term: the step that it sees, the scalar and metrics that it returns."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

from torch import Tensor, nn

from lit_wgan.engine.minibatches import Condition
from lit_wgan.errors import Allowed, UsageError, check_positive

Metrics = dict[str, Tensor]
Judgement = tuple[Tensor, tuple[Tensor, ...]]
Noise = tuple[Tensor, ...]


class Draws(Protocol):
    """Random numbers for this device's rows of a global minibatch; others at every call."""

    def uniform(self, *shape: int) -> Tensor:
        """Uniform numbers in ``[0, 1)`` of the given shape for each row that the critic sees, ``(m, *shape)``."""

    def z(self) -> Tensor:
        """Noise as the generator takes it, for each sample, ``(m, *latent_shape)``."""


class Judged:
    """Samples with the critic's judgement of them, which is computed when it is first used.

    Args:
        samples: as the critic sees them, shape ``(m, ...)``.
        judge: gives scores ``(m,)`` and extras for samples.
        judgement: what it gave for these, where that is known already.
        whole: the samples themselves, where the critic sees a view of them.
    """

    def __init__(
        self,
        samples: Tensor,
        judge: Callable[[Tensor], Judgement],
        judgement: Judgement | None = None,
        whole: Tensor | None = None,
    ):
        self.samples = samples
        self.whole = samples if whole is None else whole
        self._judge = judge
        self._judgement = judgement

    @property
    def scores(self) -> Tensor:
        """The critic's scores, shape ``(m,)``."""
        return self._known()[0]

    @property
    def extras(self) -> tuple[Tensor, ...]:
        """The critic's further outputs, such as class logits or features, ``m`` rows each."""
        return self._known()[1]

    def _known(self) -> Judgement:
        if self._judgement is None:
            self._judgement = self._judge(self.samples)
        return self._judgement


class Step(NamedTuple):
    """All that the objectives of one update depend on.

    Attributes:
        real: the real minibatch, its ``samples`` as the critic sees them, and ``whole``; in the generator's update the
            one paired with its samples, row by row.
        fake: the generated samples, in the critic's update without gradients to the generator.
        condition: of the generated samples, row by row, and of the real ones in all updates but those for which the
            generator's condition is drawn by itself; None in a system without conditions.
            A system's view shows it to the critic as it shows the samples.
        critic: scores ``(m,)`` of what the critic sees, ``(m, ...)``, under this condition, or another one that is
            given second.
        generator: whole samples ``(m, ...)`` of noise, under the condition of ``fake.whole``.
        trains: the network that this update trains, ``critic`` or ``generator``.
    """

    real: Judged
    fake: Judged
    condition: Condition | None
    critic: Callable[..., Tensor]
    generator: Callable[[Tensor], Tensor]
    trains: Literal["critic", "generator"]


class Term:
    """An addend of the critic's or the generator's objective: ``weight`` times what a call gives.

    A subclass supplies ``__call__`` and, if it takes random numbers, :meth:`draw`.

    Args:
        weight: above 0.
        interval: add the term in every such update alone, with this times its weight: the lazy regularisation of Karras
            et al. 2020, arXiv:1912.04958v2, Section 3.1.

    Raises:
        UsageError: for numbers out of range.
    """

    name = "term"
    """What its value is logged as, behind ``critic/`` or ``generator/``; no two terms of a network share it."""
    stream: str | None = None
    """The stream of its random numbers; None for its network and name."""
    networks: tuple[str, ...] = ("critic", "generator")
    """The networks to whose losses it may be added."""
    tells_condition = False
    """Whether it lets the critic learn of the condition, so that the critic itself need not take one."""
    needs_pairs = False
    """Whether it compares generated samples with the real ones of the same row, and so of the same condition."""

    def __init__(self, weight: float, interval: int = 1):
        check_positive(weight=weight, interval=interval)
        self.weight = weight
        self.interval = interval

    def check(self, critic: nn.Module, allow: Sequence[Allowed] = ()) -> None:
        """Raise a UsageError if the term cannot be taken of this critic; ``allow`` names what is taken all the same."""

    def draw(self, draws: Draws, real: Tensor) -> Noise:
        """The random numbers of one update, which :meth:`__call__` gets; drawn where nothing is compiled."""
        return ()

    def __call__(self, step: Step, *noise: Tensor) -> tuple[Tensor, Metrics]:
        """The term, a scalar without its weight, and what to log beside it: scalars, or ``(m,)`` to be averaged."""
        raise NotImplementedError


def check_terms(terms: Sequence[Term], network: str, critic: nn.Module, allow: Sequence[Allowed] = ()) -> None:
    """Raise a UsageError for terms of one name, of the other network, and for those that this critic forbids."""
    names = [term.name for term in terms]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"Expected {network}_terms of different names, but got {name} more than once. Add their weights up, or "
                "give one of the classes another name."
            )
    for term in terms:
        if network not in term.networks:
            raise UsageError(
                f"Expected {type(term).__name__} among the {term.networks[0]}_terms, but got it among the "
                f"{network}_terms, where nothing would follow from it. Move it."
            )
        term.check(critic, allow)


def add_terms(
    loss: Tensor, terms: Sequence[Term], step: Step, noises: Sequence[Noise | None]
) -> tuple[Tensor, Metrics]:
    """A loss and the terms that are due, ``loss + sum_i interval_i weight_i term_i``, and what they log.

    Args:
        loss: scalar.
        terms: its addends.
        step: what they see.
        noises: the random numbers of each; None for a term that is not due.
    """
    metrics: Metrics = {}
    for term, noise in zip(terms, noises, strict=True):
        if noise is not None:
            value, logged = term(step, *noise)
            loss = loss + term.interval * term.weight * value
            metrics |= {term.name: value} | logged
    return loss, metrics
