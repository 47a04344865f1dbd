import pytest
import torch
from torch import nn

from lit_wgan.errors import UsageError
from lit_wgan.networks import FieldGenerator
from lit_wgan.networks.concatenation import resized


def test_parameter_count_is_that_of_its_convolutions():
    generator = FieldGenerator(1, 2, noise_channels=3, width=8, depth=2)
    convolutions = (9 * 5 * 8 + 8) + 4 * (9 * 8 * 8 + 8) + (9 * 8 * 1 + 1)
    assert sum(p.numel() for p in generator.parameters()) == convolutions


@pytest.mark.parametrize(
    ("size", "coarse"), [((8, 8), (8, 8)), ((16, 12), (4, 4)), ((9, 14), (4, 5)), ((5, 7), (10, 14))]
)
def test_samples_are_as_large_as_the_noise_whatever_the_size_of_the_condition(size, coarse):
    generator = FieldGenerator(1, 2, width=4)
    samples = generator(torch.randn(3, 1, *size), torch.randn(3, 2, *coarse))
    assert samples.shape == (3, 1, *size)


def test_it_is_fully_convolutional():
    # Away from the border, a sample of a larger field is that of its part.
    generator = FieldGenerator(1, 1, width=4, depth=1).double()
    z, coarse = torch.randn(1, 1, 24, 24).double(), torch.randn(1, 1, 12, 12).double()
    whole, part = generator(z, coarse), generator(z[..., :16, :16], coarse[..., :8, :8])
    torch.testing.assert_close(part[..., 4:12, 4:12], whole[..., 4:12, 4:12])


def test_it_adds_to_the_resized_condition_where_channels_agree():
    z = torch.randn(3, 1, 8, 8)
    for channels, adds in [(2, True), (1, False)]:
        generator, coarse = FieldGenerator(channels, 2, width=4), torch.randn(3, 2, 4, 4)
        last = [layer for layer in generator.modules() if isinstance(layer, nn.Conv2d)][-1]
        nn.init.zeros_(last.weight)
        samples = generator(z, coarse)
        assert torch.equal(samples, resized(coarse, z.shape[2:]) if adds else torch.zeros_like(samples))


def test_samples_depend_on_noise_and_condition_and_tanh_bounds_them():
    generator = FieldGenerator(1, 1, width=4, tanh=True)
    z, coarse = 10 * torch.randn(2, 1, 8, 8), 10 * torch.randn(2, 1, 4, 4)
    samples = generator(z, coarse)
    assert samples.abs().max() <= 1
    assert not torch.allclose(generator(z.flip(0), coarse), samples)
    assert not torch.allclose(generator(z, coarse.flip(0)), samples)


@pytest.mark.slow
def test_compiled_it_makes_the_same():
    generator, z, coarse = FieldGenerator(1, 1, width=4), torch.randn(2, 1, 8, 8), torch.randn(2, 1, 3, 4)
    compiled = torch.compile(generator, backend="aot_eager", fullgraph=True, dynamic=False)
    torch.testing.assert_close(compiled(z, coarse), generator(z, coarse))


def test_other_noise_and_conditions_are_refused_with_a_remedy():
    generator, z, coarse = FieldGenerator(1, 2, width=4), torch.randn(3, 1, 8, 8), torch.randn(3, 2, 4, 4)
    for wrong in (torch.randn(3, 64), torch.randn(3, 2, 8, 8)):
        with pytest.raises(UsageError, match=r"Expected noise of shape \(N, 1, H, W\).*but got \(3, .*latent_dim to"):
            generator(wrong, coarse)
    for condition in (None, coarse[:2], coarse[:, :1], torch.tensor([0, 1, 2]), coarse.flatten(1)):
        with pytest.raises(UsageError, match=r"Expected images of floats, \(3, 2, h, w\), as FieldGenerator's"):
            generator(z, condition)
    with pytest.raises(UsageError, match=r"Expected condition_channels to be above 0, but got 0\. Set it"):
        FieldGenerator(1, 0)
