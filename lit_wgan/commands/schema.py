"""A JSON schema of configuration files, by which an editor completes and checks them."""

import inspect
import json
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import torch
from lightning.pytorch import Callback, LightningDataModule, Trainer
from torch import nn

import lit_wgan.callbacks
import lit_wgan.networks
import lit_wgan.terms
import lit_wgan.views
from lit_wgan import data, systems
from lit_wgan.callbacks import Checkpoints, SampleGrid
from lit_wgan.data import conditions
from lit_wgan.data.conditions import ConditionSource
from lit_wgan.runs.wandb_run import WandbRun
from lit_wgan.terms import Term
from lit_wgan.views import View

Schema = dict[str, Any]
PLAIN: dict[Any, str] = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
CLASSES: dict[type, tuple[Any, type]] = {
    nn.Module: (lit_wgan.networks, nn.Module),
    Term: (lit_wgan.terms, Term),
    View: (lit_wgan.views, View),
    ConditionSource: (conditions, ConditionSource),
    Callback: (lit_wgan.callbacks, Callback),
    torch.optim.Optimizer: (torch.optim, torch.optim.Optimizer),
    torch.optim.lr_scheduler.LRScheduler: (torch.optim.lr_scheduler, torch.optim.lr_scheduler.LRScheduler),
}
"""For each kind of object: where its classes are, and what they derive from."""


def print_schema(arguments: list[str]) -> None:
    """Print the schema; it is the same for all commands and arguments."""
    print(json.dumps(config_schema(), indent=2))


def config_schema() -> Schema:
    """The schema of the options of ``lit-wgan fit``, validate, test and predict."""
    sections = {"trainer": Trainer, "checkpoint": Checkpoints, "samples": SampleGrid, "wandb": WandbRun}
    options: Schema = {name: _arguments(made) for name, made in sections.items()}
    options["model"] = _one_of(_classes(systems, nn.Module))
    options["data"] = _one_of(_classes(data, LightningDataModule))
    options |= {"seed_everything": {"type": ["integer", "boolean"]}, "name": {"type": ["string", "null"]}}
    options |= {"ckpt_path": {"type": ["string", "null"]}, "report": {"type": "boolean", "default": True}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "lit-wgan",
        "type": "object",
        "properties": options,
        "definitions": {kind.__name__: _one_of(_classes(*where)) for kind, where in CLASSES.items()},
    }


def names_for(kind: str) -> list[str]:
    """The names of our classes of one of the ``CLASSES``, by the name of that."""
    return next(
        [each.__name__ for each in _classes(*where)] for base, where in CLASSES.items() if base.__name__ == kind
    )


def _classes(module: Any, base: type) -> list[type]:
    members = [getattr(module, name) for name in getattr(module, "__all__", dir(module))]
    return [each for each in members if inspect.isclass(each) and issubclass(each, base) and each is not base]


def _one_of(classes: Sequence[type]) -> Schema:
    """The schema of an object: one of some classes, whose arguments are known, or one of the user's own."""
    names = [each.__name__ for each in classes]
    class_path = {"anyOf": [{"enum": names}, {"type": "string"}]}
    rules = [
        {
            "if": {"properties": {"class_path": {"pattern": rf"(^|\.){each.__name__}$"}}, "required": ["class_path"]},
            "then": {"properties": {"init_args": _arguments(each)}},
        }
        for each in classes
    ]
    made = {"type": "object", "properties": {"class_path": class_path, "init_args": {"type": "object"}}, "allOf": rules}
    return {"anyOf": [class_path, made]}


def _arguments(made: type) -> Schema:
    try:
        hints = get_type_hints(made.__init__)  # type: ignore[misc]
    except NameError:  # of types that are imported for type checkers alone
        hints = {}
    parameters = inspect.signature(made).parameters.values()
    named = [each for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    properties = {each.name: _type(hints.get(each.name, Any)) | _default(each) for each in named}
    return {"type": "object", "properties": properties, "description": (inspect.getdoc(made) or "").split("\n")[0]}


def _default(parameter: inspect.Parameter) -> Schema:
    return {"default": parameter.default} if type(parameter.default) in PLAIN else {}


def _type(hint: Any) -> Schema:
    """The schema of what a type hint allows; an empty one, which allows all, where YAML has ways of its own."""
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        allowed = [_type(each) for each in arguments]
        return {"anyOf": allowed} if all(allowed) else {}
    if origin in (list, Sequence, Iterable) and arguments:
        return {"type": "array", "items": _type(arguments[0])}
    made = arguments[-1] if origin is Callable and arguments else hint
    if get_origin(made) in (Union, types.UnionType):  # of schedules
        made = get_args(made)[0]
    known = inspect.isclass(made) and made in CLASSES
    return {"$ref": f"#/definitions/{made.__name__}"} if known else {}
