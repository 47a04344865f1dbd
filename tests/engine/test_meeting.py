"""Processes that meet through a store in which those of earlier attempts have left their words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import torch.distributed as dist

from lit_wgan.engine.meeting import PREFIX, meet

SOON, LATE = timedelta(seconds=0.1), timedelta(seconds=60)


def meet_all(store, world, order):
    with ThreadPoolExecutor(world) as pool:
        met = {rank: pool.submit(meet, store, rank, world, LATE) for rank in order}
        return [met[rank].result() for rank in range(world)]


def test_all_processes_count_alike_how_often_the_store_was_used():
    store = dist.HashStore()
    assert meet_all(store, 3, order=[1, 2, 0]) == [0, 0, 0]
    assert meet_all(store, 2, order=[0, 1]) == [1, 1]
    assert meet_all(store, 1, order=[0]) == [2]
    assert meet_all(store, 3, order=[0, 2, 1]) == [3, 3, 3]


def test_the_word_of_a_process_that_is_gone_counts_for_no_other():
    store = dist.HashStore()
    store.set(f"{PREFIX}/asks/1", "word of one that is gone")
    with pytest.raises(dist.DistStoreError, match=r"Ranks \[1\] did not come"):
        meet(store, 0, 2, SOON)
    assert meet_all(store, 2, order=[0, 1]) == [1, 1]


def test_a_process_whose_first_does_not_come_gives_up():
    with pytest.raises(RuntimeError):
        meet(dist.HashStore(), 1, 2, SOON)
