"""What differs from Lightning's defaults for a run of the command, and which of its messages are left out."""

import logging
import warnings
from typing import Any

TRAINER_DEFAULTS: dict[str, Any] = {
    "default_root_dir": "runs",
    "max_epochs": -1,  # training data is endless: max_steps, the number of generator updates, ends a run
    "check_val_every_n_epoch": None,  # so that val_check_interval counts generator updates
    "num_sanity_val_steps": 0,
}
CHECKPOINT_DEFAULTS: dict[str, Any] = {
    "checkpoint.filename": "{step:07d}",
    "checkpoint.auto_insert_metric_name": False,
    "checkpoint.every_n_train_steps": 500,
    "checkpoint.save_last": True,
}
# Expected here: data in memory without loader workers, weights saved as they are after an update, a directory of its
# own for every run, metrics that all devices share. And Lightning itself calls what torch deprecates.
EXPECTED_WARNINGS = ["does not have many workers", "no pre-optimization state", "The dirpath has changed"]
EXPECTED_WARNINGS += ["sync_dist=True", "LeafSpec", "exists and is not empty", "not supported by the model summary"]


def leave_out_expected() -> None:
    """Leave out the warnings that are expected, and what Lightning says of itself."""
    for message in EXPECTED_WARNINGS:
        warnings.filterwarnings("ignore", f"(?s).*{message}")
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(_is_of_run)


def _is_of_run(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return "Tip: " not in message and not message.startswith("Trainer already configured with model summary")
