"""Time from the start of ``lit-wgan fit`` to the end of the first generator update.

python benchmarks/start.py [--against DIR] [--starts 7] [--config configs/wgan_gp_eight_gaussians.yaml]

Starts this checkout, in turn with another one if there is one, each time as a new process in an empty folder. A first
start of each is not counted: it brings files into memory. Processor time says more where other programs run.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
CALLBACK = """
import os
import time
from lightning.pytorch import Callback


class FirstUpdate(Callback):
    def on_train_batch_end(self, *_):
        with open("first_update", "w") as file:
            file.write(f"{time.time()} {time.process_time()}")
        os._exit(0)
"""


def start(tree: Path, config: str) -> tuple[float, float]:
    """Seconds by the clock, and of the processor, until the first update has ended."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "first_update_callback.py").write_text(CALLBACK)
        environment = os.environ | {"PYTHONPATH": f"{tree}{os.pathsep}{folder}"}
        command = [sys.executable, "-m", "lit_wgan", "fit", "--config", str(tree / config)]
        command += ["--trainer.callbacks+=first_update_callback.FirstUpdate"]
        begin = time.time()
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        end, processor = map(float, (Path(folder) / "first_update").read_text().split())
    return end - begin, processor


def summary(seconds: list[float]) -> str:
    """Median and quartiles."""
    low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return f"{median:.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    """Print a table of all trees."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="another checkout, for example of an earlier commit")
    parser.add_argument("--starts", type=int, default=7, help="of each checkout")
    parser.add_argument("--config", default="configs/wgan_gp_eight_gaussians.yaml", help="in each checkout")
    options = parser.parse_args()
    trees = [tree.resolve() for tree in (options.against, HERE) if tree is not None]
    starts = {tree: [start(tree, options.config)] for tree in trees}
    for _ in range(options.starts):
        for tree in trees:
            starts[tree].append(start(tree, options.config))
    print("| checkout | seconds: median (quartiles) | seconds of the processor |")
    print("|---|---|---|")
    for tree in trees:
        clock, processor = zip(*starts[tree][1:], strict=True)
        print(f"| {tree} | {summary(list(clock))} | {summary(list(processor))} |")


if __name__ == "__main__":
    main()
