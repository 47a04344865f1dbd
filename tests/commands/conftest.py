"""A run on the disk, without training."""

import sys

import pytest
import torch
import yaml

from lit_wgan import WGANGP
from lit_wgan.data.conditions import ClassLabels, SeveralConditions, Values
from lit_wgan.systems.resuming import run_state

OWN = """
from torch import nn

class Sum(nn.Module):
    '''Noise plus the means of the conditions, as samples of a shape; of samples, one score each.'''

    def __init__(self, shape=()):
        super().__init__()
        self.shape, self.scale = shape, nn.Linear(1, 1)

    def forward(self, x, *told):
        total = self.scale(x.flatten(1)[:, :1]) + sum(part.reshape(len(x), -1).float().mean(1, True) for part in told)
        return total.reshape(-1, *[1 for _ in self.shape]).expand(-1, *self.shape) if self.shape else total
"""


def described(source):
    """A source of conditions as a configuration names it."""
    if source is None:
        return None
    arguments = {
        ClassLabels: lambda: {"num_classes": source.num_classes},
        Values: lambda: {"shape": list(source.shape)},
        SeveralConditions: lambda: {"sources": [described(part) for part in source.sources]},
    }
    name = type(source).__name__
    return {"class_path": f"lit_wgan.data.conditions.{name}", "init_args": arguments[type(source)]()}


@pytest.fixture
def saved(command, tmp_path, monkeypatch):
    """Saves a checkpoint with the configuration of its run; returns the arguments that name it, and the system.

    The generator is a ``Sum``, the data are gone unless they are given.
    """
    (tmp_path / "own_sum.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_sum", raising=False)

    def save(shape, source=None, law=None, ema_decay=None, transform=None, data=None, **options):
        from own_sum import Sum

        if law is not None:
            source.learn_(law)
        options = {"latent_dim": 2, "ema_decay": ema_decay} | options
        system = WGANGP(Sum(shape), Sum(), condition=source, **options)
        system.transform = transform
        checkpoint = tmp_path / "run" / "checkpoints" / "last.ckpt"
        checkpoint.parent.mkdir(parents=True)
        torch.save({"lit_wgan": run_state(system), "state_dict": system.state_dict()}, checkpoint)
        network = {"class_path": "own_sum.Sum"}
        arguments = {"generator": network | {"init_args": {"shape": list(shape)}}, "critic": network}
        arguments |= {"condition": described(source), **options}
        config = {"model": {"class_path": "lit_wgan.WGANGP", "init_args": arguments}}
        config["data"] = data or {"class_path": "data_that_are.Gone"}
        (tmp_path / "run" / "config.yaml").write_text(yaml.safe_dump(config))
        return [str(checkpoint), "--accelerator", "cpu"], system

    return save
