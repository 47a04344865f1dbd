"""``lit-wgan evaluate``: the fidelity of a checkpoint's generator, or of images made by anything else."""

import argparse
import atexit
import json
from pathlib import Path
from typing import Any

import torch
from jsonargparse import ArgumentParser
from lightning.fabric import Fabric

from lit_wgan.commands.options import Parser
from lit_wgan.commands.yaml_files import read_yaml
from lit_wgan.data import AdversarialData, ImageData
from lit_wgan.engine.checkpoints import read_checkpoint
from lit_wgan.engine.collectives import disconnect, first_on_each_machine
from lit_wgan.engine.preserve import PRECISIONS
from lit_wgan.errors import UsageError
from lit_wgan.evaluation import FidelityResult, GenerativeEvaluator
from lit_wgan.evaluation.metrics import COMPAT, METRICS
from lit_wgan.evaluation.weights import INCEPTION
from lit_wgan.systems import AdversarialSystem


def options() -> Parser:
    """The command's options."""
    parser = Parser("lit-wgan evaluate", description="FID, Inception Score, KID, precision and recall.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--ckpt", metavar="FILE", help="checkpoint of the system whose generator to measure")
    what.add_argument("--samples", metavar="PATH", help="folder of images, or an .npy of bytes (N, C, H, W), instead")
    parser.add_argument(
        "--config", metavar="FILE", help="config.yaml of the run; default: that of the checkpoint's run"
    )
    parser.add_argument("--live", action="store_true", help="measure the generator itself, not its moving average")
    parser.add_argument("--reference", help="folder, .npy, .npz or registered name; default: the run's training set")
    parser.add_argument("--metrics", default="fid", help=f"some of {','.join(METRICS)}; default: fid")
    parser.add_argument("--num_samples", type=int, default=50_000, help="images to generate; default: 50000")
    parser.add_argument("--extractor", default=INCEPTION, help=f"default: {INCEPTION}")
    parser.add_argument("--weights", metavar="FILE", help="of the extractor")
    parser.add_argument("--precision", default="float32", choices=PRECISIONS, help="default: float32")
    parser.add_argument("--compat", default="exact", choices=COMPAT, help="default: exact")
    parser.add_argument("--batch_size", type=int, default=64, help="default: 64")
    parser.add_argument("--seed", type=int, default=2020, help="default: 2020")
    parser.add_argument("--isc_splits", type=int, default=10, help="default: 10")
    parser.add_argument("--kid_subsets", type=int, default=100, help="default: 100")
    parser.add_argument("--kid_subset_size", type=int, default=1000, help="default: 1000")
    parser.add_argument("--cache_dir", metavar="DIR", help="folder of the reference's statistics")
    parser.add_argument("--devices", type=int, default=1, help="default: 1")
    parser.add_argument("--accelerator", default="auto", help="default: auto")
    parser.add_argument("--json", metavar="FILE", help="write figures and protocol here as well")
    return parser


def evaluate(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options; also what loading and measuring raise.
    """
    chosen = options().parse_args(arguments)
    strategy = "ddp" if chosen.devices > 1 else "auto"
    fabric = Fabric(accelerator=chosen.accelerator, devices=chosen.devices, strategy=strategy)
    atexit.register(disconnect)
    fabric.launch()
    result = _measure(chosen, fabric.device)
    if fabric.is_global_zero:
        print(result.table())
        if chosen.json:
            Path(chosen.json).write_text(json.dumps(result.as_json(), indent=2) + "\n")


def _measure(chosen: argparse.Namespace, device: torch.device) -> FidelityResult:
    if chosen.samples:
        return _evaluator(chosen, chosen.reference).evaluate_images(chosen.samples, device, progress=True)
    system, data = load_run(Path(chosen.ckpt), chosen.config)
    generator = system.generator if chosen.live or system.ema_generator is None else system.ema_generator
    reference = chosen.reference or (None if chosen.metrics == "isc" else _training_images(data))
    evaluator = _evaluator(chosen, reference)
    return evaluator.evaluate(generator.to(device), system.latent_dim, progress=True)


def _evaluator(chosen: argparse.Namespace, reference: Any) -> GenerativeEvaluator:
    names = ["num_samples", "extractor", "weights", "batch_size", "seed", "precision", "compat", "cache_dir"]
    names += ["isc_splits", "kid_subsets", "kid_subset_size"]
    metrics = [metric.strip() for metric in chosen.metrics.split(",") if metric.strip()]
    return GenerativeEvaluator(reference, metrics, **{name: getattr(chosen, name) for name in names})


def _training_images(data: AdversarialData) -> Any:
    if not isinstance(data, ImageData):
        raise UsageError(
            f"Expected a run on images, but got one on {type(data).__name__}. Fidelity is measured on images alone; "
            "give a --reference if the generator makes some."
        )
    first_on_each_machine(data.prepare_data)
    data.setup("fit")
    return data.images[True]


def load_run(checkpoint: Path, config: str | None = None) -> tuple[AdversarialSystem, AdversarialData]:
    """A run's system, with the weights of a checkpoint, and its data, not yet set up.

    Args:
        checkpoint: in the folder ``checkpoints`` of the run's directory.
        config: the run's configuration, if it is not ``config.yaml`` in that directory.

    Raises:
        FileNotFoundError: if there is no checkpoint or no configuration.
        UsageError: if the checkpoint is of another system or of other networks.
    """
    contents = read_checkpoint(checkpoint, "--ckpt")
    path = Path(config or checkpoint.resolve().parent.parent / "config.yaml")
    given = read_yaml(path, "the configuration of the checkpoint's run", "Name it with --config.")
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(AdversarialSystem, "model")
    parser.add_subclass_arguments(AdversarialData, "data")
    parsed = parser.parse_object({name: given[name] for name in ("model", "data")})
    run = parser.instantiate_classes(parsed)
    run.model.on_load_checkpoint(contents)  # which refuses what does not fit
    run.model.load_state_dict(contents["state_dict"])
    return run.model, run.data
