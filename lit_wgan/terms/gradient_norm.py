"""The base of all penalties on the norm of the critic's gradient."""

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from lit_wgan.errors import Allowed, refuse
from lit_wgan.functional.penalties import gradient_norm
from lit_wgan.terms.base import Metrics, Step, Term

BATCH_NORMS = (
    *(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm),
    *(nn.LazyBatchNorm1d, nn.LazyBatchNorm2d, nn.LazyBatchNorm3d),
)


class GradientNormTerm(Term):
    """A penalty on ``||grad_x f(x)||_2``. Subclasses say at which points x, and how a norm is penalised.

    Logs the mean norm too, as ``norm_name``.

    Args:
        weight: of the penalty.
        interval: see :class:`Term`.
        mixed_precision: let mixed precision apply to the penalty too, which else is computed in float32.
    """

    norm_name = "gradient_norm"

    def __init__(self, weight: float, interval: int = 1, mixed_precision: bool = False):
        super().__init__(weight, interval)
        self.mixed_precision = mixed_precision

    def points(self, step: Step, *noise: Tensor) -> Tensor:
        """Where the gradient is taken, shape ``(m, ...)``."""
        raise NotImplementedError

    def penalty(self, norms: Tensor) -> Tensor:
        """The penalty, a scalar, of gradient norms ``(m,)``."""
        raise NotImplementedError

    def norms(self, step: Step, x: Tensor) -> Tensor:
        """``||grad_x f(x)||_2`` at points ``(m, ...)``, shape ``(m,)``; a condition is held fixed."""
        return gradient_norm(step.critic, x)

    def __call__(self, step: Step, *noise: Tensor) -> tuple[Tensor, Metrics]:
        """The penalty, and the norms ``(m,)`` to log."""
        x = self.points(step, *noise)
        with nullcontext() if self.mixed_precision else torch.autocast(x.device.type, enabled=False):
            norms = self.norms(step, x)
        return self.penalty(norms), {self.norm_name: norms}

    def check(self, critic: nn.Module, allow: Sequence[Allowed] = ()) -> None:
        """Refuse batch norm, unless it is allowed: the gradient at one sample would depend on the others."""
        for name, module in critic.named_modules():
            if isinstance(module, BATCH_NORMS):
                refuse(
                    "batch_norm",
                    allow,
                    "Expected a critic without batch norm under a gradient penalty, but got "
                    f"{type(module).__name__} in '{name}'. Use layer norm (GroupNorm(1, channels)) or none; see "
                    "arXiv:1704.00028v3, Section 4.",
                )
                return
