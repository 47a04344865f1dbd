import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import WGAN, WGANGP, CriticDiagnostics, WandbRun
from lit_wgan.callbacks.diagnostics import layer_gradient_norms
from lit_wgan.runs.events_file import EventsFile


class Kept(WandbRun):
    """Keeps what it is told."""

    experiment = None

    def __init__(self):
        super().__init__("unused")
        self.lines, self.values = {}, {}

    def log_metrics(self, metrics, step=None):
        if any(name.startswith("critic_layers/") for name in metrics):
            self.lines[step] = metrics

    def log_histograms(self, values, step):
        self.values[step] = values


def fit(trainer, system, logger=None):
    logger = logger or Kept()
    callbacks = [CriticDiagnostics()]
    run = trainer(max_steps=6, logger=logger, callbacks=callbacks, log_every_n_steps=3, limit_val_batches=0)
    run.fit(system, DataLoader(torch.randn(64, 2), batch_size=8))
    return logger


def test_norms_of_layers_are_those_of_their_gradients():
    critic = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    critic(torch.randn(4, 3)).sum().backward()
    norms = layer_gradient_norms(critic)
    assert list(norms) == ["0.weight", "1.weight"]
    assert norms["0.weight"] == pytest.approx(float(critic[0].weight.grad.norm()))


def test_a_network_without_gradients_has_no_norms():
    assert layer_gradient_norms(nn.Linear(2, 1)) == {}


def test_each_logged_update_is_looked_into_once(trainer, networks):
    logger = fit(trainer, WGAN(**networks(), n_critic=2))
    assert list(logger.lines) == list(logger.values) == [3, 6]
    assert set(logger.lines[3]) == {"critic_layers/0.weight", "critic_layers/2.weight"}
    assert set(logger.values[3]) == {"critic/weights", "critic/layer_gradient_norms"}
    assert logger.values[6]["critic/weights"].abs().max() == pytest.approx(0.01)
    assert all(norm > 0 for norm in logger.lines[6].values())


def test_the_penaltys_points_are_looked_into_one_by_one(trainer, networks):
    logger = fit(trainer, WGANGP(**networks(), n_critic=2))
    assert logger.values[3]["critic/sample_gradient_norms"].shape == (8,)
    assert not torch.equal(*(logger.values[step]["critic/sample_gradient_norms"] for step in (3, 6)))


def test_tensorboard_has_the_histograms_too(trainer, networks, tmp_path):
    logger = EventsFile(str(tmp_path), "run", 0)
    fit(trainer, WGAN(**networks(), n_critic=2), logger)
    events = EventAccumulator(logger.log_dir, {"histograms": 0, "scalars": 0}).Reload()
    assert [event.step for event in events.Histograms("critic/weights")] == [3, 6]
    assert events.Histograms("critic/weights")[1].histogram_value.max == pytest.approx(0.01)
    assert [event.step for event in events.Scalars("critic_layers/0.weight")] == [3, 6]


def test_looking_into_the_critic_leaves_training_bit_for_bit_as_it_was(trainer, networks):
    loader, weights = DataLoader(torch.randn(64, 2), batch_size=8), []
    for callbacks in ([], [CriticDiagnostics()]):
        system = WGANGP(**networks(), n_critic=2)
        trainer(max_steps=4, logger=Kept(), callbacks=callbacks, log_every_n_steps=1).fit(system, loader)
        weights.append(torch.nn.utils.parameters_to_vector(system.parameters()))
    assert torch.equal(*weights)
