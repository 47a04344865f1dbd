"""Options of an evaluation, defined once: for the evaluator, the callback, the command and the protocol alike."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from lit_wgan.engine.preserve import PRECISIONS
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.runs.metric_names import OF_CLASS

INCEPTION = "inception-v3-compat"
COMPAT = ("exact", "torch-fidelity")
NEIGHBOURS = 5  # of density and coverage; precision and recall take 3
EXTRACTOR_SUFFIX = ".pt"
"""Of the files that ``lit-wgan extractor train`` makes."""


class Choice(NamedTuple):
    """What the option ``metrics`` can ask for.

    Args:
        names: of the metrics that are computed.
        needs: smallest number of samples, or the name of the option that holds it.
        layer: the metric of torch-fidelity whose layer of an extractor they take.
        of_classes: whether samples have to have classes; then there is also a metric of each class.
    """

    names: tuple[str, ...]
    needs: int | str
    layer: str
    of_classes: bool = False

    @property
    def compares(self) -> bool:
        """Whether samples are compared with real images; else the extractor's logits say all."""
        return self.layer != "isc"


METRICS = {
    "fid": Choice(("fid",), 2, "fid"),
    "isc": Choice(("inception_score_mean", "inception_score_std"), "isc_splits", "isc"),
    "kid": Choice(("kid_mean", "kid_std"), "kid_subset_size", "kid"),
    "prc": Choice(("precision", "recall", "f_score", "density", "coverage"), NEIGHBOURS + 1, "prc"),
    "acc": Choice(("accuracy",), 1, "isc", of_classes=True),
    "intra_fid": Choice(("intra_fid",), 2, "fid", of_classes=True),
}


@dataclass(frozen=True, kw_only=True)
class ProtocolOptions:
    """Options that the metrics depend on whatever is measured, so every protocol lists them.

    Args:
        batch_size: images per block.
        seed: seed of the noise, the Inception Score's shuffle and KID's subsets.
        precision: of the features of real and generated images alike: ``float32``, ``tf32`` or ``bfloat16``.
        compat: ``exact``, or ``torch-fidelity`` for the results of its ``calculate_metrics`` bit for bit, with its
            rounding errors and its need of memory.
        isc_splits: splits over which the Inception Score is averaged.
        kid_subsets: random subsets over which KID is averaged.
        kid_subset_size: samples in each subset.

    Raises:
        UsageError: for numbers that are not positive, and unknown names.
    """

    batch_size: int = 64
    seed: int = 2020
    precision: str = "float32"
    compat: str = "exact"
    isc_splits: int = 10
    kid_subsets: int = 100
    kid_subset_size: int = 1000

    def __post_init__(self) -> None:
        check_positive(**{name: getattr(self, name) for name in ("batch_size", "isc_splits", "kid_subsets")})
        check_positive(kid_subset_size=self.kid_subset_size)
        _check_choice("precision", self.precision, PRECISIONS)
        _check_choice("compat", self.compat, COMPAT)

    def of_protocol(self) -> dict[str, Any]:
        """These options by name, without those that a subclass adds."""
        return {option.name: getattr(self, option.name) for option in fields(ProtocolOptions)}


@dataclass(frozen=True)
class EvaluationOptions(ProtocolOptions):
    """Options of an evaluation.

    Args:
        reference: the real images, as :func:`open_image_set` takes them; or the path of an ``.npz`` file of their
            statistics, which is enough for FID alone. None where only ``isc`` or ``acc`` is asked for.
        metrics: any of ``fid``, ``isc``, ``kid``, and ``prc``: precision, recall, their harmonic mean, density,
            coverage; and for samples that were told a class, ``acc``: the share that the extractor takes for that
            class, and ``intra_fid``: the mean of the FIDs of the classes.
        num_samples: images to generate. Metrics of different numbers of samples do not compare.
        extractor: name, file or module, see :func:`make_extractor`.
        weights: file of the extractor's weights, if it is not in one of the usual places.
        cache_dir: folder of the reference's statistics, if not the user's cache folder.
        reference_classes: class number of each real image, from 0, for ``intra_fid``: an array ``(N,)``, or the path of
            an ``.npy`` file of it. None for those of the training set, where that is the reference.

    Raises:
        UsageError: for numbers that are not positive, and unknown names.
    """

    reference: Any = None
    metrics: Sequence[str] = ("fid",)
    num_samples: int = 10_000
    extractor: str | nn.Module = INCEPTION
    weights: str | None = None
    cache_dir: str | Path | None = field(default=None, kw_only=True)
    reference_classes: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(num_samples=self.num_samples)
        unknown = [metric for metric in self.metrics if metric not in METRICS]
        if unknown or not self.metrics:
            raise UsageError(
                f"Expected metrics to be some of {', '.join(METRICS)}, but got {', '.join(unknown) or 'none'}. Choose "
                "among these."
            )

    @property
    def compares(self) -> bool:
        """Whether one of the metrics compares samples with real images."""
        return any(METRICS[metric].compares for metric in self.metrics)

    @property
    def of_classes(self) -> list[str]:
        """Those of the metrics that need the classes of samples."""
        return [metric for metric in METRICS if metric in self.metrics and METRICS[metric].of_classes]

    def check_samples(self, generated: int, real: int | None) -> None:
        """Raise a UsageError if there are too few samples, generated or real, for one of the metrics."""
        for metric in self.metrics:
            option = METRICS[metric].needs
            needed, remedy = (getattr(self, option), f" or lower {option}") if isinstance(option, str) else (option, "")
            for number, kind in ((generated, "generated"), (real if METRICS[metric].compares else None, "real")):
                if number is not None and number < needed:
                    raise UsageError(
                        f"Expected at least {needed} {kind} samples for {metric}, but got {number}. Take more{remedy}."
                    )

    def metric_names(self) -> list[str]:
        """The names of all metrics asked for, as they are logged and reported, but for those of single classes."""
        extractor = extractor_name(self.extractor)
        asked_for = [choice for metric, choice in METRICS.items() if metric in self.metrics]
        return [metric_name(name, extractor) for choice in asked_for for name in choice.names]


def is_file(extractor: str | nn.Module) -> bool:
    """Whether an extractor is given as a file of ``lit-wgan extractor train``."""
    return isinstance(extractor, str) and extractor.endswith(EXTRACTOR_SUFFIX)


def extractor_name(extractor: str | nn.Module) -> str:
    """The name of an extractor in those of metrics: of a file, its own without folder and ending."""
    if not isinstance(extractor, str):
        return module_name(extractor)
    return Path(extractor).stem if is_file(extractor) else extractor


def module_name(extractor: nn.Module) -> str:
    """The name of an extractor that is given as a module: torch-fidelity's have one, of others it is the class."""
    named = getattr(extractor, "get_name", None)
    return named() if named else type(extractor).__name__


def metric_name(name: str, extractor: str) -> str:
    """The full name of a metric: the plain one is kept for Inception's features, ``fid_digits`` is of others.

    That of one class goes on with its number, ``intra_fid_digits_class_3``.
    """
    of_all, *of_class = name.split(OF_CLASS)
    return OF_CLASS.join([of_all if extractor == INCEPTION else f"{of_all}_{extractor}", *of_class])


def _check_choice(option: str, value: str, choices: Sequence[str] | dict[str, str]) -> None:
    if value not in choices:
        raise UsageError(f"Expected {option} to be one of {', '.join(choices)}, but got {value}. Take one of them.")
