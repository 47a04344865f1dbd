"""What the runs of benchmarks/cifar.sh tell: how fast they are, and how good.

python benchmarks/cifar_results.py updates RUN SECONDS      that fit into so many seconds, by a short run
python benchmarks/cifar_results.py has_inception            status 0 where Inception's weights are
python benchmarks/cifar_results.py table FOLDER NETWORK...  also copies each network's curves.png there
"""

import json
import shutil
import statistics
import sys
from itertools import pairwise
from pathlib import Path

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lit_wgan.evaluation.weights import find_weights
from lit_wgan.trained.found import find_run

HEADER = ("network, width", "updates", "updates/s", "real images/s", "fid_cifar", "score, cifar", "FID", "IS")
MISSING = "not measured"


def updates_per_second(run: Path) -> float:
    """The median over what lies between two records of a run, of which compiling and measurements are a few."""
    events = EventAccumulator(str(run)).Reload().Scalars("critic/loss")
    return statistics.median((b.step - a.step) / max(b.wall_time - a.wall_time, 1e-6) for a, b in pairwise(events))


def row(folder: Path, network: str) -> list[str]:
    """What is known of a network, in the order of the header."""
    run = find_run(folder / "runs" / network)
    if (run.directory / "curves.png").is_file():  # which a run that was killed has none of
        shutil.copy(run.directory / "curves.png", folder / f"{network}_curves.png")
    model, rate = run.config["model"]["init_args"], updates_per_second(run.directory)
    measured = figures(folder / f"{network}.json")
    inception = figures(folder / f"{network}_inception.json")
    return [
        f"{network}, {model['generator']['init_args']['width']}",
        f"{run.updates:,}",
        f"{rate:.3g}",
        f"{rate * model['n_critic'] * run.config['data']['init_args']['batch_size']:,.0f}",
        told(measured, "fid_cifar"),
        told(measured, "inception_score_mean_cifar"),
        told(inception, "fid"),
        told(inception, "inception_score_mean"),
    ]


def figures(file: Path) -> dict[str, float]:
    """The metrics in a file that lit-wgan evaluate has written; none where there is no file."""
    return json.loads(file.read_text())["figures"] if file.is_file() else {}


def told(metrics: dict[str, float], name: str) -> str:
    """A metric with three digits."""
    return f"{metrics[name]:.3g}" if name in metrics else MISSING


def table(folder: Path, networks: list[str]) -> str:
    """The table in Markdown, with the machine and the precision under it."""
    lines = [HEADER, ["---"] * len(HEADER), *(row(folder, network) for network in networks)]
    config = find_run(folder / "runs" / networks[0]).config
    how = [torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} CPU threads"]
    how += [str(config["trainer"]["precision"] or "32-true"), "compiled"][
        : 1 + bool(config["model"]["init_args"]["compile"])
    ]
    how += [f"metrics of {config['data']['init_args']['dataset']} images", f"torch {torch.__version__}"]
    return "\n".join([*(f"| {' | '.join(cells)} |" for cells in lines), "", ", ".join(how)])


def main(command: str, *arguments: str) -> None:
    """Run one of the commands."""
    if command == "updates":
        print(max(round(updates_per_second(Path(arguments[0])) * float(arguments[1])), 1))
    elif command == "has_inception":
        sys.exit(find_weights() is None)
    else:
        print(table(Path(arguments[0]), list(arguments[1:])))


if __name__ == "__main__":
    main(*sys.argv[1:])
