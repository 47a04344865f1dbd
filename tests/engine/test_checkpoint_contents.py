import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lit_wgan.engine.checkpoint_contents import check_contents, check_plain, find_misfit
from lit_wgan.errors import UsageError

PLAIN = {
    "state_dict": OrderedDict(weight=torch.ones(2), half=torch.ones(2, dtype=torch.bfloat16)),
    "callbacks": {"Best": {"value": 1.0, "scores": {"a.ckpt": torch.tensor(1.0)}, "names": ("a", None, True, 3 + 4j)}},
    "parameters": [nn.Parameter(torch.ones(2))],
    "size": torch.Size([2]),
}

REFUSED = {
    "a numpy scalar": (np.float64(1), r"numpy\.float64"),
    "a numpy array": (np.ones(2), r"numpy\.ndarray"),
    "a path": (Path("a"), r"pathlib\.\w+"),
    "a network": (nn.Linear(1, 1), r"torch\.nn\.modules\.linear\.Linear"),
    "a range": (range(3), "range"),
    "what pickle refuses": (threading.Lock(), r"_thread\.lock"),
    "a function": (lambda: 1, "function"),
}


def test_tensors_numbers_and_strings_are_read_back():
    check_plain(PLAIN)


@pytest.mark.parametrize(("value", "kind"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_read_back_is_named_with_its_callback(value, kind):
    state = {"Best{'mode': 'min'}": {"value": 1, "history": [{"best": value}]}}
    message = rf"state of the callback Best to hold .*, but got {kind} in history\[0\]\['best'\]\. Keep what"
    with pytest.raises(UsageError, match=message):
        check_plain(PLAIN | {"callbacks": PLAIN["callbacks"] | state})


@pytest.mark.parametrize(("value", "kind"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_read_back_is_found_in_every_part(value, kind):
    with pytest.raises(UsageError, match=rf"a checkpoint to hold .*, but got {kind} in other\[0\]"):
        check_plain(PLAIN | {"other": (value, 1)})


def test_a_key_and_a_whole_state_may_be_at_fault():
    with pytest.raises(UsageError, match=r"got numpy\.int64 in other"):
        check_plain({"other": {np.int64(1): 1}})
    with pytest.raises(UsageError, match=r"callback Best to hold .* but got range\. Keep"):
        check_plain({"callbacks": {"Best": range(3)}})


CHECKPOINT = {"lit_wgan": {"generator_updates": 3}, "state_dict": {"weight": torch.ones(1)}}
WRONG = {
    "state of the run": ({"lit_wgan": [1]}, "lit_wgan is of type list"),
    "no counter": ({"lit_wgan": {}}, r"lit_wgan\['generator_updates'\] is missing"),
    "a counter in words": ({"lit_wgan": {"generator_updates": "3"}}, r"\['generator_updates'\] is of type str"),
    "a counter that is true": ({"lit_wgan": {"generator_updates": True}}, r"\['generator_updates'\] is of type bool"),
    "a counter below zero": ({"lit_wgan": {"generator_updates": -1}}, r"\['generator_updates'\] is -1"),
    "a format in words": ({"lit_wgan": {"format": "new", "generator_updates": 3}}, r"\['format'\] is of type str"),
    "a schedule": ({"lit_wgan": {"schedules": [3], "generator_updates": 3}}, r"\['schedules'\]\[0\] is of type int"),
    "weights": ({"state_dict": None}, "state_dict is of type NoneType"),
    "a weight": ({"state_dict": {"weight": 1.0}}, r"state_dict\['weight'\] is of type float"),
    "a name of a weight": ({"state_dict": {1: torch.ones(1)}}, r"is of type int"),
    "optimizers": ({"optimizer_states": {}}, "optimizer_states is of type dict"),
    "an optimizer": ({"optimizer_states": ["a"]}, r"optimizer_states\[0\] is of type str"),
    "a group": ({"optimizer_states": [{"param_groups": [[]]}]}, r"\[0\]\['param_groups'\]\[0\] is of type list"),
    "callbacks": ({"callbacks": []}, "callbacks is of type list"),
    "the version of Lightning": ({"pytorch-lightning_version": 2}, "pytorch-lightning_version is of type int"),
}


@pytest.mark.parametrize(("parts", "message"), WRONG.values(), ids=WRONG)
def test_a_part_of_another_type_is_named(parts, message):
    with pytest.raises(UsageError, match=rf"a\.ckpt, where .*{message}\. Take an earlier"):
        check_contents(CHECKPOINT | parts, "--ckpt", "a.ckpt")


def test_no_weights_are_named():
    with pytest.raises(UsageError, match="state_dict is missing"):
        check_contents({"lit_wgan": {"generator_updates": 3}})


def test_files_of_earlier_versions_have_no_format():
    check_contents(CHECKPOINT)


def test_types_are_compared_with_those_of_an_example():
    example = {"steps": {"ready": 0, "last": False}, "names": [""], "any": {}}
    assert find_misfit({"steps": {"ready": 7, "more": []}, "any": {1: 2}}, example) is None
    assert find_misfit({"steps": {"ready": 7, "last": 1}}, example) == "steps['last'] is of type int"
    assert find_misfit({"names": ["a", 2]}, example) == "names[1] is of type int"
    assert find_misfit([], example) == "it is of type list"
