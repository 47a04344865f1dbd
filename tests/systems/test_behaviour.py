"""What the systems are for: a critic that measures a distance, and a generator that covers a distribution."""

import pytest
import torch
from torch import nn
from torch.optim import Adam
from torch.optim.lr_scheduler import LinearLR
from torch.utils.data import DataLoader

from lit_wgan import WGANGP, ModeCoverage, ToyData
from lit_wgan.data import CriticBatches
from lit_wgan.networks import MLPCritic, MLPGenerator

pytestmark = pytest.mark.slow


class Fixed(nn.Module):
    """Gives points around the origin and learns nothing."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, z):
        return 0.05 * z + 0 * self.unused


@pytest.mark.parametrize("shift", [0.5, 2.0])
def test_estimate_approaches_the_distance_of_a_fixed_generator(shift, trainer):
    # Data shifted by d: W1 is d. Under a penalty of weight lambda the best slope s maximises s d - lambda (s - 1)^2,
    # so s = 1 + d / (2 lambda), and the estimate is s d.
    gp_weight = 10.0
    system = WGANGP(
        Fixed(),
        MLPCritic(2, 64, 2),
        latent_dim=2,
        gp_weight=gp_weight,
        n_critic=1,
        critic_optimizer=lambda parameters: Adam(parameters, lr=2e-3, betas=(0.5, 0.9)),
        lr_scheduler=lambda optimizer: LinearLR(optimizer, 1.0, 0.0, total_iters=400),
    )
    real = 0.05 * torch.randn(400, 1, 128, 2) + torch.tensor([shift, 0.0])
    batches = [CriticBatches(minibatch, number) for number, minibatch in enumerate(real)]
    trainer(max_steps=len(batches)).fit(system, DataLoader(batches, batch_size=None))
    with torch.no_grad():
        real, fake = real.flatten(0, 2), 0.05 * torch.randn(50_000, 2)
        estimate = system.estimate(system.score(real), system.score(fake)).item()
    assert estimate == pytest.approx(shift * (1 + shift / (2 * gp_weight)), rel=0.03)


def test_wgan_gp_covers_all_eight_gaussians(trainer):
    def adam(parameters):
        return Adam(parameters, lr=1e-3, betas=(0.5, 0.9))

    system = WGANGP(
        MLPGenerator(2, 2, width=128),
        MLPCritic(2, width=128),
        latent_dim=2,
        gp_weight=0.1,
        generator_optimizer=adam,
        critic_optimizer=adam,
    )
    run = trainer(max_steps=400, val_check_interval=400, callbacks=[ModeCoverage()])
    run.fit(system, datamodule=ToyData("eight_gaussians", batch_size=128))
    assert run.callback_metrics["eval/smallest_mode_share"] >= 0.05
