"""Critic updates per generator update, and counters of both."""

from collections.abc import Callable
from dataclasses import dataclass

from lit_wgan.errors import UsageError, check_positive

NCritic = int | Callable[[int], int]


@dataclass
class Counters:
    """Progress of a run. Together with the seed, this is all the random state there is."""

    generator_updates: int = 0
    critic_updates: int = 0
    critic_updates_in_step: int = 0  # since the last generator update


class WarmStart:
    """Many critic updates early on and now and then, so that the critic stays near its optimum.

    Args:
        n_critic: critic updates of an ordinary generator update.
        warm_n_critic: critic updates of a warm one.
        warm_updates: the first so many generator updates are warm.
        every: and so is every generator update divisible by this.

    Examples:
        >>> n_critic = WarmStart()
        >>> [n_critic(update) for update in (0, 24, 25, 499, 500)]
        [100, 100, 5, 5, 100]

    Source: the code of Arjovsky et al. (martinarjovsky/WassersteinGAN at f7a01e8, main.py); not in the paper.
    """

    def __init__(self, n_critic: int = 5, warm_n_critic: int = 100, warm_updates: int = 25, every: int = 500):
        check_positive(n_critic=n_critic, warm_n_critic=warm_n_critic, warm_updates=warm_updates, every=every)
        self.n_critic = n_critic
        self.warm_n_critic = warm_n_critic
        self.warm_updates = warm_updates
        self.every = every

    def __call__(self, generator_update: int) -> int:
        """Critic updates before generator update number ``generator_update``, counted from 0."""
        warm = generator_update < self.warm_updates or generator_update % self.every == 0
        return self.warm_n_critic if warm else self.n_critic


def check_n_critic(n_critic: NCritic) -> None:
    """Raise a UsageError unless ``n_critic`` is a schedule or a whole number above 0."""
    if not callable(n_critic):
        check_positive(n_critic=n_critic)
        if not hasattr(n_critic, "__index__"):
            raise UsageError(
                f"Expected n_critic to be a whole number, but got {n_critic}. Round it, or give a schedule."
            )


def n_critic_at(n_critic: NCritic, generator_update: int) -> int:
    """Critic updates before generator update number ``generator_update``, counted from 0.

    Raises:
        UsageError: if a schedule gives anything but a whole number above 0.
    """
    if not callable(n_critic):
        return n_critic
    updates = n_critic(generator_update)
    if not hasattr(updates, "__index__") or updates < 1:
        raise UsageError(
            f"Expected n_critic to give a whole number of critic updates, 1 or more, but got {updates} for generator "
            f"update {generator_update}. Mend the schedule."
        )
    return int(updates)
