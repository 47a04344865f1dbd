"""The normalisations of the papers, by name."""

from typing import Literal

from torch import nn

from lit_wgan.errors import UsageError
from lit_wgan.networks.axes import BATCH_NORMS

Norm = Literal["batch", "layer", "none"]


def norm_layer(norm: Norm, channels: int, affine: bool = True, dims: int = 2) -> nn.Module:
    """A normalisation of feature maps ``(N, channels, H, W)``, or of series or volumes.

    * ``"batch"``: batch norm. It mixes the samples of a batch, so a critic under gradient penalty must not have it.
    * ``"layer"``: each sample by its own mean and variance over all numbers, with one gain and offset per channel.
    * ``"none"``: the identity.

    Args:
        norm: ``"batch"``, ``"layer"`` or ``"none"``.
        channels: number of channels.
        affine: whether it has a gain and offset of its own.
        dims: axes beside N and that of the channels: 1, 2 or 3.

    Raises:
        UsageError: if ``norm`` is none of the three.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 4, 'No critic batch normalization'; the gain per channel
    (``GroupNorm(1, C)``, not ``LayerNorm([C, H, W])``) is the authors' code igul222/improved_wgan_training at fa66c57,
    tflib/ops/layernorm.py.
    """
    match norm:
        case "batch":
            return BATCH_NORMS[dims](channels, affine=affine)
        case "layer":
            return nn.GroupNorm(1, channels, affine=affine)
        case "none":
            return nn.Identity()
    raise UsageError(f"Expected norm in {{'batch', 'layer', 'none'}}, but got {norm!r}. Choose one of the three.")
