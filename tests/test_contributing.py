"""The examples of CONTRIBUTING.md work as they stand."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import WGANGP, ToyData
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.runs.run import Run
from lit_wgan.systems.gan import dcgan_adam
from lit_wgan.systems.judging import judge_both

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "CONTRIBUTING.md"


@pytest.fixture(scope="module")
def examples():
    names: dict = {"__name__": "examples"}
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(code, names)
    return names


def test_files_that_the_page_names_exist():
    named = re.findall(r"`(\w+/[\w/]*\.py)`", PAGE.read_text())
    assert [name for name in named if not ((ROOT / name).exists() or (ROOT / "lit_wgan" / name).exists())] == []


def test_term_of_the_page_is_the_shift_between_paired_samples_and_trains(examples, networks, trainer):
    term = examples["Reconstruction"](weight=2.0)
    real = torch.randn(4, 3)
    value, _ = term(judge_both(lambda x: x.sum(1), real, real + 0.5))
    assert value.item() == pytest.approx(0.5)
    run = trainer(log_every_n_steps=1)
    run.fit(WGANGP(**networks(), generator_terms=[term]), DataLoader(torch.randn(80, 2), 8))
    assert run.callback_metrics["generator/reconstruction"] > 0


def test_view_of_the_page_hides_the_level_of_series_and_trains(examples, trainer):
    view, series = examples["Differences"](), torch.randn(80, 5, 2).cumsum(1)
    torch.testing.assert_close(view(series), view(series + 7))
    generator = nn.Sequential(nn.Linear(3, 10), nn.Unflatten(1, (5, 2)))
    system = WGANGP(generator, examples["LinearCritic"]((4, 2)), latent_dim=3, view=view)
    trainer().fit(system, DataLoader(series, 8))
    assert system.counters.generator_updates == 2


def test_rule_of_the_page_finds_scores_that_drift(examples, tmp_path):
    (tmp_path / "metrics.csv").write_text("critic/drift,step\n" + "".join(f"{step}.0,{step}\n" for step in range(400)))
    finding = examples["critic_drifts"](Run(tmp_path))
    assert (finding.seen, finding.page) == ("The mean squared score is 333.", "docs/troubleshooting.md#critic-drifts")


def test_system_of_the_page_trains_with_the_critic_of_the_page(examples, networks, trainer):
    parts = networks() | {"critic": examples["LinearCritic"]((2,))}
    system = examples["HingeGAN"](**parts, n_critic=1, generator_optimizer=dcgan_adam, critic_optimizer=dcgan_adam)
    trainer().fit(system, DataLoader(torch.randn(80, 2), 8))
    assert system.counters.generator_updates == 2
    step = judge_both(lambda x: x[:, 0], torch.full((4, 1), 3.0), torch.full((4, 1), -0.5))
    assert system.critic_loss(step).item() == 0.5  # of the real samples' none: they score beyond 1
    assert system.generator_loss(step).item() == 0.5


def test_data_set_of_the_page_lies_on_the_unit_circle(examples):
    points = examples["Ring"]().draw(RandomStreams(0), "data", 0, 100)
    torch.testing.assert_close(points.norm(dim=1), torch.ones(100))


@pytest.mark.slow
def test_metric_of_the_page_tells_how_much_wider_samples_are_than_data(examples, networks, trainer):
    data = ToyData("eight_gaussians", batch_size=8)
    run = trainer(callbacks=[examples["SpreadRatio"](num_samples=500)], val_check_interval=2)
    run.fit(WGANGP(**networks()), datamodule=data)
    assert run.callback_metrics["eval/spread_ratio"] > 0
    metric = examples["SpreadRatio"](num_samples=500)
    assert metric.evaluate(3 * data.real_samples(500, train=False).real, data) == {
        "eval/spread_ratio": pytest.approx(3.0)
    }
    assert metric.metric_names() == ["eval/spread_ratio"]
