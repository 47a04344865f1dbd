"""The formats of an exported generator: how each file is written, and run again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from lit_wgan.data.packages import optional_package
from lit_wgan.errors import UsageError
from lit_wgan.reports.export.failures import quiet, unconvertible
from lit_wgan.reports.export.graph import Graph, Traced
from lit_wgan.trained.exported import WEIGHTS, load_exported

INLINE_BYTES = 1_900_000_000
"""Weights that an ONNX file can hold itself; larger ones lie in a file beside it."""

Run = Callable[..., Tensor]
"""Makes samples of the graph's inputs."""


@dataclass(frozen=True)
class Format:
    """A format.

    Args:
        file: its name.
        packages: of the extra ``export`` that it needs.
        write: the file at a path.
        load: what runs the file at a path.
    """

    file: str
    packages: tuple[str, ...]
    write: Callable[[Graph, Callable[[], Traced], Path], None]
    load: Callable[[Path, Graph], Run]

    def check_packages(self, name: str) -> None:
        """Raise a UsageError for a package that is not installed."""
        for package in self.packages:
            optional_package(package, f"--format {name}", extra="export")


def _write_torch(graph: Graph, traced: Callable[[], Traced], path: Path) -> None:
    with quiet():
        torch.export.save(traced().program, path)


def _load_torch(path: Path, graph: Graph) -> Run:
    with quiet():
        return torch.export.load(path).module()


def _write_onnx(graph: Graph, traced: Callable[[], Traced], path: Path) -> None:
    import onnx

    names, found = [each.name for each in graph.inputs], traced()
    with unconvertible(found.places, graph.generator.network):
        made = torch.onnx.export(
            found.program,
            input_names=names,
            output_names=["samples"],
            dynamic_shapes=tuple({0: "N"} for _ in names),  # of which the names alone are taken
            dynamo=True,
            verbose=False,
        )
    assert made is not None
    size = sum(each.numel() * each.element_size() for each in graph.generator.state_dict().values())
    made.save(path, external_data=size > INLINE_BYTES)
    onnx.checker.check_model(path)


def _load_onnx(path: Path, graph: Graph) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(*inputs: Tensor) -> Tensor:
        given = {each.name: tensor.numpy() for each, tensor in zip(graph.inputs, inputs, strict=True)}
        return torch.from_numpy(session.run(None, given)[0])

    return run


def _write_safetensors(graph: Graph, traced: Callable[[], Traced], path: Path) -> None:
    from safetensors.torch import save

    weights = graph.generator.network.state_dict()
    for name, each in weights.items():
        if not isinstance(each, Tensor):
            raise UsageError(
                f"Expected a generator whose state is tensors, but got a {type(each).__name__} as {name}. Give "
                "--format torch-export."
            )
    # Copies: weights that layers share would be refused.
    copies = {name: each.contiguous().clone() for name, each in weights.items()}
    path.write_bytes(save(copies, metadata={"format": "pt"}))  # save_file would let nobody else read it


def _load_safetensors(path: Path, graph: Graph) -> Run:
    return Graph(load_exported(path.parent))


FORMATS = {
    "torch-export": Format("generator.pt2", (), _write_torch, _load_torch),
    "onnx": Format("generator.onnx", ("onnx", "onnxscript", "onnxruntime"), _write_onnx, _load_onnx),
    "safetensors": Format(WEIGHTS, ("safetensors",), _write_safetensors, _load_safetensors),
}
"""By name."""
