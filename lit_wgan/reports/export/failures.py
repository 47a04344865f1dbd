"""Why a generator cannot be exported: the operation and the line of its network, in one sentence."""

import logging
import re
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from traceback import FrameSummary

import torch
from torch import nn
from torch.export import ExportedProgram
from torch.fx import Node

import lit_wgan
from lit_wgan.errors import UsageError

LIBRARIES = (str(Path(torch.__file__).parent), str(Path(lit_wgan.__file__).parent / "reports"))
UNTRACEABLE = {
    "data-dependent": "it decides by numbers, or takes them out of tensors; compute both ways and take torch.where",
    "Constraints violated": "it fixes the number of samples, as len(z) does; write z.shape[0]",
}
"""What a long message of torch.export is about, by words in it, and what to do."""


@contextmanager
def untraceable(network: nn.Module) -> Iterator[None]:
    """Turn an error of tracing into a UsageError that names the line of the network which cannot be traced."""
    with quiet():
        try:
            yield
        except UsageError:
            raise
        except Exception as error:
            place = _place(traceback.extract_tb(error.__traceback__))
            why = next((why for words, why in UNTRACEABLE.items() if words in str(error)), _first_sentence(error))
            raise UsageError(
                f"Expected a generator that is a fixed sequence of operations on tensors, but got "
                f"{type(network).__name__}, which torch.export cannot follow{place}: {why}. Or give --format "
                "safetensors."
            ) from error


@contextmanager
def unconvertible(places: Mapping[str, str], network: nn.Module) -> Iterator[None]:
    """Turn an error of the conversion to ONNX into a UsageError that names the operation and its line."""
    with quiet():
        try:
            yield
        except torch.onnx.errors.OnnxExporterError as error:
            operation = next(iter(re.findall(r"aten[.:]+\w+(?:\.\w+)?", str(error))), "")
            named = f"the operation {operation}" if operation else _first_sentence(error)
            raise UsageError(
                f"Expected a generator of operations that ONNX has, but got {type(network).__name__} with "
                f"{named}{places.get(operation, '')}. Give --format torch-export, or build the network of others."
            ) from error


def refuse_draws(program: ExportedProgram, network: nn.Module) -> None:
    """Raise a UsageError for operations that draw random numbers, of which a file would give others than the original.

    Uniform, normal and exponential numbers are none: they are an input by now.
    """
    for node in program.graph.nodes:
        if torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()) and not _is_idle(node, program):
            raise UsageError(
                f"Expected a generator that draws uniform, normal or exponential random numbers alone, but got "
                f"{type(network).__name__} with the operation {_name(node)}{places_of(program).get(_name(node), '')}. "
                "Draw by torch.rand or torch.randn, or give --format safetensors."
            )


def places_of(program: ExportedProgram) -> dict[str, str]:
    """The network's line behind each kind of operation in a graph, by the operation's name."""
    places: dict[str, str] = {}
    for node in program.graph.nodes:
        lines = re.findall(r'File "([^"]+)", line (\d+), in (\S+)\n\s*(.*)', node.meta.get("stack_trace") or "")
        frames = [FrameSummary(file, int(line), name, line=code) for file, line, name, code in lines]
        places.setdefault(_name(node), _place(frames))
    return places


def _is_idle(node: Node, program: ExportedProgram) -> bool:
    """Whether an operation is dropout that is off."""
    given = node.normalized_arguments(program.graph_module, normalize_to_only_use_kwargs=True)
    kwargs = node.kwargs if given is None else given.kwargs
    return kwargs.get("train") is False or ("attention" in _name(node) and not kwargs.get("dropout_p"))


def _name(node: Node) -> str:
    return str(node.target).removesuffix(".default")


def _place(frames: Sequence[FrameSummary]) -> str:
    """The innermost line that is the network's own, as in ``, in my_networks.py, line 12, `if x.sum() > 0:```."""
    own = [frame for frame in frames if not frame.filename.startswith(LIBRARIES) and frame.name == "forward"]
    if not own:
        return ""
    return f" in {Path(own[-1].filename).name}, line {own[-1].lineno}, `{(own[-1].line or '').strip()}`"


def _first_sentence(error: Exception) -> str:
    """The beginning of a long message, on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return re.split(r"(?<=[a-z\])])\.\s", lines[0] if lines else type(error).__name__)[0].rstrip(".")[:200]


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings and the output of torch's exporters, which are for those who develop them."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
