"""The adversarial objectives as pure functions of the critic's scores, always in the order ``(real, fake)``.

The GAN losses take the discriminator's logits, so that ``log D(x)`` is a log-sigmoid and never the log of a rounded 0.
"""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def minimax_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Negative of the discriminator's value, ``-(E[log D(x)] + E[log(1 - D(G(z)))])``.

    Args:
        real_logits: logits of real samples, shape ``(N,)``.
        fake_logits: logits of generated samples, shape ``(N,)``.

    Returns:
        Scalar in ``[0, inf)``; ``2 log 2`` when the discriminator answers 1/2 everywhere.

    Examples:
        >>> minimax_discriminator_loss(torch.zeros(4), torch.zeros(4))  # undecided: 2 log 2
        tensor(1.3863)

    Source: Goodfellow et al. 2014, arXiv:1406.2661, Eq. (1).
    """
    return -(logsigmoid(real_logits).mean() + logsigmoid(-fake_logits).mean())


def minimax_generator_loss(fake_logits: Tensor) -> Tensor:
    """The generator's side of the minimax game, ``E[log(1 - D(G(z)))]``, to be minimised.

    It saturates: where the discriminator rejects with confidence, its gradient vanishes.

    Args:
        fake_logits: logits of generated samples, shape ``(N,)``.

    Returns:
        Scalar in ``(-inf, 0]``; ``-log 2`` when the discriminator answers 1/2 everywhere.

    Examples:
        >>> minimax_generator_loss(torch.zeros(4))
        tensor(-0.6931)

    Source: Goodfellow et al. 2014, arXiv:1406.2661, Eq. (1).
    """
    return logsigmoid(-fake_logits).mean()


def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """The generator loss used in practice, ``-E[log D(G(z))]``, to be minimised.

    Args:
        fake_logits: logits of generated samples, shape ``(N,)``.

    Returns:
        Scalar in ``[0, inf)``; ``log 2`` when the discriminator answers 1/2 everywhere.

    Examples:
        >>> non_saturating_generator_loss(torch.zeros(4))
        tensor(0.6931)

    Source: Goodfellow et al. 2014, arXiv:1406.2661, Section 3, last paragraph.
    """
    return -logsigmoid(fake_logits).mean()


def jensen_shannon_estimate(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Lower bound on the Jensen-Shannon divergence of data and model, ``log 2 - loss / 2``.

    Args:
        real_logits: the discriminator's logits of real samples, shape ``(N,)``.
        fake_logits: its logits of generated samples, shape ``(N,)``.

    Returns:
        Scalar in nats, at most ``log 2``; 0 when the discriminator answers 1/2 everywhere.

    Examples:
        >>> jensen_shannon_estimate(torch.full((4,), 20.0), torch.full((4,), -20.0))  # told apart: log 2
        tensor(0.6931)

    Source: Goodfellow et al. 2014, arXiv:1406.2661, Theorem 1; plotted as in Arjovsky et al. 2017,
    arXiv:1701.07875v3, Figure 4.
    """
    return torch.log(real_logits.new_tensor(2.0)) - minimax_discriminator_loss(real_logits, fake_logits) / 2


def least_squares_critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The mean squares of the scores about their targets, 1 for real and 0 for generated samples, halved.

    Args:
        real_scores: scores of real samples, shape ``(N,)``.
        fake_scores: scores of generated samples, shape ``(N,)``.

    Returns:
        Scalar in ``[0, inf)``; 1/4 when the critic answers 1/2 everywhere.

    Examples:
        >>> least_squares_critic_loss(torch.full((4,), 0.5), torch.full((4,), 0.5))
        tensor(0.2500)

    Source: Mao et al. 2017, arXiv:1611.04076v3, Eq. (9), the 0-1 coding.
    """
    return ((real_scores - 1).square().mean() + fake_scores.square().mean()) / 2


def least_squares_generator_loss(fake_scores: Tensor) -> Tensor:
    """The mean square of the scores of generated samples about 1, the target of real ones, halved.

    Args:
        fake_scores: scores of generated samples, shape ``(N,)``.

    Returns:
        Scalar in ``[0, inf)``; 1/8 when the critic answers 1/2 everywhere.

    Examples:
        >>> least_squares_generator_loss(torch.zeros(4))
        tensor(0.5000)

    Source: Mao et al. 2017, arXiv:1611.04076v3, Eq. (9), the 0-1 coding.
    """
    return (fake_scores - 1).square().mean() / 2


def le_cam_estimate(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Lower bound on the Le Cam divergence of data and model, ``1 - 4 loss`` of the least-squares critic.

    That divergence is ``1/2 int (p - q)^2 / (p + q)``: the best critic under least squares is ``p / (p + q)``, as for
    the GAN, and its loss ``1/2 int p q / (p + q)``.

    Args:
        real_scores: scores of real samples, shape ``(N,)``.
        fake_scores: scores of generated samples, shape ``(N,)``.

    Returns:
        Scalar, at most 1; 0 when the critic answers 1/2 everywhere.

    Examples:
        >>> le_cam_estimate(torch.ones(4), torch.zeros(4))  # told apart
        tensor(1.)

    Source: the critic of Mao et al. 2017, arXiv:1611.04076v3, Eq. (9); the divergence is that of Tseng et al. 2021,
    arXiv:2104.03310, Section 3.3.
    """
    return 1 - 4 * least_squares_critic_loss(real_scores, fake_scores)


def wasserstein_estimate(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """What the critic maximises, ``E[f(x)] - E[f(g(z))]``.

    It is the Wasserstein-1 distance times the critic's Lipschitz constant only once the critic is optimal; before that
    it is a lower bound, and under weight clipping the constant is unknown. Compare it within one run alone.

    Args:
        real_scores: scores of real samples, shape ``(N,)``.
        fake_scores: scores of generated samples, shape ``(M,)``.

    Returns:
        Scalar, in data units times the critic's Lipschitz constant. For ``f(x) = x`` and real data shifted by ``d``
        against the generated, it is ``+d``.

    Examples:
        >>> wasserstein_estimate(torch.tensor([2.0, 4.0]), torch.tensor([1.0, 1.0]))
        tensor(2.)

    Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Eq. (3).
    """
    return real_scores.mean() - fake_scores.mean()


def wasserstein_generator_loss(fake_scores: Tensor) -> Tensor:
    """What the generator minimises, ``-E[f(g(z))]``.

    Args:
        fake_scores: scores of generated samples, shape ``(N,)``.

    Returns:
        Scalar. It carries the critic's arbitrary offset, so its value alone says nothing about quality.

    Examples:
        >>> wasserstein_generator_loss(torch.tensor([1.0, 3.0]))
        tensor(-2.)

    Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Algorithm 1, line 10.
    """
    return -fake_scores.mean()
