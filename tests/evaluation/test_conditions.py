"""Conditions and noise of generated images."""

import numpy as np
import pytest
import torch
from torch import nn

from lit_wgan.engine.preserve import preserve_random_state
from lit_wgan.evaluation.images import GeneratedImages, uniform_noise


class Sees(nn.Module):
    """Keeps what it is given."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, *given):
        self.seen.append(given)
        return torch.zeros(len(given[0]), 1, 2, 2)


def numbered(rows):
    """A number and a small field for each sample, which say which it is."""
    number = torch.arange(rows.start, rows.stop).float()
    return number, number.view(-1, 1, 1, 1).expand(-1, 1, 2, 2)


def given_to_generator(batch_size=5, rank=0, world=1, num_samples=23, **options):
    generator = Sees()
    with preserve_random_state():
        source = GeneratedImages(generator, 3, num_samples, 5, **options)
        rows = [torch.arange(rows.start, rows.stop) for rows, _ in source.blocks(batch_size, rank, world)]
    return torch.cat(rows), [torch.cat(parts) for parts in zip(*generator.seen, strict=True)]


@pytest.mark.parametrize(("batch_size", "world"), [(5, 1), (7, 1), (5, 2), (5, 3)])
def test_image_i_has_condition_i_whatever_the_block_size_and_the_number_of_devices(batch_size, world):
    """Several conditions are several arguments."""
    seen = []
    for rank in range(world):
        rows, (_, number, field) = given_to_generator(batch_size, rank, world, conditions=numbered)
        assert torch.equal(number, rows.float())
        assert torch.equal(field[:, 0, 1, 1], number)
        seen += rows.tolist()
    assert sorted(seen) == list(range(23))


@pytest.mark.parametrize("world", [1, 2])
def test_uniform_noise_is_numpys_in_the_range_of_the_law(world):
    expected = 2 * np.random.RandomState(5).rand(400, 3) - 1
    for rank in range(world):
        rows, (z,) = given_to_generator(64, rank, world, num_samples=400, latent_law="uniform")
        np.testing.assert_allclose(z, expected[rows], rtol=0, atol=2**-23)
        assert -1 <= z.min() < -0.98
        assert 0.98 < z.max() < 1


class Largest:
    """Draws the largest number below 1, which float32 rounds to 1."""

    def rand(self, *shape):
        return np.full(shape, 1 - 2.0**-53)


def test_uniform_noise_stays_below_one_in_float32():
    assert uniform_noise(Largest(), (2,)).astype(np.float32).max() == 1 - 2.0**-23


def test_unknown_laws_and_conditions_of_other_rows_are_refused():
    with pytest.raises(ValueError, match="Expected latent_law to be normal or uniform, but got cauchy"):
        given_to_generator(latent_law="cauchy")
    with pytest.raises(ValueError, match="Expected conditions of images 0 to 4, one each, but got 3 and 5"):
        given_to_generator(conditions=lambda rows: (torch.zeros(3), torch.zeros(5)))


def test_the_protocol_says_what_samples_were_conditioned_on(small, tmp_path):
    evaluator = small.evaluator(tmp_path, ["fid"], num_samples=100)

    class Told(small.Generator):
        def forward(self, z, *conditions):
            return super().forward(z)

    def protocol(**options):
        return evaluator.evaluate(Told(), 4, **options).protocol

    plain = protocol()
    assert (plain.conditions, plain.latent_law) == (None, "normal")
    assert "conditions" not in "\n".join(plain.in_words())
    assert protocol(num_classes=2).conditions.startswith("uniform: 2 classes, 4")
    assert protocol(conditions=numbered, conditioned_on="forecasts").conditions == (
        "forecasts: float32 () and float32 (1, 2, 2)"
    )
    threes = protocol(conditions=lambda rows: torch.full((rows.stop - rows.start,), 3), num_classes=10)
    assert threes.conditions == "given: class 3"
    uniform = protocol(latent_law="uniform")
    assert uniform.latent_law == "uniform"
    assert "100 Told's images, seed 2020, uniform noise" in "\n".join(uniform.in_words())
