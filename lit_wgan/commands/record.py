"""The record of a run: config.yaml and environment.json in its directory."""

import json
from pathlib import Path
from typing import cast

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.cli import SaveConfigCallback

from lit_wgan.engine.files import atomic_write, is_local, writing
from lit_wgan.errors import UsageError
from lit_wgan.runs.directories import refuse_links
from lit_wgan.runs.environment import write_environment
from lit_wgan.runs.flat_options import flat_options
from lit_wgan.runs.media import media_loggers
from lit_wgan.runs.yaml_files import read_yaml
from lit_wgan.systems import AdversarialSystem


class RunRecord(SaveConfigCallback):
    """Writes config.yaml and environment.json into the run's directory, and logs both to TensorBoard and W&B.

    An attempt that continues a run adds the generator update from which it continues to their names.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write both, once.

        Raises:
            UsageError: for a directory with links to files outside it.
        """
        self.overwrite = self.overwrite or not trainer.loggers  # without loggers all runs share one directory
        directory = trainer.log_dir  # asks all devices
        if directory is not None:
            refuse_links(Path(directory), folders=("checkpoints", "samples", "generated"))
        self.directory = directory
        self.save_to_log_dir = not is_local(directory)  # Lightning would leave half a file on a full disk
        super().setup(trainer, pl_module, stage)
        if not trainer.is_global_zero or directory is None:
            return
        config = Path(directory) / self.config_filename
        environment = config.with_name(config.name.replace("config", "environment")).with_suffix(".json")
        write_environment(environment, cast(AdversarialSystem, pl_module).streams.seed, trainer)
        for logger in media_loggers(trainer):
            options = flat_options(read_yaml(config, "the configuration just written", "Check the disk."))
            logger.log_options(options | {"environment": json.loads(environment.read_text())})

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write config.yaml, whole or not at all; called on the first process alone."""
        if self.save_to_log_dir or self.directory is None:
            return
        path = Path(self.directory) / self.config_filename
        if path.exists() and not self.overwrite:
            raise UsageError(
                f"Expected a folder without the record of another run, but got {path}. Give trainer.logger another "
                "version, or move the folder away."
            )
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            file.write(self.parser.dump(self.config, skip_none=False).encode())
