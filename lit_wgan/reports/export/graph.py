"""A generator as a graph of operations: a function of noise and conditions, traced once for all formats."""

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from lit_wgan.engine.preserve import preserve_random_state
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.reports.export.draws import DrawnFrom
from lit_wgan.reports.export.failures import places_of, refuse_draws, untraceable
from lit_wgan.trained import TrainedGenerator

TRACED = 4
"""Samples with which a graph is traced; it takes any number."""


@dataclass(frozen=True)
class Input:
    """An input of the graph.

    Args:
        name: by which files know it.
        shape: of one row.
        dtype: float32 or int64.
        law: of it, in words.
    """

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    law: str


class Graph(nn.Module):
    """What is exported: ``graph(z, *conditions)``, in float32 on the CPU, in the data's own units.

    A generator with layers that draw random numbers by themselves, such as categories of a table, has one more input
    behind the conditions: ``noise``, uniform numbers of which these are made. So a file is a function of its inputs.

    Args:
        generator: that is exported.
    """

    def __init__(self, generator: TrainedGenerator):
        super().__init__()
        self.generator = deepcopy(generator).cpu().float()
        z, *conditions = self.generator.latent(TRACED), *self.generator.conditions(TRACED)
        with torch.no_grad(), preserve_random_state(), DrawnFrom(TRACED) as counted:
            self.sample_shape = tuple(self.generator(z, *conditions).shape[1:])
        law = {"normal": "standard normal", "uniform": "uniform on [-1, 1)"}[self.generator.latent_law]
        self.inputs = [Input("z", self.generator.latent_shape, z.dtype, law)]
        for number, each in enumerate(conditions, 1):
            name = "condition" if len(conditions) == 1 else f"condition_{number}"
            law = "in the data's own units" if each.is_floating_point() else "class numbers from 0"
            self.inputs.append(Input(name, tuple(each.shape[1:]), each.dtype, law))
        self.draws = counted.used
        """Uniform numbers that one sample needs beside z."""
        if self.draws:
            self.inputs.append(Input("noise", (self.draws,), torch.float32, "uniform on [0, 1)"))

    def forward(self, z: Tensor, *others: Tensor) -> Tensor:
        """Samples ``(N, ...)`` in the data's own units."""
        if not self.draws:
            return self.generator(z, *others)
        *conditions, noise = others
        with DrawnFrom(z.shape[0], noise):
            return self.generator(z, *conditions)

    def fresh(self, count: int, seed: int) -> tuple[Tensor, ...]:
        """Inputs for so many samples, of their own laws."""
        inputs = self.generator.latent(count, seed), *self.generator.conditions(count, seed)
        return inputs if not self.draws else (*inputs, RandomStreams(seed).uniform("noise", 0, (count, self.draws)))

    def traced(self) -> "Traced":
        """The graph as torch has it, for any number of samples.

        Raises:
            UsageError: for a generator that does not become such a graph, which names where it fails.
        """
        inputs, batch = self.fresh(TRACED, seed=0), Dim("N", min=1)
        spec = {"z": {0: batch}} | ({"others": tuple({0: batch} for _ in inputs[1:])} if inputs[1:] else {})
        with untraceable(self.generator.network), torch.no_grad():
            program = torch.export.export(self, inputs, dynamic_shapes=spec, strict=False)
        refuse_draws(program, self.generator.network)
        places = places_of(program)
        for node in program.graph.nodes:
            node.meta.pop("stack_trace", None)  # paths of this machine, which files would hold
        return Traced(program, places)


@dataclass(frozen=True)
class Traced:
    """A traced graph.

    Args:
        program: torch's.
        places: the line of the network behind each kind of operation, for messages.
    """

    program: ExportedProgram
    places: dict[str, str]
