"""What loggers take beside numbers: pictures, histograms, texts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from lightning.pytorch import Trainer
from torch import Tensor


@runtime_checkable
class MediaLogger(Protocol):
    """A logger that shows more than curves."""

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log numbers."""

    def log_options(self, options: Mapping[str, Any]) -> None:
        """Log the run's options, by flat names."""

    def log_picture(self, name: str, path: Path, step: int) -> None:
        """Log a PNG as the picture of a generator update."""

    def log_histograms(self, values: Mapping[str, Tensor], step: int) -> None:
        """Log a histogram of the finite entries of each tensor, in 64 bins."""

    def log_note(self, name: str, text: str, step: int) -> None:
        """Log a text, in Markdown."""


def media_loggers(trainer: Trainer) -> list[MediaLogger]:
    """Those of a trainer's loggers that take pictures, histograms and texts."""
    return [logger for logger in trainer.loggers if isinstance(logger, MediaLogger)]
