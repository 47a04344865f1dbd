"""Penalties on the critic's gradient, that of WGAN-GP first.

The inner gradient is taken through layers that are made for being differentiated twice (``double_backward.py``), and
equals that of the usual formulation to rounding. Where it is compiled, ``torch.func.grad`` takes it: unlike
``autograd.grad(create_graph=True)``, it leaves no break in the graph.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from lit_wgan.errors import UsageError
from lit_wgan.functional.double_backward import DoubleBackward

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
        UsageError: if the shapes of ``real`` and ``fake`` differ, or ``eps`` is not ``(N,)``.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Algorithm 1, line 6.
    """
    if real.shape != fake.shape:
        raise UsageError(
            f"Expected fake samples shaped like the real ones, {tuple(real.shape)}, but got {tuple(fake.shape)}. "
            "Give the generator the data's shape."
        )
    if eps.shape != real.shape[:1]:
        raise UsageError(
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
    return torch.linalg.vector_norm(_gradient(critic, x).flatten(1), dim=1)


def joint_gradient_norm(critic: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
    """Euclidean norm of the critic's gradient with respect to all its inputs together, ``||grad_(x, c) f(x, c)||_2``.

    Args:
        critic: maps inputs of N rows each to scores ``(N,)``.
        inputs: floats, each of shape ``(N, ...)``.

    Returns:
        Norms of shape ``(N,)``, see :func:`gradient_norm`.
    """
    sizes = [part[0].numel() for part in inputs]

    def of_joint(joint: Tensor) -> Tensor:
        return critic(*(part.reshape(like.shape) for part, like in zip(joint.split(sizes, dim=1), inputs, strict=True)))

    return gradient_norm(of_joint, torch.cat([part.flatten(1) for part in inputs], 1))


def _gradient(critic: Critic, x: Tensor) -> Tensor:
    mode = DoubleBackward()

    def total(x: Tensor) -> Tensor:
        with mode:
            return critic(x).sum()

    if torch.compiler.is_compiling():
        return torch.func.grad(total)(x)
    # The same without what torch.func does in Python, which takes a tenth of a small network's time.
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        return mode.gradient(total(x), x, create_graph)


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


def zero_centred_penalty(gradient_norms: Tensor) -> Tensor:
    """Mean square of gradient norms, ``E[||grad||^2]``.

    Args:
        gradient_norms: shape ``(N,)``.

    Returns:
        Scalar in ``[0, inf)``, without the weight gamma / 2.

    Source: Mescheder et al. 2018, arXiv:1801.04406v4, Eq. (9) and (10).
    """
    return gradient_norms.square().mean()


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
