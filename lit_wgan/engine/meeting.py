"""How the processes of a run meet again that torchrun has restarted, on as many nodes as before or on others.

torchrun keeps one store for all its attempts. It still holds the addresses of processes that are gone, and torch would
sometimes connect to them. The number of an attempt does not tell it from others: the torchrun of a node that joins
begins to count anew.
"""

import os
import time
from datetime import timedelta
from uuid import uuid4

import torch.distributed as dist
from lightning.pytorch import Trainer
from lightning.pytorch.strategies import DDPStrategy
from torch.distributed.distributed_c10d import PrefixStore, Store

from lit_wgan.engine.internals import process_group_timeout

POLL_SECONDS = 0.02
PREFIX = "lit_wgan/meeting"


def init_group_after_restart(trainer: Trainer) -> None:
    """Form the process group of a run that torchrun has restarted, under keys of this attempt alone."""
    agent_keeps_store = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    if not agent_keeps_store or not isinstance(trainer.strategy, DDPStrategy):
        return
    strategy = trainer.strategy
    timeout = process_group_timeout(strategy)
    kept = dist.TCPStore(  # type: ignore[attr-defined]  # torch does not mark it as its own
        os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False, timeout=timeout
    )
    rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    number = meet(kept, rank, world, timeout)
    if number == 0:  # an unused store, with which Lightning forms the group
        return
    dist.init_process_group(
        strategy.process_group_backend or dist.get_default_backend_for_device(strategy.root_device),
        store=PrefixStore(f"{PREFIX}/{number}", kept),
        rank=rank,
        world_size=world,
        timeout=timeout,
    )


def meet(store: Store, rank: int, world: int, timeout: timedelta) -> int:
    """How many times processes have met through a store before; equal in all processes that meet now.

    Rank 0 counts, and answers whoever asks. The others ask by words that none has used, so that they take no answer to
    one who is gone.

    Raises:
        DistStoreError: if one of them does not come within the timeout.
    """
    if rank:
        word = uuid4().hex
        store.set(f"{PREFIX}/asks/{rank}", word)
        store.wait([f"{PREFIX}/answers/{word}"], timeout)
        number = int(store.get(f"{PREFIX}/answers/{word}"))
        store.set(f"{PREFIX}/{number}/came/{rank}", "")
        return number
    number = store.add(f"{PREFIX}/count", 1) - 1
    missing, until = set(range(1, world)), time.monotonic() + timeout.total_seconds()
    while missing:
        for other in sorted(missing):
            if store.check([f"{PREFIX}/{number}/came/{other}"]):
                missing.remove(other)
            elif store.check([f"{PREFIX}/asks/{other}"]):
                store.set(f"{PREFIX}/answers/{store.get(f'{PREFIX}/asks/{other}').decode()}", str(number))
        if time.monotonic() > until:
            raise dist.DistStoreError(f"Ranks {sorted(missing)} did not come within {timeout}.")
        time.sleep(POLL_SECONDS)
    return number
