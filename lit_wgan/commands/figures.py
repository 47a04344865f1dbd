"""What a run shows of itself when it ends: its curves, its samples as a video, and its result in words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.utilities import rank_zero_info

from lit_wgan.engine.notices import failure_as_warning
from lit_wgan.errors import NonFiniteError
from lit_wgan.reports.curves import write_curves
from lit_wgan.reports.diagnosis import diagnose
from lit_wgan.reports.video import write_video
from lit_wgan.reports.words import finding_in_words, metrics_in_words
from lit_wgan.runs.media import media_loggers
from lit_wgan.runs.run import Run


class Figures(Callback):
    """Writes curves.png and learning.mp4 when a run ends or is stopped, and the result in words for TensorBoard.

    A figure that cannot be written is a warning: the run has ended well.
    """

    def __init__(self) -> None:
        self._directory: Path | None = None

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Take the run's directory, for which all devices are asked."""
        directory = trainer.log_dir
        kept = trainer.loggers and not trainer.fast_dev_run  # type: ignore[attr-defined]  # Lightning sets it
        self._directory = Path(directory) if directory is not None and kept else None

    def on_fit_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Show the finished run."""
        self._show(trainer)

    def on_exception(self, trainer: Trainer, pl_module: Any, exception: BaseException) -> None:
        """Show a run that a signal has stopped, or that has diverged."""
        if isinstance(exception, SystemExit | NonFiniteError):
            self._show(trainer)

    def _show(self, trainer: Trainer) -> None:
        if self._directory is None or not trainer.is_global_zero:
            return
        run = Run(self._directory)
        written("curves.png", write_curves, run)
        video = written("learning.mp4", write_video, run)
        if video is not None and video.suffix == ".gif":
            rank_zero_info('The video of samples is a GIF; pip install "lit-wgan[video]" makes it an MP4.')
        lines = [*metrics_in_words(run), *(finding_in_words(finding) for finding in diagnose(run))]
        for logger in media_loggers(trainer) if lines else []:
            logger.log_note("result", "\n".join(f"* {line}" for line in lines), trainer.global_step)


def written(name: str, write: Callable[[Run], Path | None], run: Run) -> Path | None:
    """The path of a figure that is written into a run's directory; None for none, and after a warning."""
    with failure_as_warning(run.directory / name):
        return write(run)
    return None
