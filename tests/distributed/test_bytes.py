"""What two processes send each other per generator update."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
N_CRITIC = 3  # as in wire.py
STOP_FLAG = 1  # element beside the generator's gradient


@pytest.mark.parametrize("strategy", ["ddp", "ddp_find_unused_parameters_true"])
def test_only_the_gradients_of_the_network_that_is_updated_travel(strategy, script, tmp_path):
    script(tmp_path, Path(__file__).parent / "wire.py", tmp_path / "counted.json", strategy, processes=2)
    counted = json.loads((tmp_path / "counted.json").read_text())
    elements = N_CRITIC * counted["critic"] + counted["generator"] + STOP_FLAG
    assert counted["updates"] == [[elements, 0]] * 4
