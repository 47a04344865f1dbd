"""Three lines of Python that run an exported file."""

from collections.abc import Sequence

import torch

from lit_wgan.reports.export.graph import Input

COUNT = 16


def with_lit_wgan(inputs: Sequence[Input]) -> str:
    """Lines that make samples of a folder with weights, by lit-wgan."""
    conditions = [_torch(each) for each in inputs if each.name.startswith("condition")]
    given = f"generator({', '.join([f'generator.latent({COUNT})', *conditions])})"
    return f"""import lit_wgan{", torch" if conditions else ""}
generator = lit_wgan.load_generator(".")
samples = {given if conditions else f"generator.sample({COUNT})"}"""


def snippet(name: str, inputs: Sequence[Input]) -> str:
    """Lines that run a file of a format in its folder, without lit-wgan."""
    if name == "torch-export":
        given = ", ".join(map(_torch, inputs))
        return f"""import torch
generator = torch.export.load("generator.pt2").module()
samples = generator({given})"""
    if name == "onnx":
        given = ", ".join(f'"{each.name}": {_numpy(each)}' for each in inputs)
        return f"""import numpy, onnxruntime
generator = onnxruntime.InferenceSession("generator.onnx")
(samples,) = generator.run(None, {{{given}}})"""
    return """from safetensors.torch import load_file
weights = load_file("generator.safetensors")
print({name: tuple(each.shape) for name, each in weights.items()})"""


def _torch(given: Input) -> str:
    sizes = ", ".join(map(str, (COUNT, *given.shape)))
    if given.dtype == torch.int64:
        return f"torch.zeros({sizes}, dtype=torch.int64)"
    laws = {"standard normal": "torch.randn({})", "uniform on [0, 1)": "torch.rand({})"}
    laws |= {"uniform on [-1, 1)": "torch.rand({}) * 2 - 1"}
    return laws.get(given.law, "torch.zeros({})").format(sizes)


def _numpy(given: Input) -> str:
    sizes = ", ".join(map(str, (COUNT, *given.shape)))
    if given.dtype == torch.int64:
        return f"numpy.zeros(({sizes}{',' * (not given.shape)}), 'int64')"
    laws = {"standard normal": "numpy.random.randn({})", "uniform on [0, 1)": "numpy.random.rand({})"}
    laws |= {"uniform on [-1, 1)": "(numpy.random.rand({}) * 2 - 1)"}
    return laws.get(given.law, "numpy.zeros(({}))").format(sizes) + ".astype('float32')"
