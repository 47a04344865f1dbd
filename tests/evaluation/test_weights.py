import pickle
from pathlib import Path

import pytest
import torch
from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

from lit_wgan.evaluation.inception import load_inception
from lit_wgan.evaluation.weights import (
    ENVIRONMENT_VARIABLE,
    PYTORCH_FID_FILE,
    TORCH_FIDELITY_FILE,
    inception_weights,
)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """An empty folder of torch hub, without a network."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)

    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    return tmp_path / "hub" / "checkpoints"


def test_places_are_searched_in_order(hub, monkeypatch, tmp_path):
    given, named, fidelity, fid = (
        tmp_path / "given.pth",
        tmp_path / "named.pth",
        hub / TORCH_FIDELITY_FILE,
        hub / PYTORCH_FID_FILE,
    )
    for file in (given, named, fidelity, fid):
        file.touch()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(named))
    assert inception_weights(given) == given
    assert inception_weights() == named
    monkeypatch.delenv(ENVIRONMENT_VARIABLE)
    assert inception_weights() == fidelity
    fidelity.unlink()
    assert inception_weights() == fid


def test_without_a_file_it_is_downloaded_once_with_its_hash_checked(hub, monkeypatch):
    calls = []

    def download(url, path, hash_prefix, progress):
        calls.append((url, hash_prefix))
        Path(path).touch()

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    assert inception_weights() == inception_weights() == hub / TORCH_FIDELITY_FILE
    assert calls == [(URL_INCEPTION_V3, "6726825d")]


def test_without_file_and_network_the_error_says_what_to_put_where(hub):
    with pytest.raises(FileNotFoundError, match="no network") as caught:
        inception_weights()
    assert f"Put {TORCH_FIDELITY_FILE} into {hub}" in str(caught.value)
    assert ENVIRONMENT_VARIABLE in str(caught.value)


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_named_file_that_is_missing_is_an_error_and_not_searched_elsewhere(by, hub, monkeypatch):
    (hub / TORCH_FIDELITY_FILE).touch()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "none.pth" if by == "environment" else "")
    option = ENVIRONMENT_VARIABLE if by == "environment" else "weights"
    with pytest.raises(FileNotFoundError, match=f"Expected {option} to name a file, but got none.pth"):
        inception_weights("none.pth" if by == "argument" else None)


@pytest.mark.slow
def test_both_forms_of_the_true_file_load(inception_file, tmp_path):
    state = torch.load(inception_file)
    assert len(state) == 472
    network = load_inception(["2048"], inception_file)
    torch.save(network.state_dict(), tmp_path / "with_counters.pth")
    assert len(torch.load(tmp_path / "with_counters.pth")) == 566
    again = load_inception(["2048"], tmp_path / "with_counters.pth")
    images = torch.randint(0, 256, (1, 3, 16, 16)).byte()
    assert torch.equal(network(images)[0], again(images)[0])


class Harm:
    def __reduce__(self):
        return Path.touch, (Path("harmed"),)


@pytest.mark.parametrize("kind", ["truncated", "empty", "text", "other network", "other shapes", "no weights", "code"])
def test_other_files_are_refused_and_named(kind, inception_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "weights.pth"
    if kind == "truncated":
        file.write_bytes(inception_file.read_bytes()[:1_000_000])
    elif kind == "empty":
        file.touch()
    elif kind == "text":
        file.write_text("not found\n" * 100)
    elif kind == "other network":
        torch.save(torch.nn.Linear(2, 2).state_dict(), file)
    elif kind == "other shapes":
        state = torch.load(inception_file)
        torch.save(state | {"fc.weight": torch.zeros(1000, 2048)}, file)
    elif kind == "no weights":
        torch.save(torch.zeros(3), file)
    else:
        file.write_bytes(pickle.dumps(Harm(), protocol=2))
    with pytest.raises(ValueError, match="weights.pth to hold the weights of inception-v3-compat, but got a file"):
        load_inception(["2048"], file)
    assert not (tmp_path / "harmed").exists()
