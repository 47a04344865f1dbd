"""The page of one run or of several: everything in one file, without a request to any server."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lit_wgan.engine.files import atomic_write
from lit_wgan.reports import charts as drawn
from lit_wgan.reports import samples, tables
from lit_wgan.reports.diagnosis import diagnose
from lit_wgan.reports.generated import Generated
from lit_wgan.reports.summary import summary
from lit_wgan.runs.differences import differences, shown
from lit_wgan.runs.run import Run

COLOURS = ("#0f7fbf", "#e07b00", "#1a9b6c", "#c2549a", "#9a7500", "#7a68d6", "#d2492a", "#5f8f1f")
"""Of the runs: each stands out against white and black alike."""
MOST_DETAILS = 8
"""Runs of which protocol, environment and command are written out."""
PLACES = ("trainer.default_root_dir", "checkpoint.dirpath", "weights_only")
"""Options that say where a run lies and that it goes on, and not what it is."""
MOST_TEXT = 30_000
"""Characters of a configuration that are shown."""


@dataclass(frozen=True)
class Options:
    """How a page is made.

    Args:
        generated: what was made of the trained generators for the page.
        remarks: on what the page lacks.
        live: whether the page asks its server for a newer one.
    """

    generated: Sequence[Generated] = ()
    remarks: Sequence[str] = field(default_factory=tuple)
    live: bool = False


def write_report(runs: Sequence[Run], path: Path, options: Options = Options()) -> None:
    """Write the page of some runs.

    Args:
        runs: at least one.
        path: of the page, which takes the place of an older one when it is whole.
        options: see :class:`Options`.

    Raises:
        UsageError: if a run's files hold anything but what a run writes.
        WriteError: if the page cannot be written.
    """
    text = make_page(runs, options)
    with atomic_write(path) as file:
        file.write(text.encode())


def make_page(runs: Sequence[Run], options: Options = Options()) -> str:
    """The page of some runs as HTML; see :func:`write_report`."""
    charts = (drawn.quality_charts(runs), drawn.critic_charts(runs), drawn.other_charts(runs))
    quality, critic, other = drawn.thinned(charts)
    frames = samples.over_training(runs)
    names, compared = tables.compared_metrics(runs)
    data = {
        "charts": [_as_data(chart) for chart in (*quality, *critic, *other)],
        "frames": [{"updates": each.updates, "uris": [shown.uri for shown in each.pictures]} for each in frames],
        "runs": [{"name": run.name, "colour": COLOURS[place]} for place, run in enumerate(runs[: drawn.MOST_RUNS])],
        "live": options.live,
        "updates": max(run.updates for run in runs),
    }
    detailed = runs[:MOST_DETAILS]
    return _template().render(
        runs=runs,
        several=len(runs) > 1,
        colours=COLOURS,
        summaries=[(run, summary(run), diagnose(run)) for run in detailed],
        charts={"quality": quality, "critic": critic, "other": other},
        frames=frames,
        steps=sorted({update for each in frames for update in each.updates}),
        beside=samples.beside_real(runs),
        differing=_differing(detailed),
        metric_rows=tables.metric_rows(runs[0]),
        compared_names=names,
        compared=compared,
        details=[_details(run) for run in detailed],
        limits={"curves": drawn.MOST_RUNS, "pictures": samples.MOST_RUNS, "details": MOST_DETAILS},
        options=options,
        data=data,
        scripts=[_text("lit_wgan.reports", "page.js")],
        bokeh=[_text("bokeh", f"server/static/js/{name}.min.js") for name in ("bokeh", "bokeh-api")],
        style=_text("lit_wgan.reports", "page.css"),
    )


def _details(run: Run) -> dict[str, Any]:
    import yaml

    config = yaml.safe_dump(run.config, sort_keys=False)
    return {
        "run": run,
        "protocol": tables.protocol(run),
        "environment": tables.environment(run),
        "command": tables.command(run),
        "config": config if len(config) <= MOST_TEXT else f"{config[:MOST_TEXT]}\n... and more, in config.yaml",
    }


def _differing(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    """The options that differ between runs, but for where they lie, and their values."""
    found = differences([run.config for run in runs])
    told = [row for row in found if row.option not in PLACES][: tables.MOST_ROWS]
    return [(row.option, [shown(value) for value in row.values]) for row in told]


def _as_data(chart: drawn.Chart) -> dict[str, Any]:
    lines = [
        {"run": line.run, "kind": chart.kinds.index(line.label), "x": line.x, "y": line.y, "dashed": line.dashed}
        for line in chart.lines
    ]
    return {"metric": chart.metric, "kinds": chart.kinds, "lines": lines}


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["data"] = _in_script
    return environment.from_string(_text("lit_wgan.reports", "page.html"))


def _in_script(value: Any) -> Any:
    """JSON that cannot end the script that holds it."""
    from markupsafe import Markup

    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for each in "<>&":
        text = text.replace(each, f"\\u{ord(each):04x}")
    return Markup(text)


@cache
def _text(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")
