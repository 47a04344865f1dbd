"""Small networks for the tests of fidelity; run as a program, what 3, 2 and 1 processes measure.

python measure.py FOLDER, in three processes under the variables of torchrun
"""

import logging
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn
from torch_fidelity import register_feature_extractor
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

from lit_wgan import WGANGP, ClassLabels, FidelityCallback, GenerativeEvaluator, ImageData
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.accumulator import Accumulator
from lit_wgan.evaluation.collect import collect
from lit_wgan.evaluation.extractors import make_extractor
from lit_wgan.evaluation.images import StoredImages
from lit_wgan.networks import DCGANCritic, DCGANGenerator

N = 1003
SIZES = {"kid_subset_size": 100, "kid_subsets": 4}
ALL = ["fid", "isc", "kid", "prc"]


class SmallExtractor(FeatureExtractorBase):
    """Twelve features of 3-channel images of any size, and five logits."""

    def __init__(self, name, features_list, **kwargs):
        super().__init__(name, features_list)
        generator = torch.Generator().manual_seed(0)
        self.register_buffer("kernels", torch.randn(12, 3, 3, 3, generator=generator))
        self.register_buffer("classes", torch.randn(12, 5, generator=generator) / 4)

    def forward(self, images):
        x = nn.functional.conv2d(images.float() / 255, self.kernels).relu().mean((2, 3))
        features = {"12": x, "logits": x @ self.classes}
        return tuple(features[name] for name in self.features_list)

    @staticmethod
    def get_provided_features_list():
        return "12", "logits"

    @staticmethod
    def get_default_feature_layer_for_metric(metric):
        return {"fid": "12", "kid": "12", "prc": "12", "isc": "logits"}[metric]


if "small" not in FEATURE_EXTRACTORS_REGISTRY:
    register_feature_extractor("small", SmallExtractor)


class Generator(nn.Module):
    """Images (n, 3, 8, 8) from noise (n, 4), of which labels, if there are some, set the brightness."""

    def __init__(self, classes=0):
        super().__init__()
        torch.manual_seed(1)
        self.linear = nn.Linear(4, 192)
        self.brightness = nn.Embedding(max(classes, 1), 1)
        self.normalise = nn.BatchNorm1d(192)
        self.drop = nn.Dropout(0.5)

    def forward(self, z, labels=None):
        x = self.drop(self.normalise(self.linear(z)))
        if labels is not None:
            x = x + self.brightness(labels)
        return x.tanh().view(-1, 3, 8, 8)


class Noisy(Generator):
    """Draws numbers of its own."""

    def forward(self, z):
        x = super().forward(z)
        return (x + torch.randn_like(x) / 4).clamp(-1, 1)


class FailsLate(Generator):
    """Raises on the last block, which belongs to one process alone."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, z):
        if len(z) < 64:
            raise self.error("no luck")
        return super().forward(z)


def real_images(count=777):
    return np.random.RandomState(3).randint(0, 200, (count, 3, 8, 8), dtype=np.uint8)


def evaluator(folder, metrics=ALL, reference=None, **options):
    reference = real_images() if reference is None else reference
    defaults = {"num_samples": N, "extractor": "small", "cache_dir": folder, **SIZES}
    return GenerativeEvaluator(reference, metrics, **(defaults | options))


def of_classes(folder, **options):
    return evaluator(folder, ["acc", "intra_fid"], reference_classes=np.arange(777) % 5, **options)


def seventh(rows):
    return torch.arange(rows.start, rows.stop) % 7


def error_of(function):
    try:
        function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


class SkipsABlock(StoredImages):
    def blocks(self, batch_size, rank, world):
        return list(super().blocks(batch_size, rank, world))[: None if rank else -1]


def skipping_a_block():
    extractor, images = make_extractor("small", ["fid"]), real_images()
    collect(SkipsABlock(images), extractor, Accumulator(len(images), 64, moments="12"), torch.device("cpu"))


def measure(folder):
    """The metrics of every case, and the messages of every failure."""
    cases = {
        "all": lambda: evaluator(folder).evaluate(Generator(), 4),
        "all, compat": lambda: evaluator(folder, compat="torch-fidelity").evaluate(Generator(), 4),
        "streamed": lambda: evaluator(folder, ["fid", "isc"]).evaluate(Generator(), 4),
        "streamed, from the cache": lambda: evaluator(folder, ["fid", "isc"]).evaluate(Generator(), 4),
        "other blocks": lambda: evaluator(folder, batch_size=50).evaluate(Generator(), 4),
        "more devices than blocks": lambda: evaluator(folder, batch_size=2000).evaluate(Generator(), 4),
        "conditional": lambda: evaluator(folder).evaluate(Generator(7), 4, num_classes=7),
        "of classes": lambda: of_classes(folder).evaluate(Generator(5), 4, 5),
        "of classes, from the cache": lambda: of_classes(folder).evaluate(Generator(5), 4, 5),
        "of classes, compat": lambda: of_classes(folder, compat="torch-fidelity").evaluate(Generator(5), 4, 5),
        "of classes, other blocks": lambda: of_classes(folder, batch_size=50).evaluate(Generator(5), 4, 5),
        "conditions of one's own": lambda: evaluator(folder).evaluate(
            Generator(7), 4, conditions=seventh, latent_law="uniform"
        ),
        "noise of its own": lambda: evaluator(folder).evaluate(Noisy(), 4),
        "images": lambda: evaluator(folder).evaluate_images(real_images(500)),
        "a module": lambda: evaluator(folder, extractor=SmallExtractor("mine", ["12", "logits"])).evaluate(
            Generator(), 4
        ),
    }
    results = {name: dict(case()) for name, case in cases.items()}
    failures = {
        "error of use on one device": lambda: evaluator(folder).evaluate(FailsLate(UsageError), 4),
        "defect on one device": lambda: evaluator(folder).evaluate(FailsLate(ValueError), 4),
        "no weights": lambda: evaluator(folder, extractor="inception-v3-compat"),
        "an extractor of other classes": lambda: of_classes(folder).evaluate(Generator(9), 4, 9),
        "a block left out": skipping_a_block,
        "a reference on one device alone": lambda: evaluator(folder, ["fid"], f"{folder}/only_{rank()}.npz"),
    }
    if rank() == 0:
        np.savez(f"{folder}/only_0.npz", mu=np.zeros(12), sigma=np.eye(12))
    return results, {name: error_of(case) for name, case in failures.items()}


def rank():
    return dist.get_rank() if dist.is_initialized() else 0


def unconditional():
    """Has a batch norm, which differs by device."""
    generator = DCGANGenerator(8, 1, 4, width=8, norm="batch")
    return WGANGP(generator, DCGANCritic(8, 1, width=8), latent_dim=4, n_critic=1, ema_decay=0.9)


def conditional():
    """Has no batch norm, so that its weights are the same on any number of devices."""
    networks = (
        DCGANGenerator(8, 1, 4, width=8, norm="layer", num_classes=10),
        DCGANCritic(8, 1, width=8, num_classes=10),
    )
    return WGANGP(*networks, latent_dim=4, n_critic=1, condition=ClassLabels(10), latent_law="uniform")


def train(folder, devices, callbacks, make=unconditional):
    """Train for four updates, and return the weights."""
    seed_everything(0, verbose=False)
    system = make()
    trainer = Trainer(
        accelerator="cpu",
        devices=devices,
        strategy="ddp" if devices > 1 else "auto",
        max_epochs=-1,
        max_steps=4,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=any(isinstance(callback, ModelCheckpoint) for callback in callbacks),
        limit_val_batches=0,
        use_distributed_sampler=False,
        callbacks=callbacks,
        default_root_dir=folder,
    )
    trainer.fit(system, datamodule=ImageData("digits", batch_size=12, cache_dir=f"{folder}/cache"))
    return {name: value.clone() for name, value in system.state_dict().items()}, trainer


def training(folder, devices):
    """What FidelityCallback changes, logs and lets a ModelCheckpoint pick."""
    # Saving averages the running statistics, so both runs save.
    without, _ = train(
        folder, devices, [ModelCheckpoint(f"{folder}/all_{devices}", every_n_train_steps=2, save_top_k=-1)]
    )
    measured = FidelityCallback(["fid"], 100, every_n_updates=2, extractor="small", cache_dir=folder)
    best = ModelCheckpoint(
        f"{folder}/best_{devices}", monitor="fidelity/fid_small", every_n_train_steps=2, save_top_k=-1
    )
    weights, trainer = train(folder, devices, [measured, best])
    by_class = FidelityCallback(["acc", "intra_fid"], 600, every_n_updates=2, extractor="digits", cache_dir=folder)
    _, conditional_trainer = train(folder, devices, [by_class], conditional)
    return {
        "of classes": logged(conditional_trainer),
        "untouched": all(torch.equal(without[name], weights[name]) for name in without),
        "logged": logged(trainer),
        "best": best.best_model_path,
        "score": best.best_model_score.item(),
    }


def logged(trainer):
    return {name: value.item() for name, value in trainer.callback_metrics.items() if "fidelity" in name}


def main():
    output = Path(sys.argv[1])
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    os.environ["LIT_WGAN_INCEPTION_WEIGHTS"] = "no_such.pth"
    own_rank = int(os.environ["RANK"])
    # One start for all: importing torch and Lightning takes longer than what is measured.
    for devices in (3, 2, 1):
        if own_rank < devices:
            os.environ |= {"WORLD_SIZE": str(devices), "LOCAL_WORLD_SIZE": str(devices)}
            on_devices(devices, output)


def on_devices(devices, output):
    folder = output / f"files_{devices}"
    folder.mkdir(exist_ok=True)
    if devices > 1:
        store = f"file://{output}/store_{devices}"
        dist.init_process_group("gloo", store, rank=int(os.environ["RANK"]), world_size=devices)
    metrics, failures = measure(str(folder))
    found = {"metrics": metrics, "failures": failures, "training": training(str(folder), devices)}
    torch.save(found, output / f"on_{devices}.{rank()}")
    if devices > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
