"""What is inside a checkpoint: plain data, of known types, in a numbered format."""

import io
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from lightning.pytorch import Trainer
from torch import Tensor, nn

from lit_wgan.errors import UsageError

FORMAT = 1
"""Number of the format; to be raised by a change that makes an older lit-wgan continue wrongly."""

COUNTERS = ("generator_updates", "critic_updates", "critic_updates_in_step")
TYPES = {
    "lit_wgan": {
        "format": int,
        "system": str,
        "seed": int,
        "conditions": [Tensor],
        "schedules": [{str: object}],
        "optimizers": [{"name": str, "groups": [{str: object}]}],
        **dict.fromkeys(COUNTERS, int),
    },
    "state_dict": {str: Tensor},
    "optimizer_states": [{"state": dict, "param_groups": [{str: object, "params": list}]}],
    "lr_schedulers": [{str: object, "last_epoch": int, "_step_count": int}],
    "callbacks": {str: object},
    "loops": {str: {str: object}},
    "epoch": int,
    "global_step": int,
    "pytorch-lightning_version": str,
}
"""Types of the parts that lit-wgan and Lightning read; see :func:`find_misfit`."""


class DamagedError(UsageError):
    """A file that is no checkpoint any more."""


class ForeignError(UsageError):
    """A file of another program."""


def check_contents(
    checkpoint: Any, option: str = "--ckpt_path", name: str = "a file", parts: Sequence[str] = ("generator_updates",)
) -> None:
    """Check that a checkpoint can be used by this version of lit-wgan.

    Args:
        checkpoint: what was read.
        option: that named it, for messages.
        name: of the file, for messages.
        parts: of the state of the run that have to be there.

    Raises:
        ForeignError: if it is of another program.
        UsageError: if it is of a newer lit-wgan.
        DamagedError: if a part is missing or of another type than lit-wgan writes.
    """
    if not isinstance(checkpoint, dict) or "lit_wgan" not in checkpoint:
        raise ForeignError(
            f"Expected {option} to be a checkpoint of lit-wgan, but got {name}, made by another program. "
            "Check the path."
        )
    state = checkpoint["lit_wgan"]
    newer = state.get("format") if isinstance(state, dict) else None
    if isinstance(newer, int) and newer > FORMAT:
        raise UsageError(
            f"Expected {option} to be a checkpoint in format {FORMAT} or older, but got {name} in format {newer}, "
            "made by a newer lit-wgan. Install that version."
        )
    misfit = find_misfit(checkpoint, TYPES) or find_missing(checkpoint, parts)
    if misfit is not None:
        raise damaged(misfit, option, name)


def check_loops(checkpoint: Mapping[str, Any], trainer: Trainer) -> None:
    """Raise a DamagedError if the progress that a checkpoint holds is not of the types that a trainer's own is."""
    own = {"loops": {"fit_loop": trainer.fit_loop.state_dict()}}
    misfit = find_misfit({"loops": checkpoint.get("loops", {})}, own)
    if misfit is not None:
        raise damaged(misfit)


def damaged(misfit: str, option: str = "--ckpt_path", name: str = "a file") -> DamagedError:
    """The error of a checkpoint in which something is not as it should be."""
    return DamagedError(
        f"Expected {option} to be a checkpoint as lit-wgan writes it, but got {name}, where {misfit}. "
        "Take an earlier checkpoint, or --ckpt_path last for the newest intact one."
    )


def find_missing(checkpoint: dict[str, Any], parts: Sequence[str]) -> str | None:
    """The first part, in words, that a checkpoint lacks, or the first counter that counts nothing."""
    if "state_dict" not in checkpoint:
        return "state_dict is missing"
    state = checkpoint["lit_wgan"]
    for name in parts:
        if name not in state:
            return f"lit_wgan[{name!r}] is missing"
    for name in COUNTERS:
        if not 0 <= state.get(name, 0) < 2**63:
            return f"lit_wgan[{name!r}] is {state[name]}"
    return None


def find_misfit(value: Any, types: Any, path: tuple[Any, ...] = ()) -> str | None:
    """The first place, in words, where nested lists and dicts hold a value of another type than they should.

    Args:
        value: any.
        types: a type, or a value of it; ``[types]`` for a list; or a dict of which any key may be missing, and in which
            ``str`` stands for all other keys.
        path: keys that lead to the value.
    """
    wanted: Any = types if isinstance(types, type) else type(types)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is int):
        return f"{_shown(path)} is of type {type(value).__name__}"
    parts: list[tuple[Any, Any, Any]] = []
    if isinstance(types, dict):
        if str in types:
            parts += [("keys", key, str) for key in value]
        parts += [(key, item, types.get(key, types.get(str, object))) for key, item in value.items()]
    elif isinstance(types, list) and types:
        parts += [(number, item, types[0]) for number, item in enumerate(value)]
    return next(filter(None, (find_misfit(item, kind, (*path, key)) for key, item, kind in parts)), None)


def check_plain(checkpoint: dict[str, Any]) -> None:
    """Raise a UsageError that names what in a checkpoint could not be read back.

    Read is what :func:`torch.load` reads with ``weights_only``: tensors, numbers, strings, and lists, tuples and dicts
    of them. All else could run code.
    """
    if not _is_read_back(checkpoint):
        path, culprit = _find_culprit(checkpoint, ())
        kind = f"{type(culprit).__module__}.{type(culprit).__qualname__}".removeprefix("builtins.")
        of_callback = path[0] == "callbacks" and len(path) > 1
        owner = f"the state of the callback {str(path[1]).partition('{')[0]}" if of_callback else "a checkpoint"
        inner = path[2:] if of_callback else path
        raise UsageError(
            f"Expected {owner} to hold tensors, numbers and strings, which alone are read back, but got {kind}"
            f"{f' in {_shown(inner)}' if inner else ''}. Keep what .item(), .tolist() or str() gives instead."
        )


def _find_culprit(value: Any, path: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any]:
    """The innermost value that is not read back, and the keys that lead to it."""
    items = list(value.items()) if isinstance(value, dict) else []
    items = list(enumerate(value)) if isinstance(value, list | tuple) else items
    for key, item in items:
        if not _is_read_back(key):
            return path, key
        if not _is_read_back(item):
            return _find_culprit(item, (*path, key))
    return path, value


def _is_read_back(value: Any) -> bool:
    """Whether a value survives being written and read; torch itself is asked, but about no tensor's contents."""
    buffer = io.BytesIO()
    try:
        torch.save(_outline(value), buffer)
        buffer.seek(0)
        torch.load(buffer, weights_only=True)
    except Exception:  # of pickle, of torch or of the object's own
        return False
    return True


def _outline(value: Any) -> Any:
    """A value with None for each ordinary tensor, which is always read back."""
    if type(value) in (Tensor, nn.Parameter) and not vars(value):
        return None
    if type(value) in (dict, OrderedDict):
        return {key: _outline(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_outline, value))
    return value


def _shown(path: tuple[Any, ...]) -> str:
    return "it" if not path else f"{path[0]}{''.join(f'[{key!r}]' for key in path[1:])}"
