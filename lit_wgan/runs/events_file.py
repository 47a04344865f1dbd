"""TensorBoard's file of a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import TensorBoardLogger

from lit_wgan.engine.files import CONTINUE, WriteError, writing


class EventsFile(TensorBoardLogger):
    """Lightning's TensorBoard logger, which names its file when that cannot be written."""

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The writer."""
        with self._writing():
            return super().experiment

    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        """Log metrics."""
        with self._writing():
            super().log_metrics(*args, **kwargs)

    def save(self) -> None:
        """Write what is not written yet."""
        with self._writing():
            super().save()

    def finalize(self, status: str) -> None:
        """Write what is left, and close the file."""
        with self._writing():
            super().finalize(status)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        path = Path(self.log_dir) / "events.out.tfevents.*"
        try:
            with writing(path, CONTINUE):
                yield
        except ValueError as error:  # in which Lightning wraps whatever happens when a number is logged
            if isinstance(error.__cause__, WriteError):
                raise error.__cause__ from error
            if isinstance(error.__cause__, OSError):
                raise WriteError(path, error.__cause__, CONTINUE) from error
            raise
