"""Run by the tests in two processes: in every case the second one is given something else than the first.

python disagree.py, under the variables of torchrun. Writes told.<rank>.json: what each case was told, or None if it
trained.
"""

import contextlib
import io
import json
import logging
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

from lit_wgan import WGANGP, ArrayData, ToyData
from lit_wgan.callbacks import ExactW1
from lit_wgan.cli import main
from lit_wgan.errors import UsageError
from lit_wgan.networks import MLPCritic, MLPGenerator

RANK = int(os.environ["RANK"])
TOY = Path(__file__).with_name("toy.yaml")


def adam(rate):
    return lambda parameters: torch.optim.Adam(parameters, lr=rate)


def system(width=4, **options):
    return WGANGP(MLPGenerator(2, 2, width, 1), MLPCritic(2, width, 1), latent_dim=2, **options)


def trainer(**options):
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "max_epochs": -1}
    quiet |= {"enable_model_summary": False, "limit_val_batches": 0, "use_distributed_sampler": False, "max_steps": 1}
    return Trainer(accelerator="cpu", devices=2, **quiet | options)


def array(changed, count=20, **options):
    samples = np.arange(40, dtype=np.float32).reshape(20, 2)[:count] + changed
    folder = Path(f"data_of_{RANK}")
    folder.mkdir(exist_ok=True)
    np.save(folder / "samples.npy", samples)
    return ArrayData(str(folder / "samples.npy"), batch_size=4, cache_dir=str(folder / "cache"), **options)


TOY_DATA = {"distribution": "swiss_roll", "batch_size": 4, "num_held_out": 4}
OTHER = RANK == 1
OWN = {
    "gp_weight": lambda: (system(gp_weight=1.0 + OTHER), trainer(), ToyData(**TOY_DATA)),
    "n_critic": lambda: (system(n_critic=5 - OTHER), trainer(), ToyData(**TOY_DATA)),
    "width": lambda: (system(width=4 + OTHER), trainer(), ToyData(**TOY_DATA)),
    "learning rate": lambda: (system(critic_optimizer=adam(1e-4 * (1 + OTHER))), trainer(), ToyData(**TOY_DATA)),
    "max_steps": lambda: (system(), trainer(max_steps=1 + OTHER), ToyData(**TOY_DATA)),
    "precision": lambda: (system(), trainer(precision="bf16-mixed" if OTHER else 32), ToyData(**TOY_DATA)),
    "checkpoint": lambda: (
        system(),
        trainer(enable_checkpointing=True, callbacks=[ModelCheckpoint(every_n_train_steps=1 + OTHER)]),
        ToyData(**TOY_DATA),
    ),
    "metric": lambda: (system(), trainer(callbacks=[ExactW1(num_samples=4 - OTHER)]), ToyData(**TOY_DATA)),
    "batch_size": lambda: (system(), trainer(), ToyData(**TOY_DATA | {"batch_size": 4 + 2 * OTHER})),
    "number of samples": lambda: (system(), trainer(), array(0, 20 - OTHER)),
    "pixels": lambda: (system(), trainer(), array(0.5 * OTHER)),
    "loader": lambda: (system(), trainer(), DataLoader(torch.zeros(8, 2), batch_size=1 + OTHER)),
    "own data elsewhere": lambda: (system(), trainer(), array(0, num_workers=0)),
}
COMMAND = {
    "several options": ["--trainer.max_steps", "2", "--seed_everything", "3", "--model.gp_weight", "1.0"],
    "what may differ": ["--trainer.enable_model_summary", "true", "--trainer.default_root_dir", "elsewhere"],
    "checkpoint to continue from": ["--ckpt_path", "last"],  # of the run before
}


def told_to_own(make):
    seed_everything(0, verbose=False)
    model, run, data = make()
    try:
        run.fit(model, data) if isinstance(data, DataLoader) else run.fit(model, datamodule=data)
    except UsageError as error:
        return str(error)
    return None


def told_by_command(options):
    sys.argv = ["lit-wgan", "fit", "--config", str(TOY), "--trainer.max_steps", "1", "--trainer.callbacks", "null"]
    sys.argv += options if OTHER else []
    with contextlib.redirect_stderr(io.StringIO()) as written:
        status = main()
    return None if status == 0 else f"{status} {written.getvalue().splitlines()[-1]}"


if __name__ == "__main__":
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    told = {name: told_to_own(make) for name, make in OWN.items()}
    told |= {name: told_by_command(options) for name, options in COMMAND.items()}
    Path(f"told.{RANK}.json").write_text(json.dumps(told, indent=1))
