"""Run by the tests: counts the elements that training sends, between the starts of two generator updates.

python wire.py OUTPUT STRATEGY, under the variables of torchrun
"""

import json
import os
import sys
import warnings
from pathlib import Path

import torch
import torch.distributed as dist
from lightning.pytorch import Callback, Trainer

from lit_wgan import WGANGP, ToyData
from lit_wgan.networks import MLPCritic, MLPGenerator

UPDATES, N_CRITIC = 4, 3


class Wire(Callback):
    """Counts what is reduced: by calls of ``all_reduce``, and by DDP itself in buckets of gradients."""

    def __init__(self):
        self.calls, self.buckets, self.updates = 0, 0, []
        self.all_reduce = dist.all_reduce
        dist.all_reduce = self.count

    def count(self, tensor, *args, **kwargs):
        self.calls += tensor.numel()
        return self.all_reduce(tensor, *args, **kwargs)

    def on_train_start(self, trainer, system):
        trainer.model.register_comm_hook(None, self.count_bucket)

    def count_bucket(self, _, bucket):
        self.buckets += bucket.buffer().numel()
        future = torch.futures.Future()
        future.set_result(bucket.buffer())
        return future

    def on_train_batch_start(self, *_):
        self.calls = self.buckets = 0

    def on_train_batch_end(self, *_):
        self.updates.append([self.calls, self.buckets])


def size(network):
    return sum(parameter.numel() for parameter in network.parameters())


def main():
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    wire = Wire()
    trainer = Trainer(
        accelerator="cpu",
        devices=int(os.environ["WORLD_SIZE"]),
        strategy=sys.argv[2],
        max_epochs=-1,
        max_steps=UPDATES,
        log_every_n_steps=1000,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        callbacks=[wire],
    )
    system = WGANGP(MLPGenerator(2, 2, 16, 2), MLPCritic(2, 32, 2), latent_dim=2, n_critic=N_CRITIC)
    trainer.fit(system, datamodule=ToyData("swiss_roll", 12))
    if trainer.is_global_zero:
        counted = {"critic": size(system.critic), "generator": size(system.generator), "updates": wire.updates}
        Path(sys.argv[1]).write_text(json.dumps(counted))


if __name__ == "__main__":
    main()
