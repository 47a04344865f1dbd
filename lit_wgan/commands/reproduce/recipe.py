"""Read from a run's directory how to repeat it, as one run without interruptions."""

from pathlib import Path
from typing import Any, NamedTuple

from lit_wgan.commands.reproduce.records import (
    Options,
    Row,
    read_config,
    read_environment,
    read_metrics,
    read_result,
)
from lit_wgan.errors import UsageError

# Options that may change from one attempt of a run to the next without changing its result.
FREE = {"ckpt_path", "name", *(f"trainer.{name}" for name in ("max_steps", "default_root_dir", "logger"))}
FREE |= {"trainer.enable_progress_bar", "trainer.enable_model_summary"}


class Recipe(NamedTuple):
    """A run to repeat.

    Attributes:
        run: its directory.
        config: the options of the run from beginning to end.
        environments: the environment of each attempt, by the name of its file.
        result: its result.json.
        rows: the rows of its metrics.csv, by generator update; none if it has no such file.
        ends: generator updates at which attempts before the last ended, and logged what is measured at the end only.
    """

    run: Path
    config: Options
    environments: dict[str, Options]
    result: Options
    rows: list[Row]
    ends: set[int]

    @property
    def environment(self) -> Options:
        """The environment of the last attempt."""
        return list(self.environments.values())[-1]


def read_recipe(run: Path) -> Recipe:
    """Read the recipe in a run's directory.

    Raises:
        FileNotFoundError: if there is no run, no record, or the run has not ended.
        UsageError: if the record is damaged, or attempts of the run had options that differ.
    """
    if not run.is_dir():
        raise FileNotFoundError(
            f"Expected RUN_DIR to be the directory of a run, such as runs/wgan_gp_digits/version_0, but got {run}. "
            "Check the path."
        )
    result = read_result(run)
    configs = {path.name: read_config(path) for path in _attempts(run, result["config"])}
    environments = {path: read_environment(run / path) for path in map(_environment_name, configs)}
    _check_same({name: _leaves(config) for name, config in configs.items()}, FREE)
    devices = {name: {key: env[key] for key in ("accelerator", "devices")} for name, env in environments.items()}
    _check_same(devices, set())
    *ends, last = [config["trainer"]["max_steps"] for config in configs.values()]
    config = configs["config.yaml"]
    config["trainer"]["max_steps"] = last
    return Recipe(run, config, environments, result, read_metrics(run), set(ends) - {last})


def _attempts(run: Path, last: str) -> list[Path]:
    """The configurations of a run's attempts, in order, up to the attempt that finished it."""
    later = sorted(path for path in run.glob("config_*.yaml") if path.name <= last)
    return [run / "config.yaml", *later] if last != "config.yaml" else [run / last]


def _environment_name(config: str) -> str:
    return config.replace("config", "environment").replace(".yaml", ".json")


def _leaves(options: Any, prefix: str = "") -> Options:
    """Nested options by their dotted names."""
    if not isinstance(options, dict):
        return {prefix: options}
    parts = [_leaves(value, f"{prefix}.{name}" if prefix else str(name)) for name, value in options.items()]
    return {name: value for part in parts for name, value in part.items()}


def _check_same(attempts: dict[str, Options], free: set[str]) -> None:
    """Raise a UsageError if attempts of a run differ in an option that is not free to change."""
    (first, options), *others = attempts.items()
    for other, changed in others:
        for name in sorted((options.keys() | changed.keys()) - free):
            if options.get(name) != changed.get(name):
                raise UsageError(
                    f"Expected all attempts of the run to have the same options, but got {name}={options.get(name)} "
                    f"in {first} and {changed.get(name)} in {other}. A run that changed on the way cannot be repeated."
                )
