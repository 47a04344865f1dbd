"""``lit-wgan evaluate``: metrics of a checkpoint's generator, or of samples made by any other program."""

import atexit
from dataclasses import fields
from typing import TYPE_CHECKING

from lit_wgan.commands.evaluate_samples import SAMPLES, are_of_samples, evaluate_samples, tell
from lit_wgan.commands.from_run import RUN
from lit_wgan.commands.given_condition import read_condition
from lit_wgan.commands.options import Parser
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.options import INCEPTION, METRICS, EvaluationOptions
from lit_wgan.evaluation.two_sample.kinds import SAMPLE_METRICS
from lit_wgan.trained import find_trained

if TYPE_CHECKING:
    import torch
    from jsonargparse import Namespace
    from lightning.pytorch import LightningDataModule

    from lit_wgan.evaluation import FidelityResult


IMAGES = 50_000
"""That are generated where ``--num_samples`` is not given."""
TOLD = "what all samples are told, such as the class 3, if not what the training set's samples are, as often"


def parser() -> Parser:
    """The parser of the command's options, which include all of an evaluation's."""
    parser = Parser("lit-wgan evaluate", description="FID and others of images; W1, AUC and others of any samples.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--ckpt", metavar="RUN_OR_CKPT", help=f"whose generator is measured: {RUN}")
    what.add_argument("--samples", metavar="PATH", help="folder of images or an .npy of samples (N, ...), instead")
    parser.add_argument("--config", metavar="FILE", help="config.yaml of the run, if it is not in the checkpoint's run")
    parser.add_argument("--live", action="store_true", help="measure the generator itself, not its moving average")
    parser.add_argument("--condition", metavar="VALUE | FILE", help=TOLD)
    parser.add_argument("--devices", type=int, default=1, help="number of devices")
    parser.add_argument("--accelerator", default="auto", help="such as cpu or gpu")
    parser.add_argument("--json", metavar="FILE", help="write metrics and protocol to this file too")
    parser.add_argument(
        "--reference", help="real images, if not the run's training set; or an .npy of held-out samples"
    )
    parser.add_argument("--train", metavar="FILE", help="an .npy of training samples, of which floors of --samples are")
    of_any = f"or, of samples of any shape, any of {','.join(SAMPLE_METRICS)} and functions by path"
    parser.add_argument("--metrics", default="fid", help=f"any of {','.join(METRICS)}; {of_any}")
    parser.add_argument("--features", help="extractor, or path of a function, of whose features samples are compared")
    number = f"images to generate (default: {IMAGES}), or samples of any shape to compare (default: {SAMPLES})"
    parser.add_argument("--num_samples", type=int, help=number)
    extractors = "name of a feature extractor, such as digits, or a file that extractor train made"
    parser.add_argument("--extractor", default=INCEPTION, help=extractors)
    parser.add_class_arguments(EvaluationOptions, skip={"reference", "metrics", "extractor", "num_samples"})
    return parser


def evaluate(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options; also what loading and measuring raise.
    """
    chosen = parser().parse_args(arguments)
    metrics = [metric.strip() for metric in chosen.metrics.split(",") if metric.strip()]
    if are_of_samples(metrics):
        return evaluate_samples(chosen, metrics)
    options = _evaluation_options(chosen, metrics)
    from lightning.fabric import Fabric  # takes seconds, which --help and mistakes need not wait for

    from lit_wgan.engine.collectives import disconnect

    strategy = "ddp" if chosen.devices > 1 else "auto"
    fabric = Fabric(accelerator=chosen.accelerator, devices=chosen.devices, strategy=strategy)
    atexit.register(disconnect)
    fabric.launch()
    result = _measure(chosen, options, fabric.device)
    if fabric.is_global_zero:
        tell(result, chosen.json)
    return None


def _evaluation_options(chosen: "Namespace", metrics: list[str]) -> EvaluationOptions:
    for option in ("train", "features"):
        if chosen[option] is not None:
            raise UsageError(
                f"Expected --{option} for metrics of samples of any shape alone, but got {chosen[option]} for "
                f"{','.join(metrics)}. Leave it out."
            )
    given = {option.name: chosen[option.name] for option in fields(EvaluationOptions)} | {"metrics": metrics}
    if chosen.num_samples is None:
        given["num_samples"] = IMAGES
    return EvaluationOptions(**given)


def _measure(chosen: "Namespace", options: EvaluationOptions, device: "torch.device") -> "FidelityResult":
    from lit_wgan.evaluation import GenerativeEvaluator
    from lit_wgan.evaluation.extractors import takes_floats
    from lit_wgan.evaluation.trained import inputs_of, with_training_set

    if chosen.samples:
        if chosen.condition is not None:
            raise UsageError(
                f"Expected --condition with --ckpt alone, but got {chosen.condition} for {chosen.samples}. Leave it "
                "out: these samples exist."
            )
        return GenerativeEvaluator(**vars(options)).evaluate_images(chosen.samples, device, progress=True)
    system, data = find_trained(chosen.ckpt, chosen.config).system_and_data()
    generator = system.generator if chosen.live or system.ema_generator is None else system.ema_generator
    inputs = inputs_of(system, options, None if chosen.condition is None else read_condition(chosen.condition))
    if options.reference is None and options.compares:
        _set_up(data, takes_floats(options.extractor))
    options = with_training_set(options, data, data.train_dataloader)
    evaluator = GenerativeEvaluator(**vars(options))
    return evaluator.evaluate(generator.to(device), progress=True, **inputs._asdict())


def _set_up(data: "LightningDataModule", floats: bool) -> None:
    from lit_wgan.data import AdversarialData, ImageData
    from lit_wgan.engine.collectives import first_on_each_machine

    if isinstance(data, AdversarialData) and not isinstance(data, ImageData) and not floats:
        raise UsageError(
            f"Expected a run on images, but got one on {type(data).__name__}. Give as --extractor a network of your "
            f"field (lit-wgan extractor train), other --metrics ({','.join(SAMPLE_METRICS)}), or a --reference if the "
            "generator makes images."
        )
    first_on_each_machine(data.prepare_data)
    data.setup("fit")
