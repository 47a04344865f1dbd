"""The processes of a run were started with the same options."""

from typing import Any

import yaml
from lightning.pytorch.cli import LightningArgumentParser

from lit_wgan import __version__
from lit_wgan.engine.agreement import check_agreement
from lit_wgan.engine.settings import flat
from lit_wgan.systems.same_run import MAY_DIFFER, REMEDY

OF_PROCESS = MAY_DIFFER | {
    "ckpt_path",  # compared by itself
    "config",  # what is in the files is compared
    "trainer.default_root_dir",  # that of rank 0 is used
    "trainer.devices",  # compared with what was started, as the next is
    "trainer.num_nodes",
    "trainer.enable_model_summary",  # what a process shows
    "trainer.enable_progress_bar",
}
"""Options that processes may have different values of."""


def check_same_options(parser: LightningArgumentParser, options: Any) -> None:
    """Raise a UsageError on all processes if they were given different options; to be called on all of them.

    Args:
        parser: of the options.
        options: as parsed; with the checkpoint that ``last`` stands for.
    """
    check_agreement(
        "checkpoint to continue from",
        lambda: {"--ckpt_path": options.get("ckpt_path")},
        "Put trainer.default_root_dir on a file system that all nodes share.",
        places_may_differ=False,
    )

    def describe() -> dict[str, Any]:
        return {"version of lit-wgan": __version__} | by_name(yaml.safe_load(parser.dump(options, skip_none=False)))

    check_agreement("options", describe, REMEDY)


def by_name(options: dict[str, Any]) -> dict[str, Any]:
    """The options that must not differ, by their names on the command line."""
    named = {name.replace(".init_args", ""): value for name, value in flat("", options).items()}
    return {name: value for name, value in named.items() if name.partition("[")[0] not in OF_PROCESS}
