import lightning
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.utils.data import DataLoader

from lit_wgan import WGAN, WGANGP, CriticDiagnostics, WandbRun
from lit_wgan.callbacks.diagnostics import layer_gradient_norms
from lit_wgan.runs.events_file import EventsFile
from lit_wgan.runs.metric_names import ACTIVATIONS, LAYERS
from lit_wgan.runs.metrics_file import MetricsFile
from lit_wgan.runs.metrics_rows import read_rows


class Kept(WandbRun):
    """Keeps what it is told."""

    experiment = None

    def __init__(self):
        super().__init__("unused")
        self.lines, self.values = {}, {}

    def log_metrics(self, metrics, step=None):
        self.lines[step] = {name: value for name, value in metrics.items() if name.startswith("critic_")}

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
    names = (f"{ACTIVATIONS}0", f"{ACTIVATIONS}2", f"{LAYERS}0.weight", f"{LAYERS}2.weight")
    assert set(logger.lines[3]) == set(names)
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


def test_metrics_csv_has_the_norms_of_layers_in_the_rows_of_the_other_metrics(trainer, networks, tmp_path):
    logger = MetricsFile(str(tmp_path), "run", 0)
    fit(trainer, WGAN(**networks(), n_critic=2), logger)
    rows = list(read_rows(tmp_path / "run" / "version_0" / "metrics.csv"))
    assert [update for update, _ in rows] == [3, 6]
    assert all({"critic/loss", f"{ACTIVATIONS}0", f"{LAYERS}0.weight"} <= metrics.keys() for _, metrics in rows)


def test_a_system_that_is_trained_again_is_looked_into_once_at_each_log(trainer, networks):
    system = WGAN(**networks(), n_critic=2)
    fit(trainer, system)
    assert system.observers == []


class Noisy(nn.Module):
    """A critic with all that a further pass could change: statistics of batches, random masks, power iterations."""

    def __init__(self):
        super().__init__()
        first = spectral_norm(nn.Linear(2, 16))
        self.layers = nn.Sequential(first, nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 1))

    def forward(self, x):
        return self.layers(x).squeeze(1)


def test_looking_into_the_critic_leaves_training_bit_for_bit_as_it_was(trainer, networks):
    samples, weights = torch.randn(64, 2), []
    for callbacks in ([], [CriticDiagnostics()]):
        lightning.seed_everything(0, verbose=False)
        system = WGAN(**networks() | {"critic": Noisy()}, n_critic=2)
        loader = DataLoader(samples, batch_size=8, shuffle=True)
        trainer(max_steps=12, logger=Kept(), callbacks=callbacks, log_every_n_steps=1).fit(system, loader)
        weights.append(torch.cat([value.flatten().double() for value in system.state_dict().values()]))
    assert torch.equal(*weights)
