"""Paths in the states of checkpoint callbacks: those of a run's own files, wherever the run lies by now.

Lightning deletes what a restored path names, without a question whether it is a checkpoint and of this run; and it
forgets all of them where a directory was moved, or is named by another path.
"""

import os
from pathlib import Path, PurePosixPath
from typing import Any

from lightning.fabric.utilities.cloud_io import get_filesystem
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor

from lit_wgan.engine.checkpoint_contents import find_misfit
from lit_wgan.engine.files import is_local
from lit_wgan.errors import UsageError

TYPES = {
    "best_k_models": {str: Tensor},
    "best_model_path": str,
    "last_model_path": str,
}


def own_state(callback: ModelCheckpoint, state: Any, read_from: str) -> dict[str, Any]:
    """The state of a checkpoint callback with paths of existing checkpoint files below its own directory alone.

    Args:
        callback: that will be given the state.
        state: that a checkpoint holds; empty where it holds none, as for a callback with another ``monitor``.
        read_from: path of that checkpoint; if it is not in the callback's directory, nothing is taken over.

    Raises:
        UsageError: for a state of other types than Lightning writes.
    """
    misfit = find_misfit(state, TYPES)
    if misfit is not None or any(score.numel() != 1 for score in state.get("best_k_models", {}).values()):
        raise UsageError(
            f"Expected --ckpt_path to hold the state of {type(callback).__name__} as Lightning writes it, but got "
            f"another ({misfit or 'a score of more than one number'}). Take an earlier checkpoint."
        )
    directory, continues = str(callback.dirpath), _is_below(read_from, str(callback.dirpath))

    def own(name: str) -> str:
        return _own_path(state.get(name, ""), state.get("dirpath"), directory) if continues else ""

    scores = {
        path: score
        for name, score in state.get("best_k_models", {}).items()
        if continues and (path := _own_path(name, state.get("dirpath"), directory))
    }
    last = os.path.join(directory, f"{callback.CHECKPOINT_NAME_LAST}{callback.FILE_EXTENSION}")  # to be replaced
    ranked = sorted(scores, key=lambda path: float(scores[path]), reverse=callback.mode == "max")
    return {
        "dirpath": callback.dirpath,
        "best_k_models": scores,
        "best_model_path": ranked[0] if ranked else own("best_model_path"),
        "best_model_score": scores[ranked[0]] if ranked else None,
        "kth_best_model_path": ranked[-1] if ranked else "",
        "kth_value": scores[ranked[-1]] if ranked else callback.kth_value,
        "last_model_path": own("last_model_path") or (last if continues else ""),
    }


def _own_path(path: str, written_in: object, directory: str) -> str:
    """The file in a directory that a path named when the directory was ``written_in``; ``""`` if there is none."""
    relative = path.removeprefix(f"{written_in}/")
    own = os.path.join(directory, relative)
    safe = relative != path and not PurePosixPath(relative).is_absolute() and ".." not in PurePosixPath(relative).parts
    is_file = safe and own.endswith(".ckpt") and _is_below(own, directory) and get_filesystem(own).isfile(own)
    return own if is_file else ""


def _is_below(path: str, directory: str) -> bool:
    """Whether a file is in a directory or one below it, however both are named; a file may itself be a link."""
    if not is_local(directory):
        return path.startswith(f"{directory}/")
    return is_local(path) and Path(path).parent.resolve().is_relative_to(Path(directory).resolve())
