import hashlib
import json

import numpy as np
import pytest
import torch
from torch import nn

from lit_wgan.engine.digests import (
    array_sha256,
    describe,
    file_sha256,
    json_sha256,
    module_sha256,
    text_sha256,
    weights_sha256,
)

WEIGHTS = {"a": torch.tensor([[1.0, 2.0]]), "b": torch.tensor(3)}


def test_digest_of_weights_is_that_of_their_names_types_shapes_and_bytes():
    text = b"a torch.float32 (1, 2)\n\0\0\x80\x3f\0\0\0\x40" + b"b torch.int64 ()\n\3\0\0\0\0\0\0\0"
    assert weights_sha256(WEIGHTS) == hashlib.sha256(text).hexdigest()


def test_digest_of_weights_does_not_depend_on_their_order_or_layout():
    turned = {"b": WEIGHTS["b"], "a": torch.tensor([[1.0], [2.0]]).T}
    assert weights_sha256(turned) == weights_sha256(WEIGHTS)


@pytest.mark.parametrize(
    "change",
    [
        {"a": torch.tensor([[1.0, 2.0 + 2**-22]])},
        {"a": torch.tensor([1.0, 2.0])},
        {"a": torch.tensor([[1.0, 2.0]]).view(torch.int32)},
        {"c": torch.tensor(3)},
    ],
    ids=["last bit", "shape", "type", "name"],
)
def test_digest_of_weights_shows_any_change(change):
    assert weights_sha256(WEIGHTS | change) != weights_sha256(WEIGHTS)


def test_digest_of_weights_takes_every_type():
    for dtype in (torch.bfloat16, torch.float64, torch.bool, torch.uint8):
        assert len(weights_sha256({"x": torch.ones(2, 3, dtype=dtype)})) == 64
    assert weights_sha256(nn.BatchNorm1d(2).state_dict())


def test_digest_of_a_file_is_that_of_its_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert file_sha256(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()


def test_digest_of_an_array_is_that_of_its_bytes_in_order():
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert array_sha256(array) == hashlib.sha256(bytes(range(6))).hexdigest()
    assert array_sha256(np.asfortranarray(array)) == array_sha256(array)


def test_digest_of_a_module_is_that_of_its_class_and_weights():
    linear = nn.Linear(2, 1, bias=False)
    nn.init.ones_(linear.weight)
    text = b"torch.nn.modules.linear.Linear" + b"weight" + b"\0\0\x80\x3f" * 2
    assert module_sha256(linear) == hashlib.sha256(text).hexdigest()


def test_caches_of_earlier_versions_are_found_again():
    values = {1, "two"}, b"bytes", len, {"a": [0.5, None]}
    assert text_sha256(describe(values))[:16] == "eb527adc78527210"
    assert json_sha256([1, "scikit-learn"])[:16] == "fc00ef7a21b8958c"


def test_description_of_what_cannot_be_pickled_is_its_class():
    class Holder:
        def __reduce_ex__(self, protocol):
            raise RuntimeError("not this one")

    name = f"{__name__}.{Holder.__qualname__}"
    (kind,) = json.loads(describe(Holder()))
    assert f"{kind[0]}.{kind[1]}" == name
    assert "not this one" in kind[2]  # its source text


def test_description_of_a_circle_ends():
    circle = []
    circle.append(circle)

    class Node:
        pass

    node = Node()
    node.itself = node
    assert "object 0" in describe(node)
