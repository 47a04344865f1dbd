"""What networks of series share: the axes of samples, noise and conditions at each step, and the generator's head."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor, nn

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.concatenation import concatenated
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.sizes import Auto, known_shape

Head = Literal["none", "tanh", "softmax"]


@dataclass(frozen=True)
class Series:
    """Samples ``(N, T, d)``: T steps of d numbers each; or ``(N, T)``, of one number each.

    Args:
        steps: T.
        features: d.
        is_flat: whether samples are ``(N, T)``.
    """

    steps: int
    features: int
    is_flat: bool

    def to_steps(self, x: Tensor) -> Tensor:
        """Samples as ``(N, T, d)``."""
        return x.unsqueeze(-1) if self.is_flat else x

    def from_steps(self, x: Tensor) -> Tensor:
        """Samples of ``(N, T, d)``."""
        return x.squeeze(-1) if self.is_flat else x

    def noise_features(self, latent_dim: int | Sequence[int]) -> int:
        """The numbers of noise at each step, for noise of one vector, or of one for each step.

        Raises:
            UsageError: for noise of any other shape.
        """
        shape = (latent_dim,) if isinstance(latent_dim, int) else tuple(latent_dim)
        if len(shape) not in (1, 2) or (len(shape) == 2 and shape[0] != self.steps):
            raise UsageError(
                f"Expected latent_dim as a number k, or as [{self.steps}, k] for noise of its own at each step, but "
                f"got {latent_dim}. Give one of the two, to the system too."
            )
        check_positive(latent_dim=shape[-1])
        return shape[-1]

    def noise_at_steps(self, z: Tensor) -> Tensor:
        """Noise ``(N, T, k)``: as it is, or ``(N, k)`` again at each step."""
        return z if z.ndim == 3 else z.unsqueeze(1).expand(-1, self.steps, -1)


def series(data_shape: int | Sequence[int] | Auto) -> Series:
    """The series of a shape ``(T, d)`` or ``(T,)``.

    Raises:
        UsageError: for any other shape.
    """
    shape = known_shape("data_shape", data_shape)
    if len(shape) not in (1, 2):
        raise UsageError(
            f"Expected data_shape [T, d] or [T] for series, but got {list(shape)}. Flatten what one step holds, or "
            "take networks of images."
        )
    for size in shape:
        check_positive(data_shape=size)
    return Series(shape[0], shape[1] if len(shape) == 2 else 1, len(shape) == 1)


def at_each_step(x: Tensor, condition: Tensor | None, spec: ConditionSpec, network: nn.Module) -> Tensor:
    """``(N, T, n)`` as it is for a network without a condition, else with that beside each step, ``(N, T, n + k)``.

    Raises:
        UsageError: for a condition that is not the network's, which the error names, and for a missing one.
    """
    condition = spec.checked(condition, x, network)
    return x if condition is None else concatenated(x.mT, condition, spec.num_classes).mT


def head_layer(head: Head) -> nn.Module:
    """What ends a generator of series, over the last axis.

    * ``"none"``: nothing, for numbers without bounds.
    * ``"tanh"``: numbers in ``[-1, 1]``.
    * ``"softmax"``: at each step the probabilities of d characters or categories, for one-hot data.

    Raises:
        UsageError: for any other.
    """
    layers: dict[str, nn.Module] = {"none": nn.Identity(), "tanh": nn.Tanh(), "softmax": nn.Softmax(-1)}
    if head not in layers:
        raise UsageError(f"Expected head in {get_args(Head)}, but got {head!r}. Choose one of the three.")
    return layers[head]
