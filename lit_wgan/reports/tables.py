"""Tables of a report: the protocol, the final metrics, the environment."""

import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

from lit_wgan.reports.summary import arguments_of, class_name, data_of, number, section, system_of
from lit_wgan.reports.titles import title
from lit_wgan.runs.main_metrics import HIGHER_IS_BETTER, measured
from lit_wgan.runs.metric_names import ACTIVATIONS, FLOOR, LAYERS
from lit_wgan.runs.run import Run

MOST_ROWS = 200
"""Of a table."""
ENVIRONMENT = {
    "git_commit": "commit",
    "python": "Python",
    "platform": "platform",
    "accelerator": "accelerator",
    "devices": "devices",
    "precision": "precision",
    "cpu": "CPU",
    "cpu_threads": "CPU threads",
    "gpus": "GPUs",
    "cuda": "CUDA",
    "deterministic": "deterministic algorithms",
}
PACKAGES = ("lit-wgan", "torch", "torchvision", "lightning", "numpy")


class MetricRow(NamedTuple):
    """A metric and its floor, in words."""

    name: str
    words: str
    value: str
    floor: str
    more_is_better: bool


def protocol(run: Run) -> list[tuple[str, str]]:
    """What the run was asked for, in the terms of the papers."""
    model, data = (arguments_of(section(run, name)) for name in ("model", "data"))
    trainer = section(run, "trainer")
    rows = {
        "system": system_of(run),
        "data": data_of(run),
        "minibatch": data.get("batch_size"),
        "noise": _noise(model),
        "critic updates per generator update": model.get("n_critic"),
        "constraint on the critic": _constraint(model),
        "further terms": ", ".join(filter(None, map(class_name, _terms(model)))),
        "optimizer of the generator": _optimizer(model.get("generator_optimizer")),
        "optimizer of the critic": _optimizer(model.get("critic_optimizer")),
        "moving average of the generator": model.get("ema_decay"),
        "generator updates": trainer.get("max_steps"),
        "validated every": trainer.get("val_check_interval"),
        "measured by": "; ".join(_callbacks(trainer)),
        "seed": run.environment.get("seed"),
    }
    return [(name, str(value)) for name, value in rows.items() if value not in (None, "")]


def metric_rows(run: Run) -> list[MetricRow]:
    """The final metrics of samples, then those of single classes, then whatever else was logged last, but by layer."""
    first = measured(run)
    known = [name for name in run.metrics if not name.endswith((FLOOR, "/seconds"))]
    others = sorted(name for name in known if name not in first and not name.startswith((ACTIVATIONS, LAYERS)))
    floors = {name: number(run.metrics.get(f"{name}{FLOOR}")) for name in [*first, *others][:MOST_ROWS]}
    return [
        MetricRow(name, title(name), number(run.metrics[name]), floor, _is_better_high(name))
        for name, floor in floors.items()
    ]


def compared_metrics(runs: Sequence[Run]) -> tuple[list[str], list[tuple[Run, list[tuple[str, str]]]]]:
    """The metrics of samples that any of several runs has, and for each run the value and the floor of each."""
    names = list(dict.fromkeys(name for run in runs for name in measured(run)))[:12]
    rows = [
        (run, [(number(run.metrics.get(name)), number(run.metrics.get(f"{name}{FLOOR}"))) for name in names])
        for run in runs[:MOST_ROWS]
    ]
    return names, rows


def environment(run: Run) -> list[tuple[str, str]]:
    """Versions, commit and hardware, as far as they were recorded."""
    recorded = run.environment
    packages = recorded.get("packages")
    packages = packages if isinstance(packages, dict) else {}
    known = {name: words for name, words in ENVIRONMENT.items() if recorded.get(name) not in (None, [])}
    rows = [(words, _plain(recorded[name])) for name, words in known.items()]
    if recorded.get("git_dirty"):
        rows.insert(1, ("files changed since that commit", "yes"))
    return rows + [(name, str(packages[name])) for name in PACKAGES if name in packages]


def command(run: Run) -> str | None:
    """The command that was given, for a shell; None if it was not recorded."""
    given = run.environment.get("command")
    if not isinstance(given, list) or not given:
        return None
    return shlex.join(["lit-wgan", *map(str, given[1:])])


def _is_better_high(name: str) -> bool:
    return name.rpartition("/")[2].startswith(HIGHER_IS_BETTER)


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _noise(model: dict[str, Any]) -> str:
    shape = model.get("latent_dim")
    return "" if shape is None else f"{shape} numbers, {model.get('latent_law', 'normal')}"


def _constraint(model: dict[str, Any]) -> str:
    if "gp_weight" in model:
        return f"gradient penalty, weight {model['gp_weight']}"
    return f"weights clipped at {model['clip_value']}" if "clip_value" in model else ""


def _terms(model: dict[str, Any]) -> list[Any]:
    kinds = (model.get(kind) for kind in ("critic_terms", "generator_terms"))
    return [term for terms in kinds if isinstance(terms, list) for term in terms]


def _optimizer(given: Any) -> str:
    arguments = arguments_of(given)
    chosen = [f"{name} {_plain(arguments[name])}" for name in ("lr", "betas", "momentum") if name in arguments]
    return ", ".join([class_name(given), *chosen]).strip(", ")


def _callbacks(trainer: dict[str, Any]) -> list[str]:
    given = trainer.get("callbacks")
    return [_metric_callback(each) for each in (given if isinstance(given, list) else [given]) if class_name(each)]


def _metric_callback(given: Any) -> str:
    arguments = arguments_of(given)
    shown = ("metrics", "num_samples", "extractor", "monitor", "patience")
    chosen = [f"{name} {_plain(arguments[name])}" for name in shown if arguments.get(name) is not None]
    return f"{class_name(given)} ({', '.join(chosen)})" if chosen else class_name(given)
