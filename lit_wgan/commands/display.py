"""How a run shows its networks and its progress: on a terminal by a bar, elsewhere by lines."""

import sys

from jsonargparse import Namespace
from lightning.pytorch import Callback
from lightning.pytorch.callbacks import ModelSummary, ProgressBar

from lit_wgan.callbacks import GeneratorUpdates, ProgressLines, Summary


def shown_by(trainer: Namespace) -> list[Callback]:
    """The callbacks that show a run, unless the user's own do.

    Args:
        trainer: options of the Trainer, with its callbacks made.
    """
    own = trainer.callbacks or []
    shown: list[Callback] = []
    if trainer.enable_model_summary is not False and not any(isinstance(each, ModelSummary) for each in own):
        shown.append(Summary())
    if not any(isinstance(each, ProgressBar) for each in own):
        on_terminal = trainer.enable_progress_bar is not False and sys.stdout.isatty()
        shown.append(GeneratorUpdates() if on_terminal else ProgressLines())
    return shown
