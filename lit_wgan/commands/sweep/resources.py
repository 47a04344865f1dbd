"""CPU threads and GPUs per parallel trial."""

import os


def resources_per_trial(parallel: int, gpus: int) -> list[dict[str, str]]:
    """Environment variables for each of the trials that run at the same time: its number of CPU threads, and its GPUs.

    Each trial gets at least one thread, and one GPU where there are any; trials share GPUs if there are too few.
    ``OMP_NUM_THREADS`` is left alone if it is set.

    Args:
        parallel: trials at the same time.
        gpus: the number that this process sees.
    """
    threads = {"OMP_NUM_THREADS": str(max(1, len(os.sched_getaffinity(0)) // parallel))}
    names = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(gpus)))).split(",")[:gpus]
    trials = []
    for trial in range(parallel):
        mine = names[trial::parallel] or names[trial % max(1, gpus) :][:1]
        visible = {"CUDA_VISIBLE_DEVICES": ",".join(mine)} if mine else {}
        trials.append(({} if "OMP_NUM_THREADS" in os.environ else threads) | visible)
    return trials
