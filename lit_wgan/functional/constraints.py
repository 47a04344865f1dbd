"""Weight clipping, the Lipschitz constraint of the first WGAN paper, and its inspection."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def clip_weights_(module: nn.Module, clip_value: float) -> None:
    """Clip every parameter into ``[-clip_value, clip_value]``, in place.

    Norm gains and biases are parameters too, and are clipped as in the authors' code. Buffers are left alone.

    Args:
        module: the critic.
        clip_value: the bound c, positive.

    Examples:
        >>> critic = nn.Linear(2, 1)
        >>> _ = nn.init.constant_(critic.weight, 0.5)
        >>> clip_weights_(critic, 0.25)
        >>> critic.weight.tolist()
        [[0.25, 0.25]]

    Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Algorithm 1, line 7.
    """
    parameters: list[Tensor] = list(module.parameters())
    torch._foreach_clamp_min_(parameters, -clip_value)
    torch._foreach_clamp_max_(parameters, clip_value)


@torch.no_grad()
def fraction_at_bound(module: nn.Module, clip_value: float) -> Tensor:
    """Share of the weights that lie on the bound, ``|w| >= clip_value``.

    Near 1, the critic has been pushed to a corner of its box and can express only simple functions.

    Args:
        module: the critic.
        clip_value: the bound c, positive.

    Returns:
        Scalar in ``[0, 1]``.

    Examples:
        >>> critic = nn.Linear(2, 2, bias=False)
        >>> _ = critic.load_state_dict({"weight": torch.tensor([[0.01, 0.002], [-0.01, 0.0]])})
        >>> fraction_at_bound(critic, 0.01)
        tensor(0.5000)

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Figure 1 (b), right.
    """
    weights = torch.cat([p.flatten() for p in module.parameters()])
    # A bound such as 0.01 is not a float32: compare with it as the weights' own type rounds it.
    return (weights.abs() >= torch.tensor(clip_value, dtype=weights.dtype)).float().mean()
