"""The model card of an exported generator: README.md, with metadata as the Hugging Face Hub reads them."""

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from lit_wgan import __version__
from lit_wgan.data.packages import optional_package
from lit_wgan.data.transforms import TableTransform, TextTransform
from lit_wgan.reports.export.formats import FORMATS
from lit_wgan.reports.export.graph import Graph
from lit_wgan.reports.export.snippets import snippet, with_lit_wgan
from lit_wgan.reports.export.verification import SIZES, TOLERANCE, Difference
from lit_wgan.reports.words import in_words
from lit_wgan.runs.run import Run

FILES = {
    "generator.pt2": "the generator as a graph of torch.export; needs torch alone",
    "generator.onnx": "the same for ONNX Runtime and other programs that read ONNX",
    "generator.safetensors": "the weights alone, which need the network's class: lit-wgan's, or one of your own",
    "config.json": "what samples depend on beside the weights: the transform's numbers, the seed",
    "config.yaml": "the options of the run, without paths and accounts; lit-wgan makes the network of it",
    "samples.png": "the picture above",
}


@dataclass(frozen=True)
class Exported:
    """What a card tells.

    Args:
        run: that trained the generator.
        config: of the run, as strangers may see it.
        graph: the generator.
        averaged: whether its weights are the moving average; None where the run has none.
        differences: of each format from the generator.
        license: an identifier, or None.
        command: that made the files.
    """

    run: Run
    config: dict[str, Any]
    graph: Graph
    averaged: bool | None
    differences: Mapping[str, Difference]
    license: str | None
    command: str


def write_card(folder: Path, exported: Exported) -> None:
    """Write README.md into a folder that holds all other files, and read it again as the Hub does.

    Raises:
        ValueError: if huggingface_hub finds no metadata in it.
    """
    hub = optional_package("huggingface_hub", "the model card", extra="export")
    card = hub.ModelCard(f"---\n{_metadata(hub, exported).to_yaml()}\n---\n\n{_text(folder, exported)}")
    card.save(folder / "README.md")
    if hub.ModelCard.load(folder / "README.md").data.to_dict() != card.data.to_dict():
        raise ValueError("The metadata of README.md do not come back as they were written.")


def data_name(config: Mapping[str, Any]) -> str:
    """What a run was trained on, in a word: the name of a data set, of a file, or of a class."""
    data = config.get("data") or {}
    arguments = data.get("init_args") or {}
    for option in ("dataset", "distribution", "samples", "files", "root"):
        named = arguments.get(option)
        named = named.get("class_path") if isinstance(named, dict) else named
        if isinstance(named, str):
            return named.rpartition(".")[2] if named.count(".") > 1 else named.partition(".")[0]
    return str(data.get("class_path", "data of its own")).rpartition(".")[2]


def _metadata(hub: Any, exported: Exported) -> Any:
    tags = ["gan", _system(exported.config).lower()]
    tags += [{"torch-export": "pytorch"}.get(name, name) for name in exported.differences]
    graph = exported.graph
    pictures = len(graph.sample_shape) == 3 and graph.sample_shape[0] in (1, 3) and graph.generator.condition is None
    return hub.ModelCardData(
        license=exported.license or "unknown",
        library_name="lit-wgan",
        tags=tags,
        datasets=[data_name(exported.config)],
        pipeline_tag="unconditional-image-generation" if pictures else None,
    )


def _text(folder: Path, exported: Exported) -> str:
    graph, name = exported.graph, exported.run.name
    picture = ["![Samples of the generator](samples.png)"] if (folder / "samples.png").exists() else []
    weights = {None: "", True: " (the moving average of its weights)", False: " (its last weights, not their average)"}
    parts = [
        f"# {name}",
        f"A generator of samples like those of `{data_name(exported.config)}`, trained as {_system(exported.config)} "
        f"by lit-wgan for {graph.generator.updates} generator updates{weights[exported.averaged]}.",
        *picture,
        "## Inputs and output",
        "N is any number of samples. All numbers are in the data's own units; the files scale them.",
        _table(["", "shape", "type", "what"], _arguments(exported)),
        "## Use",
        *_use(exported),
        "## Data",
        "```yaml\n" + yaml.safe_dump(_given(exported.config.get("data")), sort_keys=False) + "```",
        "## Metrics",
        *_metrics(exported),
        "## Limitations",
        *_limitations(exported),
        "## Check",
        f"Samples of each file were compared with those of the generator that was trained, for {_and(SIZES)} samples "
        f"of noise of their own, in float32. Up to {TOLERANCE:g} counts as rounding.",
        _table(
            ["format", "largest difference", "as a share of the largest number"],
            [[name, f"{each.absolute:.2g}", f"{each.relative:.2g}"] for name, each in exported.differences.items()],
        ),
        "## How it was made",
        f"```sh\nlit-wgan fit --config config.yaml\n{exported.command}\n```",
        f"With lit-wgan {__version__}, torch {torch.__version__.partition('+')[0]} and Python "
        f"{platform.python_version()}. config.yaml holds all options of the run; paths are left out.",
        "## Files",
        _table(["file", "what it is", "SHA-256"], list(_files(folder))),
    ]
    return "\n\n".join(parts) + "\n"


def _arguments(exported: Exported) -> list[list[str]]:
    graph, data = exported.graph, str((exported.config.get("data") or {}).get("class_path", ""))

    def shape(sizes: tuple[int, ...]) -> str:
        return f"({', '.join(map(str, ('N', *sizes)))}{'' if sizes else ','})"

    of_bytes = graph.generator.transform is None and data.endswith("ImageData")
    what = "images; -1 to 1 are the 0 to 255 of bytes: `(x + 1) * 127.5`" if of_bytes else "samples"
    inputs = [[f"`{each.name}`", shape(each.shape), str(each.dtype)[6:], each.law] for each in graph.inputs]
    return [*inputs, ["output", shape(graph.sample_shape), "float32", _columns(graph) or what]]


def _columns(graph: Graph) -> str:
    """The columns of a table, with the categories in the order of their codes; the characters of text."""
    transform = graph.generator.transform
    if isinstance(transform, TextTransform):
        characters = json.dumps(transform.characters, ensure_ascii=False).replace("|", r"\|")
        return f"codes of characters, from 0: {characters}"
    if not isinstance(transform, TableTransform):
        return ""
    columns = zip(transform.names, transform.categories, strict=True)
    return "; ".join(f"{name}: code of {', '.join(known)}" if known else name for name, known in columns)


def _use(exported: Exported) -> Iterator[str]:
    for name in exported.differences:
        yield f"### {FORMATS[name].file}"
        yield f"```python\n{snippet(name, exported.graph.inputs)}\n```"
        if name == "safetensors":
            yield "These are the network's weights alone. lit-wgan makes the whole generator of this folder:"
            yield f"```python\n{with_lit_wgan(exported.graph.inputs)}\n```"
    if exported.graph.draws:
        yield (
            "The generator draws some random numbers by itself, such as the categories of a table. They are made of "
            "the input `noise`, so that equal inputs give equal samples: draw it anew for each sample."
        )


def _metrics(exported: Exported) -> Iterator[str]:
    measured: dict[str, float] = {}
    for update, row in exported.run.rows:
        measured |= row if update <= exported.graph.generator.updates else {}
    sentences = in_words(measured)
    if not sentences:
        yield "None were measured."
        return
    if exported.averaged is False:
        yield "They were measured on the moving average of the weights, which is not what was exported."
    yield "\n".join(f"* {each}" for each in sentences)
    callbacks = (exported.config.get("trainer") or {}).get("callbacks") or []
    protocol = [_given(each) for each in callbacks if isinstance(each, dict)]
    if protocol:
        yield "They were measured by:"
        yield "```yaml\n" + yaml.safe_dump(protocol, sort_keys=False) + "```"


def _limitations(exported: Exported) -> Iterator[str]:
    condition = exported.graph.generator.condition
    lines = [
        "Samples are like the training data, with their gaps and their bias; a sample can come close to one of them.",
        "The files compute in float32, whatever the run was trained in.",
    ]
    if condition is not None:
        lines.append("Conditions far from those of the training data were never seen; their samples mean nothing.")
    if exported.license is None:
        lines.append("No licence was chosen: ask before you use it.")
    yield "\n".join(f"* {line}" for line in lines)


def _files(folder: Path) -> Iterator[list[str]]:
    for path in sorted(each for each in folder.iterdir() if each.name != "README.md"):
        yield [f"`{path.name}`", FILES.get(path.name, ""), f"`{hashlib.sha256(path.read_bytes()).hexdigest()}`"]


def _given(value: Any) -> Any:
    """Options without those that are None."""
    if isinstance(value, dict):
        return {name: _given(each) for name, each in value.items() if each is not None}
    return [_given(each) for each in value] if isinstance(value, list) else value


def _system(config: Mapping[str, Any]) -> str:
    return str((config.get("model") or {}).get("class_path", "GAN")).rpartition(".")[2]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


def _and(numbers: tuple[int, ...]) -> str:
    *others, last = sorted(numbers)
    return f"{', '.join(map(str, others))} and {last}"
