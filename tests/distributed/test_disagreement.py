"""Processes that were given different things are told so before the first update, all of them and in one line."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
EXPECTED = {
    "gp_weight": "options in all processes, but got model.critic_terms[0].weight 1.0 on rank 0 and 2.0 on rank 1. ",
    "n_critic": "model.n_critic 5 on rank 0 and 4 on rank 1. ",
    "width": " torch.float32 (4, 2) on rank 0 and torch.float32 (5, 2) on rank 1; ",
    "learning rate": "optimizers[0].groups[0].lr 0.0001 on rank 0 and 0.0002 on rank 1",
    "max_steps": "trainer.max_steps 1 on rank 0 and 2 on rank 1. ",
    "precision": "trainer.precision 32-true on rank 0 and bf16-mixed on rank 1. ",
    "checkpoint": "ModelCheckpoint.every_n_train_steps 1 on rank 0 and 2 on rank 1. ",
    "metric": "ExactW1.num_samples 4 on rank 0 and 3 on rank 1. ",
    "batch_size": "data.batch_size 4 on rank 0 and 6 on rank 1. ",
    "number of samples": "number of training samples 18 on rank 0 and 17 on rank 1",
    "pixels": "the same data in all processes, but got training samples torch.float32 (4, 2) ",
    "loader": "the same loaders in all processes, but got batch_size 1 on rank 0 and 2 on rank 1. ",
    "own data elsewhere": None,
    "several options": "2 lit-wgan: error: Expected the same options in all processes, but got "
    "seed_everything 0 on rank 0 and 3 on rank 1; trainer.max_steps 1 on rank 0 and 2 on rank 1; ",
    "checkpoint to continue from": "Put trainer.default_root_dir on a file system that all nodes share.",
    "what may differ": None,
}


def test_what_differs_is_named_on_all_ranks_with_both_values(script, tmp_path):
    script(tmp_path, Path(__file__).with_name("disagree.py"), processes=2)
    told, by_other = (json.loads((tmp_path / f"told.{rank}.json").read_text()) for rank in range(2))
    assert told == by_other
    assert told.keys() == EXPECTED.keys()
    for name, expected in EXPECTED.items():
        assert (told[name] is None) if expected is None else (expected in told[name]), (name, told[name])
        assert told[name] is None or len(told[name].splitlines()) == 1
