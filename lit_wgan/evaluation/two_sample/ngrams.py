"""How far the n-grams of generated text are from those of real text."""

import math

import numpy as np
import torch
from torch import Tensor

from lit_wgan.errors import UsageError

CODES = 2**15
"""Codes of characters are below; then an n-gram is a number of 60 bits."""


def ngram_jsd(real: Tensor, fake: Tensor, n: int) -> float:
    """Return the Jensen-Shannon divergence between the laws of n successive characters, to the base 2.

    The laws are counts over all places of all samples, padding included. The fewer samples, the larger it comes out,
    and the more so for large n: compare it with its floor.

    Args:
        real: codes of characters ``(N, T)``, whole numbers of any type.
        fake: likewise ``(M, T)``.
        n: from 1 to 4, at most T.

    Returns:
        In ``[0, 1]``: 0 for equal laws, 1 where no n-gram is in both.

    Raises:
        UsageError: for what is no text.

    Source: Gulrajani et al. 2017, authors' code igul222/improved_wgan_training at fa66c57, language_helpers.py,
    ``NgramLanguageModel.js_with``, without the logarithms of counts.
    """
    from scipy.special import rel_entr

    numbers = [_ngrams(samples, n) for samples in (real, fake)]
    places = np.unique(np.concatenate(numbers), return_inverse=True)[1]
    p, q = (
        np.bincount(part, minlength=places.max() + 1) / len(part)
        for part in (places[: len(numbers[0])], places[len(numbers[0]) :])
    )
    middle = (p + q) / 2
    return float((rel_entr(p, middle).sum() + rel_entr(q, middle).sum()) / (2 * math.log(2)))


def _ngrams(codes: Tensor, n: int) -> np.ndarray:
    """All n-grams as numbers."""
    if (codes.is_floating_point() and not codes.equal(codes.round())) or not 0 <= codes.min() <= codes.max() < CODES:
        raise UsageError(
            f"Expected text for ngram_jsd, codes of characters from 0 to {CODES - 1}, but got numbers from "
            f"{codes.min():g} to {codes.max():g}. Read text by lit_wgan.TextData, or leave ngram_jsd out of metrics."
        )
    grams = codes.long().unfold(1, n, 1).flatten(0, 1)
    return (grams * CODES ** torch.arange(n)).sum(1).numpy()
