"""What each of several trials that run at the same time gets of this machine."""

import os


def resources_per_trial(parallel: int, gpus: int) -> list[dict[str, str]]:
    """Environment variables for each place of a trial: its number of CPU threads, and its GPUs.

    Every place gets at least one thread, and one GPU where there are any; places share GPUs if there are too few.
    ``OMP_NUM_THREADS`` is left alone if it is set.

    Args:
        parallel: trials at the same time.
        gpus: that this process sees.
    """
    threads = {"OMP_NUM_THREADS": str(max(1, len(os.sched_getaffinity(0)) // parallel))}
    names = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(gpus)))).split(",")[:gpus]
    places = []
    for place in range(parallel):
        mine = names[place::parallel] or names[place % max(1, gpus) :][:1]
        visible = {"CUDA_VISIBLE_DEVICES": ",".join(mine)} if mine else {}
        places.append(({} if "OMP_NUM_THREADS" in os.environ else threads) | visible)
    return places
