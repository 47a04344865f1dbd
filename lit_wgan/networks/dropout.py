"""Dropout, of a share that is checked."""

from torch import nn

from lit_wgan.errors import UsageError


def dropout_layer(share: float, option: str = "dropout") -> nn.Dropout:
    """Leaves out a share of all numbers at random in training.

    Args:
        share: of them, in ``[0, 1)``.
        option: what the network calls it.

    Raises:
        UsageError: for other shares.
    """
    if not 0 <= share < 1:
        raise UsageError(f"Expected {option} in [0, 1), but got {share}. Set it to 0 for none.")
    return nn.Dropout(share)
