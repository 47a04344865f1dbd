"""A generator that cannot be exported is refused in one sentence, which names the operation and its line."""

import inspect

import pytest
import torch
from torch import nn

from lit_wgan import WGANGP
from lit_wgan.errors import UsageError
from lit_wgan.reports.export.failures import unconvertible
from lit_wgan.reports.export.graph import Graph
from lit_wgan.reports.export.verification import verified
from lit_wgan.trained import TrainedGenerator


class Branches(nn.Module):
    def forward(self, z):
        if z.sum() > 0:
            return z
        return -z


class TakesOut(nn.Module):
    def forward(self, z):
        return z * float(z[0, 0])


class LeavesTorch(nn.Module):
    def forward(self, z):
        return torch.from_numpy(z.numpy() * 2)


class FixesTheNumber(nn.Module):
    def forward(self, z):
        return z.reshape(len(z), 3)


class DrawsOtherwise(nn.Module):
    def forward(self, z):
        return z + torch.multinomial(z.softmax(1), 1)


def graph_of(network):
    return Graph(TrainedGenerator(WGANGP(network, nn.Flatten(), latent_dim=3)))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Branches, r"Branches, which torch.export cannot follow in test_failures.py, line LINE, `if z.sum\(\) > 0:`"),
        (TakesOut, r"TakesOut, .* line LINE, `return z \* float\(z\[0, 0\]\)`: it decides by numbers"),
        (LeavesTorch, r"LeavesTorch, .* `return torch.from_numpy\(z.numpy\(\) \* 2\)`"),
        (FixesTheNumber, r"FixesTheNumber, .* it fixes the number of samples, as len\(z\) does; write z.shape\[0\]"),
        (
            DrawsOtherwise,
            r"DrawsOtherwise with the operation aten.multinomial in test_failures.py, line LINE, `return z",
        ),
    ],
)
def test_the_operation_is_named_in_one_line(network, message, capsys):
    line = inspect.getsourcelines(network.forward)[1] + 1
    with pytest.raises(UsageError, match=message.replace("LINE", str(line))) as caught:
        graph_of(network()).traced()
    assert "\n" not in str(caught.value)
    assert "--format safetensors" in str(caught.value)
    assert capsys.readouterr() == ("", "")  # what torch prints beside its error


def test_an_operation_that_onnx_has_not_is_named_with_its_line():
    class Unknown(nn.Module):
        def forward(self, z):
            return torch.linalg.svdvals(z[:, :, None] * z[:, None])

    found = graph_of(Unknown()).traced()
    error = torch.onnx.errors.OnnxExporterError("No ONNX function found for <OpOverload(op='aten.linalg_svd')>")
    places = {"aten.linalg_svd": " in mine.py, line 3, `svd`"}
    with pytest.raises(UsageError, match="with the operation aten.lin") as caught, unconvertible(places, nn.Identity()):
        raise error
    assert "in mine.py, line 3" in str(caught.value)
    assert any("svdvals" in place for place in found.places.values())


def test_an_error_of_the_network_itself_keeps_its_traceback():
    class Broken(nn.Module):
        def forward(self, z):
            raise RuntimeError("my own")

    with pytest.raises(RuntimeError, match="my own"):
        graph_of(Broken())


def test_weights_of_a_generator_with_random_numbers_of_another_kind_are_exported():
    """The original and the copy draw the same, since both are seeded alike."""
    graph = graph_of(DrawsOtherwise())
    assert verified(graph, graph_of(DrawsOtherwise()), "safetensors").absolute == 0
