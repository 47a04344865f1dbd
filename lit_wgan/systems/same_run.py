"""All processes of a run are about to train the same system, in the same way, on the same data."""

from collections.abc import Mapping
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, Timer

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.engine.agreement import check_agreement
from lit_wgan.engine.digests import array_sha256
from lit_wgan.engine.minibatches import Condition
from lit_wgan.engine.settings import class_of, flat, settings, weight_shapes

FEW = 4
"""Samples that are compared, of the training and of the held-out data each."""
MAY_DIFFER = frozenset(
    {
        "data.cache_dir",  # a folder of the node
        "data.copy",  # as are copies in it
        "data.download",  # not all nodes may have to
        "data.num_workers",  # nodes have different numbers of cores
        "data.on_device",  # and GPUs of different sizes
    }
)
"""Options that change neither results nor when processes communicate, and that depend on the node."""
OF_TRAINER = (
    "check_val_every_n_epoch",
    "limit_train_batches",
    "limit_val_batches",
    "log_every_n_steps",
    "max_epochs",
    "max_steps",
    "num_sanity_val_steps",
    "overfit_batches",
    "precision",
    "reload_dataloaders_every_n_epochs",
    "val_check_interval",
)
OWN_CALLBACKS, SHOWN = "lit_wgan.callbacks.", "lit_wgan.callbacks.progress."
KEPT_IN_STEP = (ModelCheckpoint, EarlyStopping, Timer)
"""Callbacks of Lightning that communicate, or end training, when their settings say so."""
REMEDY = "Start the same command with the same configuration files everywhere."
DATA_REMEDY = "Give all nodes copies of the same files."


class SameRun(Callback):
    """Refuses a run whose processes differ in what decides its result, or when they communicate.

    They would silently train on a mixture of both, or wait for each other. Of classes of a user's own it compares what
    those of this package and of Lightning keep, from which they derive; of a user's own data, the minibatch.
    """

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Compare what is there before the networks are wrapped, where different ones would end the processes."""
        if stage == "fit":
            check_agreement("options", lambda: options_of(trainer, pl_module), REMEDY)

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Compare the optimizers, which are made by now, and samples."""
        check_agreement("optimizers", lambda: flat("", pl_module.configured._asdict()), REMEDY)
        data = getattr(trainer, "datamodule", None)
        if isinstance(data, AdversarialData):
            check_agreement("data", lambda: samples_of(data), DATA_REMEDY)

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Compare the minibatches of the loader, which is made by now."""
        size = getattr(trainer.train_dataloader, "batch_size", None)
        check_agreement("loaders", lambda: {"batch_size": size}, REMEDY)


def options_of(trainer: Trainer, system: Any) -> dict[str, Any]:
    """What a system, its trainer, callbacks that communicate and data were made with, by names as options have them."""
    found: dict[str, Any] = {"seed_everything": system.streams.seed, "model": class_of(system)}
    found |= flat("model", settings(system, of_users_too=True)) | flat("model.split", system.split)
    for name in ("generator", "critic"):
        network = getattr(system, name)
        found |= {f"model.{name}": class_of(network)} | flat(f"model.{name}", weight_shapes(network))
    found |= {f"trainer.{name}": getattr(trainer, name) for name in OF_TRAINER}
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # Lightning sets it
        name = class_of(callback)
        if (name.startswith(OWN_CALLBACKS) and not name.startswith(SHOWN)) or isinstance(callback, KEPT_IN_STEP):
            found |= {name: "there"} | flat(name.rpartition(".")[2], settings(callback))
    data = getattr(trainer, "datamodule", None)
    if data is not None:
        found |= {"data": class_of(data)} | flat("data", settings(data))
    return {name: value for name, value in found.items() if name not in MAY_DIFFER}


def samples_of(data: AdversarialData) -> Mapping[str, Any]:
    """How many samples there are to train on and held out, and digests of a few, the same at every call."""
    found: dict[str, Any] = {}
    for train, name in ((True, "training"), (False, "held-out")):
        count = data.num_samples(train)
        found[f"number of {name} samples"] = count
        if count is None:  # drawn, not read, and not to the same bits on all kinds of processors
            continue
        try:
            real, condition = data.real_samples(min(FEW, count), train)
        except NotImplementedError:  # by data of a user's own that no metric and no picture needs
            continue
        found[f"{name} samples"] = _in_words(real)
        found[f"conditions of {name} samples"] = None if condition is None else _in_words(condition)
    return found


def _in_words(values: Condition) -> str:
    """Type, shape and the beginning of a digest of each part."""
    parts = values if isinstance(values, tuple) else (values,)
    digests = [array_sha256(part.cpu().numpy())[:16] for part in parts]
    return ", ".join(f"{part.dtype} {tuple(part.shape)} {digest}" for part, digest in zip(parts, digests, strict=True))
