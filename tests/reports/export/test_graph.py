"""Every packaged generator, and every transform, becomes a graph that makes the same samples for any number of rows."""

import pytest
import torch
from torch import nn

from lit_wgan import WGANGP, ClassLabels, SeveralConditions, Values
from lit_wgan.data.transforms import PixelRange, TableTransform, make_transform
from lit_wgan.networks import (
    BottleneckResNetGenerator,
    CIFARResNetGenerator,
    Concatenated,
    DCGANGenerator,
    FieldGenerator,
    GRUGenerator,
    MLPGenerator,
    ResNet64Generator,
    ResNetGenerator,
    SeriesResNetGenerator,
    TableGenerator,
    TransformerGenerator,
)
from lit_wgan.reports.export.formats import FORMATS
from lit_wgan.reports.export.graph import Graph
from lit_wgan.reports.export.verification import difference, verified
from lit_wgan.trained import TrainedGenerator

CLASSES, VECTOR = {"num_classes": 3}, {"condition_dim": 2}
GENERATORS = {
    "mlp by class": lambda: (MLPGenerator(3, 2, width=8, **CLASSES), 3, ClassLabels(3)),
    "dcgan": lambda: (DCGANGenerator(8, 1, 4, width=4), 4, None),
    "dcgan by class": lambda: (DCGANGenerator(8, 1, 4, width=4, **CLASSES), 4, ClassLabels(3)),
    "dcgan by vector": lambda: (DCGANGenerator(8, 1, 4, width=4, norm="layer", **VECTOR), 4, Values(2)),
    "dcgan with gates": lambda: (DCGANGenerator(8, 1, 4, width=4, activation="gated"), 4, None),
    "bottlenecks": lambda: (BottleneckResNetGenerator(8, 1, 4, width=4, depth=8), 4, None),
    "dcgan of series": lambda: (
        DCGANGenerator(data_shape=[16, 2], channel_axis="last", latent_dim=4, width=4),
        4,
        None,
    ),
    "dcgan of volumes": lambda: (
        DCGANGenerator(data_shape=[8] * 3, channel_axis="none", latent_dim=4, width=4),
        4,
        None,
    ),
    "resnet": lambda: (
        ResNetGenerator(image_size=[8, 12], channels=1, latent_dim=4, width=4, **CLASSES),
        4,
        ClassLabels(3),
    ),
    "resnet of cifar": lambda: (CIFARResNetGenerator(latent_dim=4, width=4), 4, None),
    "resnet of 64 pixels": lambda: (ResNet64Generator(latent_dim=4, width=4), 4, None),
    "resnet of series": lambda: (SeriesResNetGenerator(4, [12, 2], width=4, depth=1, head="softmax"), 4, None),
    "transformer": lambda: (
        TransformerGenerator([6, 3], [6], width=8, depth=1, num_heads=2, **CLASSES),
        (6, 3),
        ClassLabels(3),
    ),
    "gru": lambda: (GRUGenerator(4, [6, 2], width=8), 4, None),
    "field by image": lambda: (FieldGenerator(1, 1, width=4, depth=1), (1, 8, 8), Values([1, 3, 3])),
    "table": lambda: (TableGenerator(4, [1, 3, 1], width=8), 4, None),
    "two conditions": lambda: (Concatenated(MLPGenerator(8, 2, width=8), 3), 4, class_and_year()),
    "noise of its own": lambda: (Noisy(), 3, None),
    "latent of three axes": lambda: (nn.Sequential(nn.ConvTranspose2d(10, 4, 4), nn.Tanh()), (10, 1, 1), None),
}
QUICK = {"mlp by class", "noise of its own", "latent of three axes"}


def class_and_year():
    """A class, and a number that the network is told in units of its own."""
    year = Values(1, "standardise")
    year.learn_(torch.tensor([[1990.0], [2010.0], [2020.0]]))
    several = SeveralConditions([ClassLabels(3), year])
    several.known = (torch.tensor([0, 1, 2]), year.known)
    return several


class Noisy(nn.Module):
    def forward(self, z):
        return z + torch.randn(z.shape[0], 3) * torch.rand_like(z) + torch.empty_like(z).normal_(1, 2)


def graph_of(network, latent_dim, condition=None, transform=None, **options):
    system = WGANGP(network, nn.Flatten(), latent_dim=latent_dim, condition=condition, **options)
    system.transform = transform
    return Graph(TrainedGenerator(system))


def test_all_packaged_generators_are_among_those_tried():
    import lit_wgan.networks as packaged

    named = {name for name in packaged.__all__ if name.endswith("Generator")}
    assert named <= {type(make()[0]).__name__ for make in GENERATORS.values()}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in GENERATORS]
)
def test_a_packaged_generator_becomes_a_graph_that_makes_its_samples(name):
    graph = graph_of(*GENERATORS[name]())
    assert verified(graph, graph.traced().program.module(), name).relative < 1e-6


DATA = torch.randn(64, 2).exp() * torch.tensor([1.0, 1e4])
TRANSFORMS = {
    "standardise": lambda: fitted(make_transform("standardise")),
    "minmax and quantile": lambda: fitted(make_transform(["quantile", "minmax"])),
    "log1p and standardise": lambda: fitted(make_transform(["log1p", "standardise"])),
    "pixels": lambda: PixelRange((0, 65535), "uint16"),
}


def fitted(transform):
    transform.fit(lambda: [DATA.double()], len(DATA))
    return transform


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_graph_makes_samples_in_the_datas_own_units(name):
    """The inverse of the transform is in the graph: its output is the transform's inverse of the network's."""
    network = MLPGenerator(3, 2, width=8)
    graph = graph_of(network, 3, transform=(transform := TRANSFORMS[name]()))
    z = graph.fresh(5, seed=3)[0]
    with torch.no_grad():
        torch.testing.assert_close(graph.traced().program.module()(z), transform.inverse(network.eval()(z)))


@pytest.mark.slow
def test_onnx_keeps_the_tails_of_quantiles(tmp_path):
    """A factor near 1, which ONNX's optimizer takes for 1, would move them by thousandths."""
    data = (4 * torch.randn(2000, 2, dtype=torch.float64)).exp()
    transform = make_transform("quantile")
    transform.fit(lambda: [data], len(data))
    graph = graph_of(nn.Linear(2, 2), 2, transform=transform)
    FORMATS["onnx"].write(graph, graph.traced, path := tmp_path / "generator.onnx")
    run = FORMATS["onnx"].load(path, graph)
    z = 2 * torch.randn(20_000, 2)
    with torch.no_grad():
        assert difference(graph(z), run(z)).relative < 1e-4


def test_a_graph_of_a_table_gives_codes_and_whole_numbers():
    network = TableGenerator(4, [1, 3, 1], width=8)
    transform = TableTransform(["a", "b", "c"], [[], ["x", "y", "z"], []], None, [False, False, True])
    graph = graph_of(network, 4, transform=transform)
    assert graph.sample_shape == (3,)
    made = graph.traced().program.module()(*graph.fresh(200, seed=1))
    assert set(made[:, 1].tolist()) == {0, 1, 2}
    assert torch.equal(made[:, 2], made[:, 2].round())


def test_a_graph_of_uniform_noise_says_so():
    graph = graph_of(MLPGenerator(3, 2, width=8), 3, latent_law="uniform")
    assert graph.inputs[0].law == "uniform on [-1, 1)"
    assert graph.fresh(1000, 1)[0].abs().max() <= 1
