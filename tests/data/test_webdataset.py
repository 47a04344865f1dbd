"""The DataModule for WebDataset of docs/data.md works as it stands there."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
import webdataset

from lit_wgan import WGAN
from lit_wgan.data.conditions import ClassLabels
from lit_wgan.networks import MLPCritic, MLPGenerator

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


@pytest.fixture
def shards(tmp_path):
    """The module of the page, on two shards of points and classes."""
    (code,) = re.findall(r"```python\n(# my_shards.py\n.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict = {"__name__": "my_shards"}
    exec(code, names)
    for shard in range(2):
        with webdataset.TarWriter(str(tmp_path / f"{shard}.tar")) as tar:
            for number in range(20):
                point = np.full(2, number, np.float32)
                tar.write({"__key__": f"{shard}{number:02d}", "npy": point, "cls": number % 3})
    return names["Shards"](f"{tmp_path}/{{0..1}}.tar", batch_size=8)


def test_the_module_of_the_page_trains_with_its_classes_as_conditions(shards, trainer):
    networks = {"generator": MLPGenerator(2, 2, 16, 2, num_classes=3), "critic": MLPCritic(2, 16, 2, num_classes=3)}
    system = WGAN(**networks, latent_dim=2, n_critic=2, condition=ClassLabels(3))
    run = trainer(12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # webdataset leaves shards open
        run.fit(system, shards)
        points, classes = next(iter(shards.train_dataloader()))
    assert run.global_step > 0
    assert system.counters.generator_updates == 12
    assert torch.equal(points[:, 0].long() % 3, classes)
