"""Weights of extractors that torch-fidelity makes are data: no file that a user names runs code."""

import os
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn
from torch_fidelity import register_feature_extractor
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

from lit_wgan.evaluation.extractors import make_extractor


class Harm:
    def __reduce__(self):
        return Path.touch, (Path("harmed"),)


@pytest.fixture
def harmful(tmp_path, monkeypatch):
    """A file of weights that would leave a trace."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    Path("evil.pt").write_bytes(pickle.dumps(Harm(), protocol=2))
    return "evil.pt"


@pytest.mark.parametrize("name", ["vgg16", "digits", "inception-v3-compat"])
def test_a_file_of_weights_runs_no_code(name, harmful):
    with pytest.raises(ValueError, match=rf"Expected evil\.pt to hold the weights of {name}, but got a file"):
        make_extractor(name, ["fid"], harmful)
    assert not Path("harmed").exists()
    assert os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] == "1"
    assert "TORCH_FORCE_WEIGHTS_ONLY_LOAD" not in os.environ


def test_weights_of_clip_which_are_a_program_have_to_be_the_published_ones(harmful):
    with pytest.raises(ValueError, match="weights of clip-rn50 to be OpenAI's file with SHA-256 afeb0e10f9"):
        make_extractor("clip-rn50", ["fid"], harmful)


def test_an_extractor_that_takes_no_weights_says_so(harmful):
    with pytest.raises(ValueError, match=r"Expected no weights for dinov2-vit-s-14, .* Leave them out"):
        make_extractor("dinov2-vit-s-14", ["fid"], harmful)


def test_weights_that_are_missing_are_named():
    with pytest.raises(FileNotFoundError, match=r"Expected weights to name a file, but got none\.pt"):
        make_extractor("vgg16", ["fid"], "none.pt")


class Own(FeatureExtractorBase):
    """A user's extractor, which reads its file as it likes."""

    def __init__(self, name, features_list, feature_extractor_weights_path=None, **_):
        super().__init__(name, features_list)
        self.offset = torch.load(feature_extractor_weights_path, weights_only=False)["module"].weight

    @staticmethod
    def get_provided_features_list():
        return ("all",)

    @staticmethod
    def get_default_feature_layer_for_metric(metric):
        return "all"


def test_a_users_own_extractor_reads_its_file_as_it_likes(tmp_path):
    register_feature_extractor("own", Own)
    torch.save({"module": nn.Linear(2, 2)}, tmp_path / "own.pt")
    try:
        assert make_extractor("own", ["fid"], str(tmp_path / "own.pt")).network.offset.shape == (2, 2)
    finally:
        FEATURE_EXTRACTORS_REGISTRY.pop("own", None)
