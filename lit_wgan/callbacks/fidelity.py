"""FID, Inception Score, KID, precision and recall of the generator while it trains."""

from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import nn

from lit_wgan.data.image_data import ImageData
from lit_wgan.engine.preserve import averaged_buffers
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.evaluation.evaluator import GenerativeEvaluator
from lit_wgan.evaluation.metrics import FIGURES
from lit_wgan.evaluation.protocol import figure_name
from lit_wgan.evaluation.real_images import UnitRangeImages
from lit_wgan.evaluation.weights import INCEPTION
from lit_wgan.systems.base import AdversarialSystem


class FidelityCallback(Callback):
    """Measures the generator every so many generator updates, and at the last, on all devices together.

    Logs ``fidelity/fid``, ``fidelity/inception_score_mean`` and so on, with ``fidelity/num_samples``, on which all of
    them depend, and ``fidelity/seconds``. Figures of another extractor than Inception carry its name,
    ``fidelity/fid_digits``. They can be monitored, ``ModelCheckpoint(monitor="fidelity/fid")``, by a checkpoint that is
    written at updates which are measured. Training goes on as if nothing had been measured.

    Args:
        metrics: of ``fid``, ``isc``, ``kid`` and ``prc``; see :class:`GenerativeEvaluator`, also for what has no line
            here.
        num_samples: how many images to generate each time.
        reference: the real images, or a path or name of them or of their statistics; None for the training set,
            without its random flips.
        every_n_updates: generator updates between measurements.
        use_ema: measure the generator's moving average where the system keeps one.
        extractor: of features.
        weights: file of the extractor's weights.
        batch_size: images in a block, whatever the batch size of training.
        seed: of the noise, the same each time.
        precision: of the extractor, whatever that of training.
        compat: ``exact`` or ``torch-fidelity``.
        cache_dir: folder of the reference's statistics.
        prefix: of the logged names.
        isc_splits: parts of the Inception Score.
        kid_subsets: subsets of KID.
        kid_subset_size: samples in each.

    Raises:
        UsageError: when training starts, for what :class:`GenerativeEvaluator` refuses, and for training data that is
            no set of images if no reference is given.
    """

    def __init__(
        self,
        metrics: Sequence[str] = ("fid",),
        num_samples: int = 10_000,
        reference: Any = None,
        every_n_updates: int = 1000,
        use_ema: bool = True,
        extractor: str | nn.Module = INCEPTION,
        weights: str | None = None,
        batch_size: int = 64,
        seed: int = 2020,
        precision: str = "float32",
        compat: str = "exact",
        cache_dir: str | None = None,
        prefix: str = "fidelity",
        isc_splits: int = 10,
        kid_subsets: int = 100,
        kid_subset_size: int = 1000,
    ):
        check_positive(every_n_updates=every_n_updates)
        self.reference = reference
        self.every_n_updates = every_n_updates
        self.use_ema = use_ema
        self.prefix = prefix
        self._options: dict[str, Any] = {
            "metrics": metrics,
            "num_samples": num_samples,
            "extractor": extractor,
            "weights": weights,
            "batch_size": batch_size,
            "seed": seed,
            "precision": precision,
            "compat": compat,
            "cache_dir": cache_dir,
            "isc_splits": isc_splits,
            "kid_subsets": kid_subsets,
            "kid_subset_size": kid_subset_size,
        }
        self._evaluator: GenerativeEvaluator | None = None
        self._measured = -1

    def figures(self) -> list[str]:
        """The logged names; those of an extractor that is a module of one's own end in the name of its class."""
        extractor = self._options["extractor"]
        of = extractor if isinstance(extractor, str) else type(extractor).__name__
        names = [figure_name(name, of) for metric in self._options["metrics"] for name in FIGURES.get(metric, ())]
        return [f"{self.prefix}/{name}" for name in (*names, "num_samples", "seconds")]

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Load the extractor and open the reference, so that what is wrong with them shows at once."""
        reference = self.reference
        if reference is None and tuple(self._options["metrics"]) != ("isc",):
            reference = training_images(trainer)
        self._evaluator = GenerativeEvaluator(reference, **self._options)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any) -> None:
        """Measure the updates whose turn it is."""
        update = pl_module.counters.generator_updates
        due = update % self.every_n_updates == 0 or trainer.global_step == trainer.max_steps
        if due and update not in (0, self._measured):
            self._measured = update
            self._measure(trainer, pl_module)

    def _measure(self, trainer: Trainer, system: AdversarialSystem) -> None:
        assert self._evaluator is not None
        averaged = system.ema_generator if self.use_ema else None
        generator = system.generator if averaged is None else averaged
        with averaged_buffers(generator):
            progress = trainer.progress_bar_callback is not None
            result = self._evaluator.evaluate(generator, system.latent_dim, progress=progress)
        logged = result | {"num_samples": result.protocol.num_samples, "seconds": result.seconds}
        system.record({f"{self.prefix}/{name}": torch.tensor(value).double() for name, value in logged.items()})


def training_images(trainer: Trainer) -> Any:
    """The images that a trainer trains on, as a reference.

    Raises:
        UsageError: for training data that has no images by index.
    """
    data = getattr(trainer, "datamodule", None)
    if isinstance(data, ImageData):
        return data.images[True]
    dataset = getattr(trainer.train_dataloader, "dataset", None)
    if hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__"):
        return UnitRangeImages(dataset)
    raise UsageError(
        f"Expected a training set of images for FidelityCallback, but got {type(data or dataset).__name__}. Give a "
        "reference, or remove the callback."
    )
