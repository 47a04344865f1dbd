"""The learning rates that are logged are those that each update was made with."""

from lightning.pytorch.callbacks import LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger
from torch.optim import SGD
from torch.optim.lr_scheduler import ConstantLR, StepLR

from lit_wgan import WGANGP, ToyData


def logged(trainer, networks, tmp_path, schedule):
    system = WGANGP(
        **networks(), n_critic=2, generator_optimizer=lambda p: SGD(p, 0.08), critic_optimizer=lambda p: SGD(p, 0.04)
    )
    system.lr_scheduler = schedule
    logger = CSVLogger(tmp_path)
    made = trainer(max_steps=4, logger=logger, log_every_n_steps=2, callbacks=[LearningRateMonitor()])
    made.fit(system, datamodule=ToyData("eight_gaussians", batch_size=4))
    return [(row["step"], row["lr-SGD"], row["lr-SGD-1"]) for row in logger.experiment.metrics if "lr-SGD" in row]


def test_a_monitor_logs_the_rates_of_each_logged_update_with_it(trainer, networks, tmp_path, monkeypatch):
    monkeypatch.setattr("lightning.pytorch.loggers.csv_logs.ExperimentWriter.save", lambda self: None)  # keep rows
    rates = logged(trainer, networks, tmp_path, lambda optimizer: StepLR(optimizer, step_size=1, gamma=0.5))
    assert rates == [(2, 0.02, 0.04), (4, 0.005, 0.01)]


def test_a_monitor_logs_constant_rates_too(trainer, networks, tmp_path, monkeypatch):
    monkeypatch.setattr("lightning.pytorch.loggers.csv_logs.ExperimentWriter.save", lambda self: None)
    rates = logged(trainer, networks, tmp_path, lambda optimizer: ConstantLR(optimizer, factor=1.0))
    assert rates == [(2, 0.04, 0.08), (4, 0.04, 0.08)]
