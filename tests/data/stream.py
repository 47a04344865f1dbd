"""Run by the tests in as many processes as they like: trains on a stream, at once and in two parts.

python stream.py URL ENDPOINT OUTPUT, under the variables of torchrun
"""

import os
import sys
import warnings

import torch
from lightning.pytorch import Trainer, seed_everything

from lit_wgan import WGAN, StreamingData
from lit_wgan.networks import MLPCritic, MLPGenerator

warnings.filterwarnings("ignore")
url, endpoint, output = sys.argv[1:]


def train(updates, checkpoint=None):
    seed_everything(0, verbose=False)
    networks = {"generator": MLPGenerator(2, 2, 16, 2), "critic": MLPCritic(2, 16, 2)}
    system = WGAN(**networks, latent_dim=2, n_critic=2)
    data = StreamingData(
        url, batch_size=8, shuffle_chunks=2, cache_dir=f"{output}-cache", storage_options={"endpoint_url": endpoint}
    )
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    run = Trainer(
        accelerator="cpu",
        devices=int(os.environ["LOCAL_WORLD_SIZE"]),
        max_steps=updates,
        max_epochs=-1,
        enable_model_summary=False,
        limit_val_batches=0,
        **quiet,
    )
    run.fit(system, data, ckpt_path=checkpoint)
    return run


def weights(run):
    return torch.cat([each.detach().flatten() for each in run.lightning_module.parameters()])


whole = weights(train(12))
train(5).save_checkpoint(f"{output}-half.ckpt")
continued = weights(train(12, f"{output}-half.ckpt"))
if os.environ["RANK"] == "0":
    torch.save([whole, continued], output)
