"""Data sets and DataModules of a user's own, by class path, through all commands."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from lit_wgan import cli
from lit_wgan.data import ImageData
from lit_wgan.data.sources import make_dataset

CONFIG = """
model:
  class_path: lit_wgan.WGANGP
  init_args:
    latent_dim: 4
    generator:
      class_path: lit_wgan.networks.DCGANGenerator
      init_args: {image_size: 8, channels: 1, latent_dim: 4, width: 2}
    critic: {class_path: lit_wgan.networks.DCGANCritic, init_args: {image_size: 8, channels: 1, width: 2}}
    n_critic: 1
trainer: {max_steps: 2, accelerator: cpu, enable_progress_bar: false, enable_model_summary: false}
"""
MINE = """
import torch
from lightning.pytorch import LightningDataModule
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset
from torchvision.datasets import FakeData

class Squares(Dataset):
    def __init__(self, level: int = 2, count: int = 40):
        self.level, self.count = level, count
    def __len__(self):
        return self.count
    def __getitem__(self, index):
        return torch.full((1, 8, 8), self.level, dtype=torch.uint8)

class Rows:  # as Hugging Face's, no subclass of torch's
    def __init__(self, count: int = 40):
        self.count = count
    def __len__(self):
        return self.count
    def __getitem__(self, key: int | slice | str):
        return {"image": Image.new("L", (8, 8), key), "label": key}

class Grey(FakeData):
    def __getitem__(self, index: int):
        image, label = super().__getitem__(index)
        return image.convert("L"), label

def twice(item):
    return 2 * item["label"]

class Scaled:
    def __init__(self, by: float):
        self.by = by
    def __call__(self, item):
        return self.by * item["label"]

def fails(item):
    return item["nothing"]

class Fails(Squares):
    def __getitem__(self, index):
        return {}["missing"]

class NeedsPath(Squares):
    def __init__(self, path: str):
        super().__init__()

class Endless(IterableDataset):
    def __init__(self, count: int = 40):
        self.count = count
    def __iter__(self):
        return iter(range(self.count))

class Plain(LightningDataModule):
    def __init__(self, batch_size: int = 8):
        super().__init__()
        self.batch_size = batch_size
    def train_dataloader(self):
        images = torch.rand(40, 1, 8, 8) * 2 - 1
        return DataLoader(TensorDataset(images, torch.arange(40)), batch_size=self.batch_size, shuffle=True)

class Validated(Plain):
    num_generated = 5
    def val_dataloader(self):
        return self.train_dataloader()

class PredictsData(Plain):
    def predict_dataloader(self):
        return self.train_dataloader()
"""


@pytest.fixture
def own(command, tmp_path, monkeypatch):
    """Runs a command on the images of a module in the working directory; returns its status and stderr."""
    (tmp_path / "base.yaml").write_text(CONFIG)
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.delitem(sys.modules, "mine", raising=False)

    def run(name, *arguments, config="base.yaml"):
        status, _, err = command(name, *([] if config is None else ["--config", config]), *arguments)
        return status, err

    return run


IMAGES = ["--data", "ImageData", "--data.batch_size", "8", "--data.cache_dir", "cache", "--data.dataset"]
CHECKPOINT = "runs/base/version_0/checkpoints/last.ckpt"
DATASETS = {
    "by its name": (["mine.Squares"], "mine.Squares", 2),
    "with options": (["mine.Squares", "--data.dataset.init_args.level", "3"], "mine.Squares", 3),
    "with options for short": (["mine.Squares", "--data.dataset.level", "3"], "mine.Squares", 3),
    "no torch Dataset": (["mine.Rows", "--data.dataset.count", "30"], "mine.Rows", None),
    "torchvision's": (["mine.Grey", "--data.dataset.size=40", "--data.dataset.image_size=[1,8,8]"], "mine.Grey", None),
}


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "class_path", "level"), DATASETS.values(), ids=DATASETS)
def test_a_dataset_by_class_path_trains_and_its_config_trains_again(arguments, class_path, level, own, tmp_path):
    status, err = own("fit", *IMAGES, *arguments)
    assert status == 0, err
    config = tmp_path / "runs" / "base" / "version_0" / "config.yaml"
    recorded = yaml.safe_load(config.read_text())["data"]["init_args"]["dataset"]
    assert recorded["class_path"] == class_path
    assert recorded["init_args"].get("level") == level
    decoded = {path.name for path in (tmp_path / "cache").iterdir()}
    status, err = own("fit", "--trainer.default_root_dir", "again", config=str(config))
    assert status == 0, err
    assert {path.name for path in (tmp_path / "cache").iterdir()} == decoded, "the images were other ones"


@pytest.mark.slow
def test_a_dataset_in_a_configuration_goes_through_all_commands(own, tmp_path):
    data = {"class_path": "ImageData", "init_args": {"batch_size": 8, "num_generated": 3}}
    data["init_args"]["dataset"] = {"class_path": "mine.Rows", "init_args": {"count": 40}}
    (tmp_path / "base.yaml").write_text(CONFIG + yaml.safe_dump({"data": data}))
    assert own("fit")[0] == 0
    for name in ("validate", "predict"):
        status, err = own(name, "--ckpt_path", CHECKPOINT)
        assert status == 0, err
    assert len(list((tmp_path / "runs" / "base" / "version_2" / "generated").iterdir())) == 3
    arguments = ["--ckpt", CHECKPOINT, "--extractor", "digits", "--num_samples", "64", "--cache_dir", "cache"]
    status, err = own("evaluate", *arguments, config=None)
    assert status == 0, err


@pytest.mark.slow
def test_a_run_on_a_dataset_of_the_working_directory_is_reproduced(own):
    assert own("fit", *IMAGES, "mine.Squares", "--data.dataset.level", "3")[0] == 0
    status, err = own("reproduce", "runs/base/version_0", config=None)
    assert status == 0, err


CONDITIONS = {
    "a key": ("mine.Rows", ["label"], 1),
    "a place": ("digits", ["1"], None),
    "a function": ("mine.Rows", ["mine.twice"], 2),
    "a class with options": ("mine.Rows", ["mine.Scaled", "--data.condition_of.by", "0.5"], 0.5),
    "in full": ("mine.Rows", ["{class_path: mine.Scaled, init_args: {by: 3}}"], 3.0),
    "of the image": ("digits", ["lit_wgan.data.Downscaled", "--data.condition_of.factor", "4"], None),
}


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "arguments", "factor"), CONDITIONS.values(), ids=CONDITIONS)
def test_conditions_are_named_on_the_command_line_and_its_config_finds_them_again(
    dataset, arguments, factor, own, tmp_path
):
    status, err = own("fit", *IMAGES, dataset, "--data.condition_of", *arguments)
    assert status == 0, err
    kept = {path.name: np.load(path) for path in (tmp_path / "cache").glob("*train*.conditions.npy")}
    (conditions,) = kept.values()
    assert conditions.shape[1:] == ((1, 2, 2) if "lit_wgan.data.Downscaled" in arguments else ())
    if factor is not None:
        assert set(conditions.tolist()) <= {factor * label for label in range(40)}
        assert conditions.dtype == (np.int64 if isinstance(factor, int) else np.float32)
    config = tmp_path / "runs" / "base" / "version_0" / "config.yaml"
    status, err = own("fit", "--trainer.default_root_dir", "again", config=str(config))
    assert status == 0, err
    assert {path.name for path in (tmp_path / "cache").glob("*train*.conditions.npy")} == set(kept)


REFUSED = {
    "module": ("nowhere.Squares", "got nowhere.Squares, and no module nowhere is found. Run lit-wgan in the module's"),
    "class": ("mine.Square", "got mine.Square, and module 'mine' has no attribute 'Square'. Check its spelling"),
    "option": ("mine.Squares --data.dataset.levle 3", "In data.dataset: Option 'levle' is not accepted.\n"),
    "missing option": ("mine.NeedsPath", "In data.dataset: the following arguments are required: path.\n"),
    "without length": ("mine.Endless", "a map-style torch Dataset, with __len__ and __getitem__, but got Endless"),
    "without length, with options": ("mine.Endless --data.dataset.count 3", "mine.Endless does not implement protocol"),
    "empty": ("mine.Squares --data.dataset.count 0", "Expected data.dataset to hold at least 2 images"),
    "word": ("minst", "Expected data.dataset to be one of digits, mnist"),
    "place": ("mine.Grey --data.condition_of 7", "of Grey, which is a tuple of 2. Count from 0"),
    "no place": ("mine.Squares --data.condition_of 1", "Let the data set's __getitem__ return (image, condition)"),
    "key": ("mine.Rows --data.condition_of lable", "a dict with the keys image, label. Give one of its keys"),
    "function": (
        "mine.Rows --data.condition_of mine.twise",
        "module 'mine' has no attribute 'twise'. Check its spelling",
    ),
    "option of a condition": ("mine.Rows --data.condition_of mine.Scaled", "missing a required argument: 'by'. Give"),
    "option misspelt": ("mine.Rows --data.condition_of mine.Scaled --data.condition_of.yb 1", "Option 'yb' is not"),
    "division": (
        "digits --data.condition_of lit_wgan.data.Downscaled --data.condition_of.factor 3",
        "divide the sides",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_dataset_is_told_in_a_line_or_two(arguments, message, own):
    status, err = own("fit", *IMAGES, *arguments.split())
    assert status == 2, err
    told = err.partition("lit-wgan: error: ")[2]
    assert message in told
    assert len(told.splitlines()) <= 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("workers", ["0", "1"])
def test_an_error_in_a_datasets_item_names_the_line_and_keeps_its_traceback(workers, own):
    status, err = own("fit", *IMAGES, "mine.Fails", "--data.num_workers", workers)
    assert status == 1
    line = 1 + [each.strip() for each in MINE.splitlines()].index('return {}["missing"]')
    told = err.partition("lit-wgan: error in ")[2]
    assert told.splitlines()[0].endswith(f"mine.py line {line}:")
    assert "(data)" in told.splitlines()[0]
    assert "KeyError: 'missing'" in told


@pytest.mark.slow
def test_an_error_in_a_function_of_an_item_keeps_its_traceback(own):
    status, err = own("fit", *IMAGES, "mine.Rows", "--data.condition_of", "mine.fails")
    assert status == 1
    assert "KeyError: 'nothing'" in err
    assert 'return item["nothing"]' in err


def test_a_class_path_in_python_makes_the_dataset(monkeypatch, tmp_path):
    (tmp_path / "theirs.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    assert len(ImageData("theirs.Squares", cache_dir=str(tmp_path))._open(train=True).images) == 36
    with pytest.raises(ValueError, match=r"missing a required argument: 'path'. Give its options as --data\.dataset"):
        make_dataset("theirs.NeedsPath")


def test_a_module_that_cannot_be_imported_keeps_its_own_error(monkeypatch, tmp_path):
    (tmp_path / "incomplete.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        make_dataset("incomplete.Squares")


@pytest.mark.parametrize("safe_path", [True, False])
def test_modules_in_the_working_directory_are_found_unless_python_is_told_not_to(safe_path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["first"])
    monkeypatch.setattr(sys, "flags", SimpleNamespace(safe_path=safe_path))
    cli._find_modules_here()
    assert sys.path == (["first"] if safe_path else ["first", str(tmp_path)])


@pytest.mark.slow
def test_a_plain_datamodule_goes_through_all_commands(own, tmp_path):
    data = ["--data", "mine.Validated"]
    assert own("fit", *data, "--data.batch_size", "4", "--trainer.val_check_interval", "2")[0] == 0
    metrics = (tmp_path / "runs" / "base" / "version_0" / "metrics.csv").read_text()
    assert "eval/wasserstein_estimate" in metrics
    for name in ("validate", "predict"):
        status, err = own(name, *data, "--ckpt_path", CHECKPOINT)
        assert status == 0, err
    generated = sorted((tmp_path / "runs" / "base" / "version_2" / "generated").iterdir())
    assert [path.name for path in generated] == [f"{number:06d}.png" for number in range(5)]
    arguments = ["--ckpt", CHECKPOINT, "--extractor", "digits", "--num_samples", "64", "--cache_dir", "cache"]
    status, err = own("evaluate", *arguments, config=None)
    assert status == 0, err


@pytest.mark.slow
def test_a_plain_datamodule_without_validation_trains_and_generates(own, tmp_path):
    assert own("fit", "--data", "mine.Plain")[0] == 0
    status, err = own("predict", "--data", "mine.Plain", "--ckpt_path", CHECKPOINT)
    assert status == 0, err
    assert len(list((tmp_path / "runs" / "base" / "version_1" / "generated").iterdir())) == 64
    status, err = own("validate", "--data", "mine.Plain", "--ckpt_path", CHECKPOINT)
    assert status == 2, err
    assert "val_dataloader" in err.splitlines()[-1]
    exact = ["--trainer.callbacks", "lit_wgan.ExactW1", "--trainer.val_check_interval", "1"]
    status, err = own("fit", "--data", "mine.Validated", *exact)
    assert status == 2, err
    assert err.splitlines()[-1].startswith("lit-wgan: error: Expected one of lit-wgan's DataModules for ExactW1")


@pytest.mark.slow
def test_a_loader_of_data_for_predict_is_refused(own):
    assert own("fit", "--data", "mine.Plain")[0] == 0
    status, err = own("predict", "--data", "mine.PredictsData", "--ckpt_path", CHECKPOINT)
    assert status == 2, err
    assert err.splitlines()[-1].startswith(
        "lit-wgan: error: Expected predict_dataloader to give the numbers of samples"
    )
