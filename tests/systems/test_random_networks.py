"""Networks that draw random numbers of their own: dropout, and noise inside a generator."""

import pytest
import torch
from torch import nn

from lit_wgan import GAN, WGAN, WGANGP, ToyData
from lit_wgan.data.conditions import ClassLabels


class Noisy(nn.Module):
    """A layer that adds noise, in training and in evaluation."""

    def forward(self, x):
        return x + torch.randn_like(x)


def noisy_networks():
    torch.manual_seed(0)
    return {
        "generator": nn.Sequential(nn.Linear(3, 16), nn.Dropout(0.3), Noisy(), nn.Linear(16, 2)),
        "critic": nn.Sequential(nn.Linear(2, 16), nn.Dropout(0.3), nn.LeakyReLU(0.2), nn.Linear(16, 1)),
        "latent_dim": 3,
    }


@pytest.mark.slow
@pytest.mark.parametrize("system_class", [GAN, WGAN, WGANGP])
def test_three_updates_and_three_more_equal_six(system_class, trainer, tmp_path):
    def train(updates, ckpt_path=None):
        torch.manual_seed(updates)  # whatever the state of the process
        system = system_class(**noisy_networks())
        run = trainer(max_steps=updates, val_check_interval=3)
        run.fit(system, ToyData("eight_gaussians", 16, num_held_out=32), ckpt_path=ckpt_path)
        run.save_checkpoint(tmp_path / f"{updates}.ckpt")
        return system.state_dict(), dict(run.callback_metrics)

    whole, metrics = train(6)
    train(3)
    continued, continued_metrics = train(6, tmp_path / "3.ckpt")
    assert all(torch.equal(whole[name], continued[name]) for name in whole)
    assert metrics == continued_metrics
    assert "eval/" + system_class.estimate_name in metrics


def test_each_update_draws_other_numbers(trainer):
    drawn = []

    class Recorded(Noisy):
        def forward(self, x):
            noise = torch.randn_like(x)
            if self.training:  # not when the networks are tried out
                drawn.append(noise.flatten()[0].item())
            return x + noise

    networks = noisy_networks()
    networks["generator"][2] = Recorded()
    trainer(max_steps=3).fit(WGAN(**networks, n_critic=2), ToyData("eight_gaussians", 16))
    assert len(set(drawn)) == len(drawn)


def test_samples_are_the_same_at_every_call_and_leave_the_random_state_alone(trainer):
    system = WGAN(**noisy_networks())
    before = torch.random.get_rng_state()
    samples = system.sample(slice(10), batch_size=4)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(99)
    assert torch.equal(system.sample(slice(10), batch_size=4), samples)
    assert not torch.equal(samples[:4], samples[4:8])


class Numbered(nn.Module):
    """A generator of noise of its own beside z and the label that it is told."""

    def forward(self, z, label):
        return torch.stack([torch.rand(len(z)), z[:, 0], label.float()], 1)


@pytest.mark.parametrize("rows", [slice(300), slice(100, 140), slice(63, 66), slice(1, 300, 2), slice(250, 300, 3)])
@pytest.mark.parametrize("batch_size", [1, 7, 64, 256])
def test_noise_of_a_network_depends_on_the_number_of_the_sample_alone(rows, batch_size):
    system = WGAN(Numbered(), nn.Linear(3, 1), latent_dim=3, condition=ClassLabels(num_classes=4))
    all_samples = system.sample(slice(300))
    assert len(all_samples[:, 0].unique()) == 300
    assert torch.equal(system.sample(rows, batch_size), all_samples[rows])


def test_a_network_without_noise_of_its_own_is_asked_for_batches():
    sizes = []

    class Recorded(nn.Linear):
        def forward(self, x):
            sizes.append(len(x))
            return super().forward(x)

    WGAN(Recorded(3, 2), nn.Linear(2, 1), latent_dim=3).sample(slice(10), batch_size=4)
    assert sizes == [4, 4, 2]
