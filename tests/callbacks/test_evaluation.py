import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import WGAN, ArrayData, ExactW1, ImageData, ModeCoverage, ToyData
from lit_wgan.data.toy import TOY_DISTRIBUTIONS
from lit_wgan.evaluation.wasserstein import exact_w1
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.networks import MLPCritic

EIGHT = TOY_DISTRIBUTIONS["eight_gaussians"]


class OneOfTheModes(nn.Module):
    """A generator that gives the centres of the first ``modes`` modes in turn, moved by ``shift``."""

    def __init__(self, modes=8, shift=0.0):
        super().__init__()
        self.modes, self.shift = modes, shift

    def forward(self, z):
        return EIGHT.centres[torch.arange(len(z)) % self.modes] + self.shift


def metrics(trainer, callback, generator=None, data=None):
    data = data or ToyData("eight_gaussians", num_held_out=16)
    run = trainer(callbacks=[callback])
    run.validate(WGAN(generator or OneOfTheModes(), MLPCritic(2, 4, 1), latent_dim=2), datamodule=data, verbose=False)
    return {name: value.item() for name, value in run.callback_metrics.items()}


def test_w1_and_its_floor_are_exact(trainer):
    logged = metrics(trainer, ExactW1(num_samples=64), OneOfTheModes(shift=5.0))
    held_out, train = (EIGHT.draw(RandomStreams(0), name, 0, 64) for name in ("toy/held_out", "toy/train"))
    fake = OneOfTheModes(shift=5.0)(torch.empty(64))
    assert logged["eval/w1"] == pytest.approx(exact_w1(held_out, fake))
    assert logged["eval/w1_floor"] == pytest.approx(exact_w1(held_out, train))
    assert logged["eval/w1"] > 5 > logged["eval/w1_floor"] > 0


def test_full_coverage_has_equal_shares_near_their_modes(trainer):
    logged = metrics(trainer, ModeCoverage(num_samples=800))
    assert logged["eval/smallest_mode_share"] == pytest.approx(1 / 8)
    assert logged["eval/share_near_a_mode"] == 1


def test_a_missing_mode_and_samples_between_modes_are_seen(trainer):
    assert metrics(trainer, ModeCoverage(num_samples=800), OneOfTheModes(modes=7))["eval/smallest_mode_share"] == 0
    assert metrics(trainer, ModeCoverage(num_samples=800), OneOfTheModes(shift=0.2))["eval/share_near_a_mode"] == 0


def test_metrics_are_logged_in_training_as_well_as_in_testing(trainer, networks):
    data = ToyData("eight_gaussians", batch_size=8, num_held_out=16)
    run = trainer(max_steps=2, val_check_interval=2, callbacks=[ExactW1(num_samples=16)])
    run.fit(WGAN(**networks()), datamodule=data)
    in_training = run.callback_metrics["eval/w1"]
    (tested,) = run.test(run.lightning_module, datamodule=data, verbose=False)
    assert tested["eval/w1"] == pytest.approx(in_training.item())


@pytest.mark.parametrize("callback", [ExactW1(16), ModeCoverage(16)], ids=lambda callback: type(callback).__name__)
def test_what_a_callback_says_it_logs_is_what_it_logs(callback, trainer):
    logged = {name for name in metrics(trainer, callback) if name != "eval/wasserstein_estimate"}
    assert logged == set(callback.metric_names())


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="Expected num_samples to be above 0, but got 0"):
        ExactW1(num_samples=0)


def test_data_without_known_real_samples_is_refused(trainer, networks):
    with pytest.raises(ValueError, match="one of lit-wgan's DataModules for ExactW1, but got NoneType"):
        trainer(callbacks=[ExactW1()]).validate(WGAN(**networks()), DataLoader(torch.zeros(4, 2), 2), verbose=False)


def test_coverage_of_anything_but_gaussians_is_refused(trainer, networks):
    for data in (ToyData("swiss_roll", num_held_out=8), ImageData("digits")):
        coverage = ModeCoverage(num_samples=4)
        with pytest.raises(ValueError, match="Expected a mixture of Gaussians for ModeCoverage, but got"):
            coverage.evaluate(torch.zeros(4, 2), data)


def test_more_samples_than_are_held_out_are_refused_before_the_first_update(trainer, networks, tmp_path):
    system, few = WGAN(**networks()), ArrayData(torch.randn(40, 2), held_out=0.2, batch_size=8, cache_dir=str(tmp_path))
    with pytest.raises(ValueError, match=r"Expected at least 9 held-out samples for ExactW1, but got 8\. Lower its"):
        trainer(callbacks=[ExactW1(9)]).fit(system, datamodule=few)
    assert system.counters.generator_updates == 0
    trainer(callbacks=[ExactW1(9)]).fit(system, datamodule=ToyData("eight_gaussians", num_held_out=8))  # it has no end
