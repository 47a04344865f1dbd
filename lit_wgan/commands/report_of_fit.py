"""The report that a run writes of itself when it has trained."""

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_warn

from lit_wgan.reports.generated import Generated, make_generated
from lit_wgan.runs.run import Run
from lit_wgan.systems import AdversarialSystem

REPORT = "report.html"
"""Its name in the run's directory."""


def write_own_report(run: Run, trainer: Trainer, system: LightningModule) -> None:
    """Write the report into a run's directory, once result.json is there; to be called on the first device alone.

    Whatever goes wrong is a warning: the training has succeeded.

    Args:
        run: as it lies on the disk.
        trainer: has trained the system.
        system: holds the final weights.
    """
    from lit_wgan.reports import Options, write_report

    try:
        write_report([run], run.directory / REPORT, Options(*_generated(run, trainer, system)))
    except Exception as error:
        rank_zero_warn(
            f"The run's report could not be written ({type(error).__name__}: {error}). lit-wgan report {run.directory} "
            "writes it later."
        )


def _generated(run: Run, trainer: Trainer, system: LightningModule) -> tuple[list[Generated], list[str]]:
    if trainer.world_size > 1 or not isinstance(system, AdversarialSystem):  # data are opened by all devices together
        return [], [f"Interpolations and nearest training samples: lit-wgan report {run.directory} adds them."]
    return make_generated(run, system, getattr(trainer, "datamodule", None))
