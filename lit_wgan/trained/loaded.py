"""The generator of a run, of a checkpoint or of an export, by one function."""

from pathlib import Path

from lit_wgan.trained.exported import is_exported, load_exported
from lit_wgan.trained.found import find_trained
from lit_wgan.trained.generator import TrainedGenerator


def load_generator(where: str | Path, live: bool = False) -> TrainedGenerator:
    """The generator of a run or of a checkpoint, on the CPU.

    Its classes are those that the run's config.yaml names: take that of a run you trust.

    Args:
        where: a checkpoint, a run's directory, the name of a run in ``runs``, or a folder that ``lit-wgan export``
            wrote with ``--format safetensors``.
        live: the generator itself instead of its moving average; an export has that which was exported.

    Raises:
        UsageError: if there is no such checkpoint.
    """
    folder = Path(where).expanduser()
    if is_exported(folder):
        return load_exported(folder)
    return TrainedGenerator(find_trained(where).system(), live)
