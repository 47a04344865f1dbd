"""Features of samples, by a network or any other function."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from lit_wgan.engine.preserve import evaluation_mode, preserve_random_state
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.options import is_file
from lit_wgan.evaluation.two_sample.own import imported, name_of

AT_ONCE = 256


class Features:
    """Maps samples ``(N, ...)`` to features ``(N, D)``.

    Args:
        given: a function or module of samples in the data's own units, float32; the path of one; or the name of an
            extractor that is registered with torch-fidelity, for images, or the file of one that ``lit-wgan extractor
            train`` made.

    Raises:
        UsageError: for what is none of these.
    """

    def __init__(self, given: str | Callable[..., Any]):
        if isinstance(given, str) and "." in given and not is_file(given):
            given = imported(given, "features")
        if isinstance(given, type):
            given = given()
        self.name: str
        self.function: Callable[..., Any]
        self.name, self.function = _extractor(given) if isinstance(given, str) else (name_of(given), given)

    def __call__(self, samples: Tensor) -> Tensor:
        """Features ``(N, D)``, float32, on the CPU."""
        function: Any = self.function.to(samples.device) if isinstance(self.function, nn.Module) else self.function
        mode = evaluation_mode(function) if isinstance(function, nn.Module) else nullcontext()
        with preserve_random_state(), torch.no_grad(), mode:
            parts = [self._checked(function(part), len(part)) for part in samples.split(AT_ONCE)]
        return torch.cat(parts).flatten(1)

    def _checked(self, features: Any, rows: int) -> Tensor:
        if not isinstance(features, Tensor) or len(features) != rows or features.ndim < 2:
            got = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
            raise UsageError(
                f"Expected features {self.name} to give a tensor ({rows}, D) of {rows} samples, but got {got}. Return "
                "one row for each sample."
            )
        return features.detach().float().cpu()


def _extractor(given: str) -> tuple[str, Callable[[Tensor], Tensor]]:
    """The name of an extractor that is registered, or of one in a file, and the function that it is."""
    from lit_wgan.evaluation.extractors import make_extractor, takes_floats
    from lit_wgan.evaluation.images import to_bytes

    extractor, floats = make_extractor(given, ["prc"]), takes_floats(given)

    def features(samples: Tensor) -> Tensor:
        if not floats and (samples.ndim != 4 or samples.abs().max() > 1):
            raise UsageError(
                f"Expected images (N, C, H, W) in [-1, 1] for the extractor {given}, but got {tuple(samples.shape)} "
                f"from {samples.min():.4g} to {samples.max():.4g}. Give a function of your own as features."
            )
        images = samples.float() if floats else to_bytes(samples)
        return extractor.to(samples.device)(images)[extractor.layers["prc"]]

    return extractor.name, features
