import pytest

from lit_wgan import networks
from lit_wgan.errors import UsageError

GIVEN = {
    networks.MLPGenerator: {"latent_dim": 6, "data_shape": 2},
    networks.MLPCritic: {"data_shape": 2},
    networks.MaxoutCritic: {"data_shape": 2},
    networks.TableGenerator: {"latent_dim": 6, "columns": [1, 3]},
    networks.SeriesResNetGenerator: {"latent_dim": 6, "data_shape": [4, 2]},
    networks.SeriesResNetCritic: {"data_shape": [4, 2]},
    networks.TransformerGenerator: {"latent_dim": 6, "data_shape": [4, 2]},
    networks.TransformerCritic: {"data_shape": [4, 2]},
    networks.GRUGenerator: {"latent_dim": 6, "data_shape": [4, 2]},
    networks.GRUCritic: {"data_shape": [4, 2]},
    networks.TableCritic: {"data_shape": 4},
    networks.DCGANGenerator: {"image_size": 8, "channels": 1, "latent_dim": 6},
    networks.DCGANCritic: {"image_size": 8, "channels": 1},
    networks.CIFARResNetGenerator: {},
    networks.CIFARResNetCritic: {},
    networks.ResNetGenerator: {"image_size": 8, "channels": 1},
    networks.ResNetCritic: {"image_size": 8, "channels": 1},
    networks.ResNet64Generator: {},
    networks.ResNet64Critic: {},
}


@pytest.mark.parametrize("network", GIVEN, ids=lambda network: network.__name__)
def test_a_size_that_is_auto_still_is_refused_by_its_name(network):
    sizes = {*GIVEN[network], "num_classes", "condition_dim"} - {"latent_dim"}
    for name in sizes:
        with pytest.raises(UsageError, match=rf"Expected {name} as a number or numbers, but got auto\. lit-wgan fit"):
            network(**GIVEN[network] | {name: "auto"})
    if "image_size" in GIVEN[network]:
        with pytest.raises(UsageError, match="Expected data_shape as a number or numbers, but got auto"):
            network(data_shape="auto")


def test_columns_and_the_classes_of_concatenated_are_refused_as_well():
    for make in (lambda: networks.TableHead("auto"), lambda: networks.Concatenated(networks.MLPCritic(2), "auto")):
        with pytest.raises(UsageError, match="as a number or numbers, but got auto"):
            make()
