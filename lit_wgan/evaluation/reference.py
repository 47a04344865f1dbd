"""Statistics of real images, and files of them that pytorch-fid and TTUR read and write too."""

import json
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from lit_wgan.engine.digests import json_sha256
from lit_wgan.engine.files import atomic_write, user_cache
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.npz import NpzError, read_arrays

FORMAT = 2  # raise it when the same images would give different statistics


@dataclass(frozen=True)
class Reference:
    """Statistics of real images; what no metric needs is None.

    Args:
        mu: mean of the features, ``(D,)``.
        sigma: their covariance, ``(D, D)``.
        factor: A with ``A A^T = sigma``, ``(D, rank)``, or None if it was not computed.
        count: number of images, or None if the file does not say.
        shape: of an image, ``(C, H, W)``, or None if the file does not say.
        features: all features ``(N, D)`` of the layers of which a metric needs them.
        by_class: the statistics of the images of each class, by its number.
    """

    mu: np.ndarray | None = None
    sigma: np.ndarray | None = None
    factor: np.ndarray | None = None
    count: int | None = None
    shape: tuple[int, ...] | None = None
    features: dict[str, Tensor] | None = None
    by_class: "dict[int, Reference] | None" = None

    def summary(self) -> "Reference":
        """The same without the large parts, for the ranks that do not compute the metrics."""
        return replace(self, sigma=None, factor=None, features=None, by_class=None)


def read_npz(path: Path, key: str | None = None) -> Reference:
    """Read statistics from a file with ``mu`` and ``sigma``, as pytorch-fid, TTUR and :class:`ReferenceCache` write it.

    A file of the cache may hold ``factor`` instead of ``sigma``.

    Args:
        path: the file.
        key: that must stand in the file's metadata, for files of :class:`ReferenceCache`.

    Raises:
        UsageError: for a file that is missing, damaged, of other contents, or made with another key.
    """
    try:
        arrays = read_arrays(path, ("mu", "sigma", "factor", "metadata"))
        mu, factor = arrays["mu"], arrays.get("factor")
        sigma = arrays.get("sigma") if key and factor is not None else arrays["sigma"]
        found_key, count, shape = _metadata(str(arrays.get("metadata", "{}")))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        reason = error if isinstance(error, NpzError) else f"{type(error).__name__}: {error}"
        raise UsageError(
            f"Expected {path} to hold mu and sigma, as pytorch-fid writes them, but got {reason}. Make the file again."
        ) from error
    held = [array for array in (mu, sigma, factor) if array is not None]
    fits_sigma = sigma is None or sigma.shape == mu.shape * 2
    fits_factor = factor is None or (factor.ndim == 2 and len(factor) == mu.size)
    if mu.ndim != 1 or not mu.size or not fits_sigma or not fits_factor or not all(map(_is_finite, held)):
        raise UsageError(
            f"Expected {path} to hold finite mu (D,) and sigma (D, D), but got shapes "
            f"{' and '.join(str(array.shape) for array in held)}. Make the file again."
        )
    if key is not None and found_key != key:
        raise UsageError(f"Expected {path} to be made for {key}, but got {found_key}. Delete the file.")
    return Reference(mu, sigma, factor, count, shape)


def _is_finite(array: np.ndarray) -> bool:
    """Whether an array holds finite real numbers."""
    return array.dtype.kind in "fiu" and bool(np.isfinite(array).all())


def _metadata(text: str) -> tuple[object, int | None, tuple[int, ...] | None]:
    """The key, the number of images and their shape; None for what a file does not say."""
    given = json.loads(text)
    count, shape = given.get("count"), given.get("shape")
    if not (count is None or type(count) is int):
        raise ValueError(f"the count {count!r}")
    if not (shape is None or (isinstance(shape, list) and all(type(size) is int for size in shape))):
        raise ValueError(f"the shape {shape!r}")
    return given.get("key"), count, tuple(shape) if shape else None


class ReferenceCache:
    """A cached file of statistics, named by a digest of all that they depend on.

    Args:
        folder: of all such files; None for ``lit_wgan`` in the user's cache folder.
        parts: all that the statistics depend on; can be written as JSON.
    """

    def __init__(self, folder: str | Path | None, parts: list[object]):
        self.key = json_sha256([FORMAT, *parts])
        self.path = Path(folder or user_cache()).expanduser() / f"reference-{self.key[:16]}.npz"

    def read(self) -> Reference | None:
        """Return the statistics, or None if the file is missing, damaged, or of other contents."""
        if not self.path.is_file():
            return None
        try:
            return read_npz(self.path, self.key)
        except ValueError:
            return None  # so that it is written again

    def write(self, reference: Reference) -> bool:
        """Write statistics; the file appears once it is complete. A failure to write is a warning, not an error.

        Returns:
            Whether they are written.
        """
        arrays = {name: getattr(reference, name) for name in ("mu", "sigma", "factor")}
        arrays = {name: array for name, array in arrays.items() if array is not None}
        metadata = json.dumps({"key": self.key, "count": reference.count, "shape": reference.shape})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self.path) as file:
                np.savez(file, metadata=metadata, **arrays)
        except OSError as error:
            warnings.warn(
                f"The reference's statistics could not be kept in {self.path.parent} ({error.strerror}), so the next "
                "run computes them again. Choose another folder with cache_dir.",
                stacklevel=2,
            )
            return False
        return True
