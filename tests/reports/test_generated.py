"""What is made of a trained generator for its report."""

from lit_wgan import WGANGP, ToyData
from lit_wgan.networks import MLPCritic, MLPGenerator
from lit_wgan.reports.generated import make_generated


def toy_system():
    return WGANGP(MLPGenerator(data_shape=2, latent_dim=3), MLPCritic(data_shape=2), latent_dim=3)


def test_there_are_interpolations_and_nearest_training_samples(make_run):
    made, remarks = make_generated(make_run(), toy_system(), ToyData("eight_gaussians", num_held_out=10))
    assert remarks == []
    assert [each.title for each in made] == ["Interpolations", "Nearest training samples"]
    assert all(each.picture.uri.startswith("data:image/") for each in made)


def test_what_cannot_be_made_is_told_in_a_line(make_run):
    made, remarks = make_generated(make_run(), toy_system(), None)
    assert [each.title for each in made] == ["Interpolations"]
    assert remarks == ["Nearest training samples: left out. The training data are not there."]
