"""``lit-wgan extractor train``: a small feature network of one's own field, for FID and the other metrics."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lit_wgan.commands.options import Parser
from lit_wgan.commands.terminal import say
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.runs.yaml_files import check_sections, read_yaml

if TYPE_CHECKING:
    from lightning.pytorch import LightningDataModule

    from lit_wgan.evaluation.extractor_file import FeatureNetwork

USAGE = "lit-wgan extractor train --data CLASS [--data.OPTION VALUE ...] --output my_field.pt"


def parser() -> Parser:
    """The parser of the command's options."""
    from lightning.pytorch import LightningDataModule

    import lit_wgan.data  # noqa: F401  # so that data can be named without class paths

    parser = Parser(
        "lit-wgan extractor train",
        description="Train a small network to tell classes apart, and keep it for its features.",
    )
    parser.add_argument("--config", metavar="FILE", help="YAML file whose section data is taken, such as a run's")
    parser.add_subclass_arguments(LightningDataModule, "data", required=True, help="samples with class numbers")
    parser.add_argument("--output", metavar="FILE", required=True, help="my_field.pt, whose metrics are fid_my_field")
    parser.add_argument("--num_samples", type=int, default=50_000, help="samples to train on, at most")
    parser.add_argument("--num_held_out", type=int, default=10_000, help="held-out samples for the accuracy, at most")
    parser.add_argument("--updates", type=int, default=1000, help="steps of the optimizer")
    parser.add_argument("--batch_size", type=int, default=128, help="samples in each")
    parser.add_argument("--seed", type=int, default=0, help="of weights, minibatches and choice of samples")
    return parser


def extractor(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options; also what making the data and training raise.
    """
    if arguments[:1] != ["train"] and not {"-h", "--help"} & {*arguments[:1]}:
        raise UsageError(f"Expected extractor train, but got {' '.join(['extractor', *arguments[:1]])}. Use {USAGE}.")
    options = parser()
    chosen = options.parse_args(_with_data_of_config(arguments[1:] if arguments[:1] == ["train"] else arguments))
    numbers = {f"--{name}": chosen[name] for name in ("num_samples", "num_held_out", "updates", "batch_size")}
    check_positive(**numbers)
    output = Path(chosen.output)
    from lit_wgan.evaluation.extractor_file import check_name

    check_name(output)
    started = time.perf_counter()
    network = _train(options.instantiate_classes(chosen).data, chosen)
    output.parent.mkdir(parents=True, exist_ok=True)
    network.write(output)
    say(_report(network, output, time.perf_counter() - started))


def _with_data_of_config(arguments: list[str]) -> list[str]:
    """The arguments with the section ``data`` of a configuration in its place, which those after it change."""
    given = list(arguments)
    for place, argument in enumerate(arguments):
        name, is_one, value = argument.partition("=")
        if name != "--config":
            continue
        path = Path(value or "".join(arguments[place + 1 : place + 2]))
        what, remedy = "--config to name a YAML file with a section data", "Name the config.yaml of a run."
        options = read_yaml(path, what, remedy)
        check_sections(options, ["data"], path, what, remedy)
        given[place : place + (1 if is_one else 2)] = [f"--data={json.dumps(options['data'])}"]
        return given
    return given


def _train(data: "LightningDataModule", chosen: Any) -> "FeatureNetwork":
    import torch

    from lit_wgan import __version__
    from lit_wgan.evaluation.data_part import part_of_data
    from lit_wgan.evaluation.extractor_training import train_feature_network

    data.prepare_data()
    data.setup("fit")
    parts = [
        part_of_data(data, loader, train, most, chosen.seed).some(most, chosen.seed)
        for loader, train, most in (
            (data.train_dataloader, True, chosen.num_samples),
            (data.val_dataloader, False, chosen.num_held_out),
        )
    ]
    return train_feature_network(
        *parts,
        transform=getattr(data, "transform", None),
        updates=chosen.updates,
        batch_size=chosen.batch_size,
        seed=chosen.seed,
        data=json.loads(json.dumps(chosen.data.as_dict(), default=str)),
        versions={"lit_wgan": __version__, "torch": torch.__version__},
    )


def _report(network: "FeatureNetwork", output: Path, seconds: float) -> str:
    from lit_wgan.engine.digests import file_sha256

    known = network.description
    return (
        f"{output} recognises {known.accuracy:.2%} of {known.held_out:,} held-out samples of {known.classes} classes. "
        f"It was trained on {known.trained_on:,} in {seconds:.0f} s. SHA-256 {file_sha256(output)}.\n"
        f"Measure with lit-wgan evaluate --extractor {output}."
    )
