"""Read the files that a run leaves behind, as data from anywhere: what is not as expected ends in one line."""

import json
import re
from pathlib import Path
from typing import Any

from lit_wgan.errors import UsageError
from lit_wgan.runs.metrics_rows import read_rows
from lit_wgan.runs.yaml_files import check_sections, read_yaml

Options = dict[str, Any]
Row = tuple[int, dict[str, float]]


def read_result(run: Path) -> Options:
    """Read a run's result.json."""
    path = run / "result.json"
    if not path.exists():
        raise FileNotFoundError(
            f"Expected {path}, which a run writes when it ends, but got no such file. "
            "Continue the run to its end with --ckpt_path last, or take another."
        )
    result = _read_json(path, {"config": str, "generator_updates": int, "weights_sha256": dict, "metrics": dict})
    if not re.fullmatch(r"config(_\d+)?\.yaml", result["config"]):
        raise _wrong(path, "config", result["config"])
    return result


def read_metrics(run: Path) -> list[Row]:
    """Read the rows of a run's metrics.csv; none if it has no such file."""
    return read_rows(run / "metrics.csv")


def read_environments(run: Path) -> list[Options]:
    """The environments of a run's attempts."""
    return [read_environment(path) for path in sorted(run.glob("environment*.json"))]


def read_environment(path: Path) -> Options:
    """Read the environment of one attempt of a run."""
    kinds = {"seed": int, "accelerator": str, "devices": int, "cpu_threads": int, "packages": dict, "variables": dict}
    environment = _read_json(path, kinds)
    if not re.fullmatch(r"[a-z]+", environment["accelerator"]):  # so that it is no class path, which would be code
        raise _wrong(path, "accelerator", environment["accelerator"])
    return environment


def _read_json(path: Path, kinds: dict[str, type]) -> Options:
    try:
        record = json.loads(path.read_text())
        wrong = [name for name, kind in kinds.items() if type(record[name]) is not kind]  # true is no number
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"Expected the record {path}, but got no such file. Only runs of lit-wgan that hold one can be repeated."
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"Expected {path} to be a record of lit-wgan, but got one that is damaged or of an earlier version "
            f"({type(error).__name__}: {error}). Take another run."
        ) from error
    if wrong:
        raise _wrong(path, wrong[0], record[wrong[0]])
    return record


def _wrong(path: Path, name: str, value: Any) -> UsageError:
    return UsageError(f"Expected {path} to be a record of lit-wgan, but got {name}={value!r}. Take another run.")


def read_config(path: Path) -> Options:
    """Read the configuration of one attempt of a run."""
    what, remedy = "the configuration of a run", "Take another run."
    config = {"checkpoint": {}} | read_yaml(path, what, remedy)
    check_sections(config, ("model", "data", "trainer", "checkpoint"), path, what, remedy)
    max_steps = config["trainer"].get("max_steps")
    if type(max_steps) is not int:
        raise UsageError(f"Expected {path} to be {what}, but got trainer.max_steps={max_steps!r}. {remedy}")
    return config
