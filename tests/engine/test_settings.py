"""What objects tell of the arguments that they were made with."""

from pathlib import Path

import torch
from torch import nn

from lit_wgan import WGANGP, ToyData, WarmStart
from lit_wgan.callbacks import Checkpoints
from lit_wgan.engine.settings import flat, settings, weight_shapes
from lit_wgan.terms import R1


def test_a_system_tells_its_numbers_and_those_of_its_parts(networks):
    system = WGANGP(**networks(), gp_weight=3.0, n_critic=WarmStart(every=7), critic_terms=[R1(interval=4)])
    told = settings(system)
    assert told["critic_terms[0].weight"] == 3.0
    assert told["n_critic.every"] == 7
    assert told["critic_terms[1].interval"] == 4
    assert told["n_critic"] == "lit_wgan.functional.schedules.WarmStart"
    assert "generator_optimizer" not in told


def test_a_callback_of_lightning_tells_what_it_keeps_under_private_names():
    assert settings(Checkpoints(every_n_train_steps=5))["every_n_train_steps"] == 5


def test_arguments_of_a_users_own_class_count_only_when_asked_for():
    class Shard(ToyData):
        def __init__(self, shard: int):
            super().__init__("swiss_roll", batch_size=8)
            self.shard = shard

    assert settings(Shard(1)) == settings(Shard(2))
    assert settings(Shard(1))["batch_size"] == 8
    assert settings(Shard(1), of_users_too=True)["shard"] == 1


def test_nested_values_are_told_by_flat_names_and_functions_not_at_all():
    value = {"a": [{"b": Path("c")}, 1], "d": (1, 2), "e": print, "f": None, "g": torch.zeros(1)}
    assert flat("x", value) == {"x.a[0].b": "c", "x.a[1]": 1, "x.d": [1, 2], "x.f": None}


def test_networks_tell_the_shapes_of_weights_lazy_ones_too():
    told = weight_shapes(nn.Sequential(nn.Linear(2, 3), nn.LazyLinear(1)))
    assert told["0.weight"] == "torch.float32 (3, 2)"
    assert told["1.weight"] == "torch.float32 lazy"
