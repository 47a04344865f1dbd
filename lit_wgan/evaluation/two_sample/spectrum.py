"""Power spectra of fields on a grid."""

import torch
from torch import Tensor

SMALLEST = 1e-10
"""Share of the reference's power below which a power counts as this: float32 rounds at 1e-7 of an amplitude."""


def radial_spectrum(fields: Tensor) -> Tensor:
    """Mean power of fields at wave numbers of each length, ``E |FFT(x)(k)|^2`` over ``r - 1/2 <= |k| < r + 1/2``.

    Wave numbers are counted along the shortest side, so that fields need not be square; the mean, k = 0, is left out.

    Args:
        fields: shape ``(N, C, H, W)`` or ``(N, C, D, H, W)``.

    Returns:
        Shape ``(C, R)``, float64, for r from 1 to half the shortest side.

    Source: Durall et al. 2020, arXiv:2003.01826v1, Eq. (2), azimuthal integration, here a mean and in any dimension.
    """
    sides = fields.shape[2:]
    power = torch.zeros(fields.shape[1:], dtype=torch.float64)
    for part in fields.split(256):
        transformed = torch.fft.fftn(part.double(), dim=tuple(range(2, fields.ndim)))
        power += (transformed.real.square() + transformed.imag.square()).sum(0)
    power /= len(fields)
    axes = torch.meshgrid(*[torch.fft.fftfreq(side, dtype=torch.float64) for side in sides], indexing="ij")
    length = torch.stack(axes).square().sum(0).sqrt() * min(sides)
    shell, longest = (length + 0.5).long().flatten(), min(sides) // 2
    count = shell.bincount(minlength=longest + 1).double()
    sums = torch.stack([shell.bincount(own.flatten(), longest + 1) for own in power])
    return (sums / count.clamp(min=1))[:, 1 : longest + 1]


def spectrum_distance(real: Tensor, fake: Tensor) -> float:
    """Return the root mean square over channels and wave numbers of the ratio of two spectra, in decibels.

    Args:
        real: shape ``(N, C, H, W)`` or ``(N, C, D, H, W)``.
        fake: likewise.

    Returns:
        ``sqrt(mean (10 log10 P_real(r) / P_fake(r))^2)``, at least 0; 20 log10 2 = 6.02 for ``fake = 2 real``.

    Source: Gray and Markel 1976, IEEE Trans. ASSP 24(5), the log spectral distance.
    """
    of_real, of_fake = radial_spectrum(real), radial_spectrum(fake)
    least = (SMALLEST * of_real.mean(1, keepdim=True)).clamp(min=torch.finfo(torch.float64).tiny)
    decibels = 10 * (of_real.maximum(least) / of_fake.maximum(least)).log10()
    return decibels.square().mean().sqrt().item()
