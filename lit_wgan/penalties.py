"""The gradient penalty of WGAN-GP.

The inner gradient is taken with ``torch.func.grad``, which unlike ``autograd.grad(create_graph=True)`` can be compiled
without a graph break, and through layers that are made for being differentiated twice (``double_backward.py``). It
equals that of the usual formulation to rounding.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from lit_wgan.double_backward import DoubleBackward

Critic = Callable[[Tensor], Tensor]


def interpolate(real: Tensor, fake: Tensor, eps: Tensor) -> Tensor:
    """Points on the straight lines between real and generated samples, ``x_hat = eps x + (1 - eps) x_tilde``.

    Args:
        real: shape ``(N, ...)``.
        fake: shape ``(N, ...)``, the same.
        eps: one coefficient per sample, shape ``(N,)``, in ``[0, 1]``; 1 gives ``real``.

    Returns:
        Tensor like ``real``.

    Raises:
        ValueError: if the shapes of ``real`` and ``fake`` differ, or ``eps`` is not ``(N,)``.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Algorithm 1, line 6.
    """
    if real.shape != fake.shape:
        raise ValueError(
            f"Expected fake samples shaped like the real ones, {tuple(real.shape)}, but got {tuple(fake.shape)}. "
            "Give the generator the data's shape."
        )
    if eps.shape != real.shape[:1]:
        raise ValueError(
            f"Expected eps of shape {tuple(real.shape[:1])}, one coefficient per sample, but got {tuple(eps.shape)}. "
            "Draw it with shape (N,)."
        )
    eps = eps.view(-1, *[1] * (real.ndim - 1))
    return eps * real + (1 - eps) * fake


def gradient_norm(critic: Critic, x: Tensor) -> Tensor:
    """Euclidean norm of the critic's gradient with respect to each sample, ``||grad_x f(x)||_2``.

    The norm runs over all axes but the first. It can be differentiated once more, also where the gradient is 0 (the
    derivative there is taken as 0). The critic must not mix samples, as batch norm in training mode does.

    Args:
        critic: maps ``(N, ...)`` to scores ``(N,)``.
        x: shape ``(N, ...)``.

    Returns:
        Norms of shape ``(N,)``, in ``[0, inf)``; ``||w||`` everywhere for ``f(x) = <w, x>``.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Eq. (3).
    """

    def total(x: Tensor) -> Tensor:
        with DoubleBackward():
            return critic(x).sum()

    gradient = torch.func.grad(total)(x)
    return torch.linalg.vector_norm(gradient.flatten(1), dim=1)


def norm_penalty(gradient_norms: Tensor, one_sided: bool = False) -> Tensor:
    """Mean squared distance of gradient norms from 1, ``E[(||grad|| - 1)^2]``.

    Args:
        gradient_norms: shape ``(N,)``.
        one_sided: penalise only norms above 1, ``E[max(0, ||grad|| - 1)^2]``, of the paper's Appendix C.

    Returns:
        Scalar in ``[0, inf)``, without the weight lambda.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Eq. (3), Section 4 and Appendix C.
    """
    excess = gradient_norms - 1
    if one_sided:
        excess = excess.clamp(min=0)
    return excess.square().mean()


def gradient_penalty(critic: Critic, interpolates: Tensor, one_sided: bool = False) -> Tensor:
    """The penalty term of WGAN-GP, ``E[(||grad f(x_hat)||_2 - 1)^2]``, without lambda.

    Args:
        critic: maps ``(N, ...)`` to scores ``(N,)``.
        interpolates: ``x_hat`` of :func:`interpolate`, shape ``(N, ...)``.
        one_sided: see :func:`norm_penalty`.

    Returns:
        Scalar in ``[0, inf)``; ``(||w|| - 1)^2`` for ``f(x) = <w, x>``, for any batch size and shape.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Eq. (3).
    """
    return norm_penalty(gradient_norm(critic, interpolates), one_sided)
