"""Conditional networks of public projects train as they are called there; those that do not are told how.

The networks are small, with the arguments, shapes and outputs of the originals. Data are as the projects' loaders have
them. Each docstring names the repository, the commit, and what is special.
"""

from types import MappingProxyType
from typing import NamedTuple

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import WGANGP, ClassLabels, SeveralConditions, Values
from lit_wgan.terms import L1, AuxiliaryClassifier, EnsembleMean, Term

N = 24
LABELS = torch.arange(N) % 3


class Joined(nn.Module):
    """What most of these networks are: a layer of all their arguments side by side, in some shape."""

    def __init__(self, inputs, *shape):
        super().__init__()
        self.layer, self.shape = nn.Linear(inputs, shape[0] if len(shape) == 1 else torch.Size(shape).numel()), shape

    def joined(self, *arguments):
        rows = torch.cat([argument.flatten(1) for argument in arguments], 1)
        return self.layer(rows).view(-1, *self.shape)


class Project(NamedTuple):
    """A project's networks, its data, and what it takes to train them: its noise and the class of its condition."""

    generator: nn.Module
    critic: nn.Module
    data: object
    noise: object
    condition: object
    options: dict = MappingProxyType({})


def kim_rass():
    """KimRass/Conditional-WGAN-GP at 02df756: one-hot labels as channels; scores (N,)."""

    class Generator(Joined):
        def forward(self, latent_vec, label):
            return self.joined(latent_vec, torch.eye(3)[label])

    class Discriminator(Joined):
        def forward(self, image, label):
            channels = torch.eye(3)[label][..., None, None].repeat(1, 1, *image.shape[2:])
            return self.joined(image, channels).view(-1, 1).squeeze(1)

    networks = Generator(100 + 3, 1, 4, 4), Discriminator(4 * 16, 1)
    return Project(*networks, TensorDataset(torch.randn(N, 1, 4, 4), LABELS), 100, ClassLabels(3))


def erdoganxarda():
    """erdoganxarda/cwgan-gp-fruits at df31f95, models/gan.py: conditional batch norm, a projection critic."""

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.bn = nn.Linear(128, 48), nn.BatchNorm2d(3, affine=False)
            self.gain, self.bias = nn.Embedding(3, 3), nn.Embedding(3, 3)

        def forward(self, z, y):
            h = self.bn(self.fc(z).view(z.size(0), -1, 4, 4))
            return torch.tanh(h * self.gain(y)[..., None, None] + self.bias(y)[..., None, None])

    class ProjectionCritic(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.linear, self.embed = nn.Conv2d(3, 8, 3), nn.Linear(8, 1), nn.Embedding(3, 8)

        def forward(self, x, y):
            h = self.conv(x).sum(dim=[2, 3])
            return self.linear(h) + (self.embed(y) * h).sum(dim=1, keepdim=True)

    data = TensorDataset(torch.randn(N, 3, 4, 4), LABELS)
    return Project(Generator(), ProjectionCritic(), data, 128, ClassLabels(3))


def george_halal():
    """georgehalal/cWGAN-GP at 383722b, model/cWGAN-GP.py: two vectors as two arguments."""

    class Generator(Joined):
        def forward(self, z, y, t):
            return self.joined(z, y, t)

    class Discriminator(Joined):
        def forward(self, x, y, t):
            return self.joined(x, y, t)

    data = TensorDataset(torch.randn(N, 3), torch.randn(N, 6), torch.randn(N, 3))
    condition = SeveralConditions([Values(6), Values(3)])
    return Project(Generator(2 + 6 + 3, 3), Discriminator(3 + 6 + 3, 1), data, 2, condition)


def yujin():
    """Yujin109/cwgan-gp-miyamoto at 7be120a, wgan_gp/models.py: a lift coefficient, in float64 as numpy stores it."""

    class Generator(Joined):
        def forward(self, noise, labels):
            return self.joined(torch.cat((labels, noise), dim=-1))

    class Discriminator(Joined):
        def forward(self, coords, labels):
            return self.joined(torch.cat((coords.view(coords.size(0), -1), labels), dim=-1))

    data = [(torch.randn(1, 496).double(), value) for value in torch.rand(N).tolist()]
    return Project(Generator(3 + 1, 1, 496), Discriminator(496 + 1, 1), data, 3, Values(1))


def engi_opt():
    """IDEALLab/EngiOpt at 059b7fe, cgan_cnn_2d.py: noise and condition as maps of 1 x 1; scores (N, 1, 1, 1)."""

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.z_path, self.c_path = nn.ConvTranspose2d(32, 4, 7), nn.ConvTranspose2d(2, 4, 7)
            self.up_blocks = nn.ConvTranspose2d(8, 1, 2)

        def forward(self, z, c):
            return self.up_blocks(torch.cat([self.z_path(z), self.c_path(c)], dim=1))

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.img_path, self.cond_path, self.final_conv = nn.Conv2d(1, 4, 1), nn.Conv2d(2, 4, 1), nn.Conv2d(8, 1, 8)

        def forward(self, x, c):
            h = torch.cat([self.img_path(x), self.cond_path(c.expand(-1, -1, 8, 8))], dim=1)
            return self.final_conv(h)

    data = [{"x": x, "condition": c} for x, c in zip(torch.randn(N, 1, 8, 8), torch.rand(N, 2, 1, 1), strict=True)]
    return Project(Generator(), Discriminator(), data, (32, 1, 1), Values((2, 1, 1)))


def erik_linder_noren():
    """eriklindernoren/PyTorch-GAN at 0484f45, implementations/acgan/acgan.py: D(img) gives (validity, label)."""

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.label_emb, self.l1 = nn.Embedding(3, 10), nn.Linear(10, 16)

        def forward(self, noise, labels):
            return self.l1(torch.mul(self.label_emb(labels), noise)).view(-1, 1, 4, 4)

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.adv_layer, self.aux_layer = nn.Linear(16, 1), nn.Linear(16, 3)

        def forward(self, img):
            out = img.view(img.shape[0], -1)
            return self.adv_layer(out), self.aux_layer(out)

    terms = {"critic_terms": [AuxiliaryClassifier()], "generator_terms": [AuxiliaryClassifier(0.1)]}
    data = TensorDataset(torch.randn(N, 1, 4, 4), LABELS)
    return Project(Generator(), Discriminator(), data, 10, ClassLabels(3, for_generator="uniform"), terms)


# What does not fit as it is: each takes three lines.


def getting_high():
    """FLC-QU-hep/getting_high at feb9275, WGAN/models/dcgan3D.py: energy in two shapes, samples without channel."""

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1_1, self.conv1_100 = nn.ConvTranspose3d(1, 4, 2), nn.ConvTranspose3d(100, 4, 2)
            self.main_conv = nn.ConvTranspose3d(8, 1, 3)

        def forward(self, noise, energy):
            return self.main_conv(torch.cat((self.conv1_1(energy), self.conv1_100(noise)), 1)).view(-1, 4, 4, 4)

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv3d(1, 2, 2), nn.Linear(2 * 27 + 1, 1)

        def forward(self, x, energy):
            return self.fc(torch.cat((self.conv(x).view(-1, 2 * 27), energy), 1))

    class Told(Generator):
        def forward(self, noise, energy):
            return super().forward(noise, energy.view(-1, 1, 1, 1, 1)).unsqueeze(1)

    data = TensorDataset(torch.rand(N, 1, 4, 4, 4), torch.rand(N))
    return Project(Told(), Critic(), data, (100, 1, 1, 1), Values(1), {"latent_law": "uniform"})


def deep_ray():
    """deepray/cWGAN at 79848b8, Scripts/models.py: G(y, z), the measured image first; D(x, y)."""

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.cnn, self.z_scale = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(5, 1, 1)

        def forward(self, input_x, input_z):
            return self.cnn(input_x) * self.z_scale(input_z)

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.cnn1, self.lin2 = nn.Conv2d(2, 3, 3), nn.Linear(12, 1)

        def forward(self, input_x, input_y):
            return self.lin2(self.cnn1(torch.cat((input_x, input_y), dim=1)).flatten(1))

    class NoiseFirst(Generator):
        def forward(self, z, y):
            return super().forward(y, z)

    data = TensorDataset(torch.randn(N, 1, 4, 4), torch.randn(N, 1, 4, 4))
    options = {"gp_over": "samples_and_condition"}
    return Project(NoiseFirst(), Critic(), data, (5, 1, 1), Values((1, 4, 4)), options)


def nannau():
    """nannau/DoWnGAN at e683a2e: G(coarse) without noise, C(fine); its loader gives the condition first."""

    class Generator(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Conv2d(7, 8, 3, padding=1), nn.PixelShuffle(2))

    class Critic(Joined):
        def forward(self, fine):
            return self.joined(fine)

    class Downscaled(Generator):
        def forward(self, z, coarse):
            return super().forward(coarse)

    class Unconditional(Critic):
        def forward(self, fine, coarse):
            return super().forward(fine)

    theirs = TensorDataset(torch.randn(N, 7, 4, 4), torch.randn(N, 2, 8, 8))
    data = [(fine, coarse) for coarse, fine in theirs]
    return Project(Downscaled(), Unconditional(128, 1), data, 1, Values((7, 4, 4)), {"generator_terms": [L1(10.0)]})


def eeg_gan():
    """AutoResearch/EEG-GAN at 11e24d1, eeggan/helpers/trainer.py: conditions repeated over time, as more channels."""

    class Generator(Joined):
        def forward(self, z):
            return self.joined(z)

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.out = nn.GRU(1 + 2, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, series):
            return self.out(self.lstm(series)[0][:, -1])

    class TellsNoise(Generator):
        def forward(self, z, c):
            return super().forward(torch.cat([z, c], 1))

    class TellsSeries(Critic):
        def forward(self, x, c):
            return super().forward(torch.cat([x, c[:, None].expand(-1, x.shape[1], -1)], 2))

    data = TensorDataset(torch.randn(N, 6, 1), torch.randn(N, 2))
    return Project(TellsNoise(5 + 2, 6, 1), TellsSeries(), data, 5, Values(2))


def itwinai():
    """interTwin-eu/itwinai at 084a0db, use-cases/3dgan/model.py: G of all in one vector, D(x) with outputs behind."""

    class Generator(Joined):
        def forward(self, z):
            return self.joined(z)

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.fakeout, self.auxout = nn.Linear(64, 1), nn.Linear(64, 1)

        def forward(self, x):
            z = x.flatten(1)
            return self.fakeout(z), self.auxout(z), x.mean((2, 3, 4)), x.sum((2, 3, 4))

    class Told(Generator):
        def forward(self, z, energy, angle):
            return super().forward(torch.cat((energy, angle, z), dim=1))

    class Energy(Term):
        """The mean error of the energy that the critic finds."""

        name, tells_condition = "energy", True

        def __call__(self, step, *noise):
            judged = step.real if step.trains == "critic" else step.fake
            return (judged.extras[0] - step.condition[0]).abs().mean(), {}

    keys = {"X": torch.rand(N, 1, 4, 4, 4), "Y": torch.rand(N, 1), "ang": torch.rand(N, 1), "ecal": torch.rand(N, 1)}
    theirs = [dict(zip(keys, row, strict=True)) for row in zip(*keys.values(), strict=True)]
    data = [(item["X"], item["Y"], item["ang"]) for item in theirs]
    condition = SeveralConditions([Values(1), Values(1)])
    terms = {"critic_terms": [Energy(0.1)], "generator_terms": [Energy(0.1)]}
    return Project(Told(2 + 9, 1, 4, 4, 4), Discriminator(), data, 9, condition, terms)


def harris():
    """ljharris23/public-downscaling-cgan at 102d6c0, dsrnngan/models.py, written for Keras: the noise comes last."""

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.low, self.out = nn.Conv2d(2 + 4 + 1, 4, 1), nn.Conv2d(4 + 1, 1, 1)

        def forward(self, lo_res_inputs, hi_res_inputs, noise_input):
            low = torch.cat([lo_res_inputs, nn.functional.avg_pool2d(hi_res_inputs, 2), noise_input], 1)
            return self.out(torch.cat([nn.functional.interpolate(self.low(low), scale_factor=2.0), hi_res_inputs], 1))

    class Critic(Joined):
        def forward(self, lo_res_inputs, hi_res_inputs, output):
            return self.joined(lo_res_inputs, hi_res_inputs, output)

    class NoiseFirst(Generator):
        def forward(self, z, low, constants):
            return super().forward(low, constants, z)

    class SampleFirst(Critic):
        def forward(self, x, low, constants):
            return super().forward(low, constants, x)

    data = TensorDataset(torch.rand(N, 1, 8, 8), torch.rand(N, 2, 4, 4), torch.rand(N, 1, 8, 8))
    condition = SeveralConditions([Values((2, 4, 4)), Values((1, 8, 8))])
    terms = {"generator_terms": [EnsembleMean(samples=2)]}
    return Project(NoiseFirst(), SampleFirst(32 + 64 + 64, 1), data, (4, 4, 4), condition, terms)


AS_THEY_ARE = [kim_rass, erdoganxarda, george_halal, yujin, engi_opt, erik_linder_noren]
WITH_THREE_LINES = [getting_high, deep_ray, nannau, eeg_gan, itwinai, harris]


@pytest.mark.parametrize("project", [*AS_THEY_ARE, *WITH_THREE_LINES], ids=lambda project: project.__name__)
def test_conditional_networks_of_public_projects_train_under_their_own_call_conventions(project, trainer):
    generator, critic, data, noise, condition, options = project()
    before = [weight.detach().clone() for weight in (*generator.parameters(), *critic.parameters())]
    system = WGANGP(generator, critic, latent_dim=noise, condition=condition, n_critic=1, **options)
    trainer(max_steps=2).fit(system, DataLoader(data, 8))
    after = [*generator.parameters(), *critic.parameters()]
    assert all(weight.isfinite().all() for weight in after)
    assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
    samples = system.sample(slice(5))
    real = next(iter(DataLoader(data, 8)))
    real = next(iter(real.values())) if isinstance(real, dict) else real[0]
    assert samples.shape == (5, *real.shape[1:])
