"""``lit-wgan evaluate`` with metrics of samples of any shape."""

import atexit
import json
import warnings
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from lit_wgan.commands.defaults import leave_out_expected
from lit_wgan.commands.terminal import say
from lit_wgan.engine.files import atomic_write
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.evaluation.options import METRICS, EvaluationOptions
from lit_wgan.evaluation.two_sample.kinds import SAMPLE_METRICS
from lit_wgan.trained import find_trained

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from lit_wgan.evaluation import FidelityResult
    from lit_wgan.evaluation.by_critic.result import CriticDistance
    from lit_wgan.evaluation.two_sample.result import SampleResult

SAMPLES = 10_000
"""That are compared, of what there is, where ``--num_samples`` is not given."""


def are_of_samples(metrics: Sequence[str]) -> bool:
    """Whether metrics are of samples of any shape; else they are of features of images.

    Raises:
        UsageError: for unknown metrics, and for some of both kinds.
    """
    of_images = [metric for metric in metrics if metric in METRICS]
    of_samples = [metric for metric in metrics if metric in SAMPLE_METRICS or "." in metric]
    unknown = [metric for metric in metrics if metric not in (*of_images, *of_samples)]
    if unknown or not metrics:
        raise UsageError(
            f"Expected --metrics to be some of {', '.join(METRICS)}, or some of {', '.join(SAMPLE_METRICS)} and paths "
            f"of functions, but got {', '.join(unknown) or 'none'}. Choose among these."
        )
    if of_images and of_samples:
        raise UsageError(
            f"Expected metrics of images ({', '.join(METRICS)}) or of any samples, but got {', '.join(of_images)} and "
            f"{', '.join(of_samples)}. Give one command for each: they compare different numbers of samples."
        )
    return bool(of_samples)


def evaluate_samples(chosen: "Namespace", metrics: list[str]) -> None:
    """Compute metrics of samples in files, or of a run's, and print them.

    Raises:
        UsageError: for options that do not fit, and for what cannot be compared.
    """
    from lit_wgan.engine.collectives import rank_and_world
    from lit_wgan.evaluation.two_sample.compare import Comparison
    from lit_wgan.evaluation.two_sample.stored import compare_stored

    at_most = SAMPLES if chosen.num_samples is None else chosen.num_samples
    check_positive(**{"--num_samples": at_most})
    _refuse(chosen)
    if chosen.samples:
        comparison = Comparison(metrics, chosen.features, chosen.seed)
        result = compare_stored(comparison, chosen.samples, chosen.reference, chosen.train, at_most)
    else:
        result = _of_run(chosen, metrics, at_most)
    if rank_and_world()[0] == 0:
        tell(result, chosen.json)


def tell(result: "CriticDistance | FidelityResult | SampleResult", file: str | None) -> None:
    """Print metrics with their protocol, and write both to a file, if one is named."""
    say(result.table())
    if file:
        with atomic_write(Path(file)) as output:
            output.write(f"{json.dumps(result.as_json(), indent=2)}\n".encode())


def _refuse(chosen: "Namespace") -> None:
    """Refuse options that would have no effect."""
    usual = EvaluationOptions()
    given = [option.name for option in fields(usual) if chosen[option.name] != getattr(usual, option.name)]
    of_images = set(given) - {"metrics", "num_samples", "reference", "seed"}
    unused = dict.fromkeys(sorted(of_images), "it is for metrics of images")
    if chosen.samples:
        unused |= {"condition": "these samples exist"}
    else:
        unused |= {"condition": "samples are drawn under the held-out samples' own conditions"}
        unused |= dict.fromkeys(("reference", "train"), "a run is compared with its own held-out and training data")
    for option, reason in unused.items():
        if chosen[option] is not None:
            raise UsageError(f"Expected no --{option} here, but got {chosen[option]}. Leave it out: {reason}.")


def _of_run(chosen: "Namespace", metrics: list[str], at_most: int) -> "SampleResult":
    """The metrics of a run's generator against its held-out data, with floors from its training data."""
    from lightning.pytorch import Trainer
    from lightning.pytorch.callbacks import LambdaCallback

    from lit_wgan.callbacks.sample_metrics import SampleMetrics
    from lit_wgan.data import AdversarialData
    from lit_wgan.engine.collectives import disconnect
    from lit_wgan.evaluation.two_sample.result import SampleProtocol, SampleResult

    trained = find_trained(chosen.ckpt, chosen.config)
    system, data = trained.system_and_data()
    if not isinstance(data, AdversarialData):
        raise UsageError(
            f"Expected a run on one of lit-wgan's DataModules, but got one on {type(data).__name__}. Save samples of "
            "both to .npy files, and give these as --samples and --reference."
        )
    live = LambdaCallback(on_validation_start=lambda _, system: setattr(system, "ema_generator", None))
    leave_out_expected()
    atexit.register(disconnect)
    measured = SampleMetrics(metrics, at_most, chosen.features, chosen.seed)
    trainer = Trainer(
        accelerator=chosen.accelerator,
        devices=chosen.devices,
        callbacks=[live, measured] if chosen.live else [measured],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=1,  # the critic's estimate is not asked for
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*callbacks used to create the checkpoint")  # which measure nothing here
        trainer.validate(system, data, ckpt_path=str(trained.checkpoint), weights_only=True, verbose=False)
    names = measured.metric_names()
    found = {name.removeprefix("eval/"): trainer.callback_metrics[name].item() for name in names}
    protocol = SampleProtocol(
        samples=f"{type(system.generator).__name__}'s samples",
        reference=f"held-out samples of {type(data).__name__}",
        floor="training samples",
        num_samples=measured.num_samples,
        shape=tuple(data.real_samples(1, train=False).real.shape[1:]),
        **measured.comparison.of_protocol(),
    )
    return SampleResult(found, protocol)
