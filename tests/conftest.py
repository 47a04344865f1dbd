"""Small networks and a quiet trainer for all tests."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
import pytest
import torch
from lightning.pytorch import Trainer
from torch import nn

from lit_wgan.cli import main

# Lightning itself calls what jsonargparse deprecates.
os.environ["JSONARGPARSE_DEPRECATION_WARNINGS"] = "off"


class Scores(nn.Module):
    """Flattens ``(N, 1)`` to scores ``(N,)``."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten()


def small_generator(latent_dim: int = 3, data_dim: int = 2) -> nn.Module:
    return nn.Sequential(nn.Linear(latent_dim, 16), nn.ReLU(), nn.Linear(16, data_dim))


def small_critic(data_dim: int = 2) -> nn.Module:
    return nn.Sequential(nn.Linear(data_dim, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), Scores())


@pytest.fixture
def networks() -> Callable[..., dict[str, Any]]:
    """Arguments of a system on the plane, with the same weights at every call."""

    def make(seed: int = 0) -> dict[str, Any]:
        torch.manual_seed(seed)
        return {"generator": small_generator(), "critic": small_critic(), "latent_dim": 3}

    return make


@pytest.fixture
def trainer(tmp_path: Path) -> Callable[..., Trainer]:
    """Makes a trainer without output."""

    def make(max_steps: int = 2, **kwargs: Any) -> Trainer:
        quiet = {
            "accelerator": "cpu",
            "devices": 1,
            "max_epochs": -1,
            "logger": False,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
            "check_val_every_n_epoch": None,
            "default_root_dir": tmp_path,
        }
        return Trainer(max_steps=max_steps, **(quiet | kwargs))

    return make


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    """Every test starts from the same random state."""
    lightning.seed_everything(0, verbose=False)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command in this process, in an empty folder; returns its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIT_WGAN_DEBUG", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lit-wgan", *arguments])
        capsys.readouterr()
        status = main()
        return status, *capsys.readouterr()

    return run
