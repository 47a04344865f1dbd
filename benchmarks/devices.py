"""How far one run on one and on two processes drift apart in float32, and how far their results do.

    OMP_NUM_THREADS=1 python benchmarks/devices.py [--configs NAME ...] [--updates 25 100 500] [OPTION ...]

Both train the same configuration with its own optimizers, on CPUs. The table gives, after so many updates, the
share of weights that differ by more than 1e-4, the largest difference, and the exact W1 of both, if the configuration
measures it. Further options are handed to both runs, such as ``--model.init_args.shards 8``.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor

CONFIGS = Path(__file__).parents[1] / "configs"
DEFAULT = ["wgan_eight_gaussians", "wgan_gp_eight_gaussians", "wgan_gp_digits"]


def train(config: str, devices: int, updates: list[int], folder: Path, options: list[str]) -> Path:
    """Train, with a checkpoint at least at each of the updates, and return the run's directory."""
    every = str(updates[0])
    command = [sys.executable, "-m", "lit_wgan", "fit", "--config", str(CONFIGS / f"{config}.yaml")]
    command += ["--trainer.accelerator", "cpu", "--trainer.devices", str(devices), "--name", f"on_{devices}"]
    command += ["--trainer.max_steps", str(updates[-1]), "--trainer.val_check_interval", every]
    command += ["--checkpoint.every_n_train_steps", every, "--checkpoint.save_top_k", "-1", *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "runs" / f"on_{devices}" / "version_0"


def weights(run: Path, update: int, network: str) -> Tensor:
    """All weights of a network after a generator update, in one row."""
    state = torch.load(run / "checkpoints" / f"{update:07d}.ckpt", weights_only=True)["state_dict"]
    return torch.cat([each.flatten() for name, each in state.items() if name.startswith(f"{network}.")]).double()


def w1(run: Path, update: int) -> str:
    """The exact W1 after a generator update."""
    with (run / "metrics.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["step"] == str(update) and row.get("eval/w1")]
    return f"{float(rows[-1]['eval/w1']):.4f}" if rows else "not measured"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configs", nargs="+", default=DEFAULT)
    parser.add_argument("--updates", nargs="+", type=int, default=[25, 100, 500], help="multiples of the first")
    chosen, options = parser.parse_known_args()
    print("| configuration | updates | critic: share above 1e-4, largest | generator: the same | W1 on 1 and on 2 |")
    print("|---|---|---|---|---|", flush=True)
    for config in chosen.configs:
        with tempfile.TemporaryDirectory() as folder:
            runs = [train(config, devices, chosen.updates, Path(folder), options) for devices in (1, 2)]
            for update in chosen.updates:
                cells = []
                for network in ("critic", "generator"):
                    one, two = (weights(run, update, network) for run in runs)
                    apart = (one - two).abs()
                    cells.append(f"{100 * float((apart > 1e-4).double().mean()):.1f} %, {float(apart.max()):.1e}")
                print(
                    f"| {config} | {update} | {' | '.join(cells)} | {w1(runs[0], update)}, {w1(runs[1], update)} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
