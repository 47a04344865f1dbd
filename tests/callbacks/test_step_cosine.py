from pathlib import Path

import pytest
import torch
from lightning.pytorch import Callback
from torch import nn
from torch.optim import SGD, Adam
from torch.utils.data import DataLoader

from lit_wgan import GAN, WGAN, WGANGP, StepCosine, ToyData
from lit_wgan.callbacks.step_cosine import WatchedSteps, direction
from lit_wgan.runs.metrics_file import MetricsFile
from lit_wgan.runs.run import Run


class Kept(Callback):
    """Keeps what was logged of each update."""

    def __init__(self):
        self.rows = []

    def on_train_batch_end(self, trainer, pl_module, *args):
        if pl_module.counters.critic_updates_in_step == 0:
            metrics = trainer.callback_metrics
            self.rows.append({name: float(value) for name, value in metrics.items() if "cosine" in name})


def fit(trainer, system, **options):
    kept, loader = Kept(), DataLoader(torch.randn(64, 2), batch_size=8)
    options = {"max_steps": 6, "log_every_n_steps": 1, "limit_val_batches": 0} | options
    trainer(**options, callbacks=[StepCosine(), kept]).fit(system, loader)
    return kept.rows


def sgd(parameters):
    return SGD(parameters, lr=0.005)


def cosine_of(optimizer_class, gradients, **options):
    """Of the last of several steps."""
    weight = nn.Parameter(torch.zeros(len(gradients[0])))
    optimizer = optimizer_class([weight], **({"lr": 0.1} | options))
    steps = WatchedSteps(optimizer, lambda: True)
    for gradient in gradients:
        weight.grad = torch.tensor(gradient)
        optimizer.step()
    return steps.take().item()


@pytest.mark.parametrize(
    ("optimizer_class", "options", "gradients", "cosine"),
    [
        (SGD, {}, [[3.0, -4.0]], 1),
        (SGD, {"momentum": 0.9}, [[1.0, 0.0], [0.0, 1.0]], 1 / 1.81**0.5),  # goes along (0.9, 1)
        (SGD, {"momentum": 0.9}, [[1.0], [-0.5]], -1),
        (SGD, {"momentum": 0.9, "nesterov": True}, [[1.0, 0.0], [0.0, 1.0]], 1.9 / (0.81**2 + 1.9**2) ** 0.5),
        (Adam, {"betas": (0.0, 0.9)}, [[3.0, -4.0]], 7 / 5 / 2**0.5),  # the first step of Adam is the sign
        (SGD, {}, [[0.0, 0.0]], 0),
    ],
)
def test_cosine_is_that_of_the_optimizers_formula(optimizer_class, options, gradients, cosine):
    assert cosine_of(optimizer_class, gradients, **options) == pytest.approx(cosine, abs=1e-6)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_gradients_that_vanish_or_explode_have_a_direction(scale):
    torch.testing.assert_close(direction(scale * torch.tensor([3.0, -4.0])), torch.tensor([0.6, -0.8]))


@pytest.mark.parametrize("options", [{}, {"shards": 4}])
@pytest.mark.parametrize("system_class", [GAN, WGAN, WGANGP])
def test_sgd_goes_along_the_negative_gradient_of_the_whole_minibatch_whatever_is_clipped(
    system_class, options, networks, trainer
):
    system = system_class(**networks(), n_critic=2, generator_optimizer=sgd, critic_optimizer=sgd, **options)
    rows = fit(trainer, system)
    for network in ("critic", "generator"):
        cosines = [row[f"{network}/step_cosine"] for row in rows]
        assert cosines == pytest.approx([1] * 6, abs=1e-3)  # of steps that are not far above the rounding of weights


BATCHES = {
    "of one minibatch": lambda: {"train_dataloaders": DataLoader(torch.randn(64, 2), batch_size=8)},
    "of an update": lambda: {"datamodule": ToyData("swiss_roll", batch_size=8)},
}


@pytest.mark.parametrize("data", BATCHES.values(), ids=BATCHES)
def test_updates_that_are_logged_have_one_in_metrics_csv(data, networks, trainer, tmp_path):
    logger = MetricsFile(str(tmp_path), "run", 0)
    run = trainer(max_steps=7, log_every_n_steps=3, logger=logger, callbacks=[StepCosine()], limit_val_batches=0)
    run.fit(WGAN(**networks(), n_critic=2), **data())
    logged = Run(Path(logger.log_dir))
    for name in ("critic/step_cosine", "generator/step_cosine"):
        updates, cosines = logged.series(name)
        assert list(updates) == [3, 6]
        assert all(0 < abs(cosine) <= 1 for cosine in cosines)


def test_watching_leaves_training_bit_for_bit_as_it_was_and_no_hook_behind(networks, trainer):
    weights = []
    for callbacks in ([], [StepCosine()]):
        system, loader = WGANGP(**networks(), n_critic=2), DataLoader(torch.randn(64, 2), batch_size=8)
        run = trainer(max_steps=4, callbacks=callbacks, log_every_n_steps=1)
        run.fit(system, loader)
        weights.append(torch.nn.utils.parameters_to_vector(system.parameters()))
        assert not system.observers
        assert not any(
            optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks for optimizer in run.optimizers
        )
    assert torch.equal(*weights)


def test_a_generator_that_is_fixed_has_none(trainer):
    class Fixed(nn.Module):
        def forward(self, z):
            return z

    critic = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    rows = fit(trainer, WGANGP(Fixed(), critic, latent_dim=2, n_critic=1))
    assert [set(row) for row in rows] == [{"critic/step_cosine"}] * 6
