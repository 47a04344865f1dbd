"""DataModules set up as if a trainer had them."""

import torch

from lit_wgan import WGAN


class Place(torch.nn.Module):
    """Stands for a trainer's place among devices, and for the system that it trains."""

    def __init__(self, rank, devices):
        super().__init__()
        self.global_rank, self.world_size = rank, devices
        self.lightning_module = WGAN(torch.nn.Linear(1, 1), torch.nn.Linear(1, 1), latent_dim=1, n_critic=2)


def placed(data, rank=0, devices=1):
    """The data, set up on one of some devices."""
    data.trainer = Place(rank, devices)
    data.setup("fit")
    return data
