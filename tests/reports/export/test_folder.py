"""A folder that runs elsewhere: the command, its card, and what is refused."""

import json
import re
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy
import pytest
import torch
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard import metadata_load
from safetensors.torch import load_file

from lit_wgan import WGANGP, ClassLabels, Values, load_generator
from lit_wgan.commands.export import FORMATS as OFFERED
from lit_wgan.data.transforms import make_transform
from lit_wgan.networks import MLPGenerator
from lit_wgan.reports.export.formats import FORMATS
from lit_wgan.reports.export.graph import Input
from lit_wgan.reports.export.public_config import public_name
from lit_wgan.reports.export.snippets import snippet, with_lit_wgan
from lit_wgan.reports.export.verification import difference
from lit_wgan.trained import TrainedGenerator, find_trained
from lit_wgan.trained.exported import description, to_plain, to_tensors


def test_a_folder_without_onnx_holds_what_its_card_says(digits, command, tmp_path):
    """Weights are the average's; the card has metadata, metrics up to the checkpoint, digests, and no path or name."""
    status, out, _ = command("export", "digits", "--format", "torch-export,safetensors", "--license", "Apache-2.0")
    assert status == 0
    assert "torch-export: its samples are those of the generator up to" in out
    folder = tmp_path / "exported"
    files = {"generator.pt2", "generator.safetensors", "config.json", "config.yaml", "samples.png", "README.md"}
    assert {each.name for each in folder.iterdir()} == files
    z = torch.randn(5, 64)
    original = load_generator("digits")
    alone = torch.export.load(folder / "generator.pt2").module()
    torch.testing.assert_close(alone(z), original(z))
    again = load_generator(folder)
    assert torch.equal(again.sample(9), original.sample(9))
    assert again.updates == 1000
    weights = load_file(folder / "generator.safetensors")
    assert weights.keys() == digits.ema_generator.state_dict().keys()

    card = ModelCard.load(folder / "README.md")
    assert card.data.license == "apache-2.0"
    assert card.data.library_name == "lit-wgan"
    assert card.data.datasets == ["digits"]
    assert card.data.pipeline_tag == "unconditional-image-generation"
    assert metadata_load(folder / "README.md")["tags"] == ["gan", "wgangp", "pytorch", "safetensors"]
    assert "W1 3.125; a perfect generator would reach about 2.75" in card.text  # not that of a later update
    assert "num_samples: 500" in card.text
    digests = dict(re.findall(r"`([\w.]+)` \| [^|]* \| `([0-9a-f]{64})`", card.text))
    assert digests.keys() == files - {"README.md"}
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config["data"]["init_args"]["root"] == "digits"
    assert "wandb" not in config
    for path in folder.iterdir():
        assert not any(secret in path.read_bytes() for secret in (b"grace", str(tmp_path).encode(), b"/lit_wgan/"))


def test_the_generator_itself_is_exported_if_asked_for(digits, command, tmp_path):
    assert command("export", "digits", "--live", "--format", "safetensors")[0] == 0
    assert torch.equal(load_generator(tmp_path / "exported").sample(3), load_generator("digits", live=True).sample(3))
    card = (tmp_path / "exported" / "README.md").read_text()
    assert "measured on the moving average of the weights, which is not what was exported" in card
    assert "No licence was chosen" in card


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["digits", "--format", "tflite"], "Expected --format to be all or one of torch-export, onnx, .* got 'tflite'"),
        (["nothing"], "Expected a run, but got nothing, which is not there"),
        (["digits", "-o", "full"], "Expected --output to be a new folder, or an empty one, but got full"),
        (["digits", "--license", "my own"], "Expected --license to be an identifier such as apache-2.0"),
        ([], "RUN_OR_CKPT|run"),
    ],
)
def test_a_mistake_is_told_in_a_line(digits, command, tmp_path, options, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    status, _, err = command("export", *options)
    assert status == 2
    assert re.search(message, err)
    assert "Traceback" not in err


def test_a_run_without_a_checkpoint_is_told(digits, command, tmp_path):
    (tmp_path / "runs" / "digits" / "version_0" / "checkpoints" / "last.ckpt").unlink()
    status, _, err = command("export", "digits")
    assert status == 2
    assert "Expected a run with a checkpoint" in err


def test_a_package_that_is_missing_is_told_with_its_extra(digits, command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    status, _, err = command("export", "digits", "--format", "onnx")
    assert status == 2
    assert "the package onnx, which --format onnx needs, but it is not installed." in err
    assert 'Install it with pip install "lit-wgan[export]"' in err
    assert not (tmp_path / "exported").exists()


def test_an_export_that_differs_is_not_left_behind(digits, command, tmp_path, monkeypatch):
    exact = FORMATS["torch-export"]

    def load(path, graph):
        return lambda *inputs: exact.load(path, graph)(*inputs) * 1.001

    monkeypatch.setitem(FORMATS, "torch-export", replace(exact, load=load))
    status, _, err = command("export", "digits", "--format", "torch-export")
    assert status == 2
    assert "make the generator's samples up to 0.0001 of their size, but got a difference of 0.001" in err
    assert [each.name for each in tmp_path.iterdir()] == ["runs"]


def test_the_lines_for_a_conditional_generator_run():
    """Conditions and noise of its own are inputs of all kinds: numbers, classes, vectors."""
    inputs = [
        Input("z", (3,), torch.float32, "uniform on [-1, 1)"),
        Input("condition_1", (), torch.int64, "class numbers from 0"),
        Input("condition_2", (2,), torch.float32, "in the data's own units"),
        Input("noise", (5,), torch.float32, "uniform on [0, 1)"),
    ]
    shapes = [(16, *each.shape) for each in inputs]

    def given(*arrays):
        assert [tuple(each.shape) for each in arrays] == shapes[: len(arrays)]
        assert all(str(each.dtype).endswith(str(like.dtype)[6:]) for each, like in zip(arrays, inputs, strict=False))
        assert arrays[0].min() >= -1

    given.latent = lambda count: torch.rand(count, 3)
    _, _, line = snippet("torch-export", inputs).splitlines()
    exec(line, {"torch": torch, "generator": given})
    _, _, line = snippet("onnx", inputs).splitlines()
    session = SimpleNamespace(run=lambda _, named: [given(*(named[each.name] for each in inputs))])
    exec(line, {"numpy": numpy, "generator": session})
    _, _, line = with_lit_wgan(inputs).splitlines()
    exec(line, {"torch": torch, "generator": given})
    assert with_lit_wgan(inputs[:1]).endswith("generator.sample(16)")


def test_the_command_offers_the_formats_there_are():
    assert tuple(FORMATS) == OFFERED


def test_rows_are_compared_column_by_column():
    """A column of small numbers beside one of large ones would never differ otherwise."""
    rows = torch.tensor([[1e6, 1e-3], [2e6, 2e-3]])
    assert difference(rows, rows).relative == 0
    assert difference(rows, rows + torch.tensor([0, 1e-3])).relative == pytest.approx(0.5, rel=1e-3)
    assert difference(rows[None], rows[None] + torch.tensor([0, 1e-3])).relative < 1e-8


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/home/ada/photos", "photos"),
        ("scans.h5:/volumes", "scans.h5:/volumes"),
        ("/home/ada/scans.h5:/a/b", "scans.h5:/a/b"),
        ("s3://bucket/of/ada/rows.csv?key=1", "rows.csv"),
        (r"C:\Users\ada\rows.csv", "rows.csv"),
        ("~/rows.csv", "rows.csv"),
        ("../ada/rows.csv", "rows.csv"),
        ("lit_wgan.WGANGP", "lit_wgan.WGANGP"),
    ],
)
def test_of_paths_and_addresses_the_last_part_is_left(text, name):
    assert public_name(text) == name


def test_a_description_holds_no_condition_of_a_training_sample():
    """What samples depend on is enough to tell the network conditions in its units; the training set's stay home."""
    years = Values(1, "standardise")
    years.learn_(torch.tensor([[1990.0], [2010.0]]))
    network = MLPGenerator(3, 2, width=4, condition_dim=1)
    system = WGANGP(network, torch.nn.Flatten(), latent_dim=3, condition=years)
    system.transform = make_transform("quantile")
    system.transform.fit(lambda: [torch.randn(50, 2).double()], 50)
    told = json.loads(json.dumps(description(TrainedGenerator(system))))
    assert "1990" not in json.dumps(told["condition"])
    other = Values(1, "standardise")
    other.restore_exported_(to_tensors(told["condition"]))
    asked = torch.tensor([[1990.0], [2000.0]])
    assert torch.equal(other.tell(asked), years.tell(asked))
    assert torch.equal(
        to_tensors(to_plain(system.transform.state()))["numbers"]["knots"], system.transform.numbers["knots"]
    )
    classes = ClassLabels(3)
    classes.learn_(torch.tensor([0, 0, 2]))
    again = ClassLabels(3)
    again.restore_exported_(to_tensors(json.loads(json.dumps(to_plain(classes.exported())))))
    assert torch.equal(again.counts, classes.counts)


def test_an_export_that_is_damaged_is_told(digits, command, tmp_path):
    assert command("export", "digits", "--format", "safetensors")[0] == 0
    (tmp_path / "exported" / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="Expected .*exported to be an exported generator, but got files"):
        load_generator(tmp_path / "exported")
    assert find_trained("digits").run.name == "digits/version_0"
