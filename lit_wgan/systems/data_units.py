"""The units of the data, which a system's networks need not share."""

from typing import Any

from lightning.pytorch import Callback, Trainer

from lit_wgan.data.adversarial_data import AdversarialData


class DataUnits(Callback):
    """Gives the system the transform of its data, before a checkpoint brings that which it was trained with."""

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Ask the packaged DataModules, which are set up by now; others have the networks' units."""
        data = getattr(trainer, "datamodule", None)
        pl_module.transform = data.transform if isinstance(data, AdversarialData) else None
