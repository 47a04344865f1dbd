"""docs/results.md is what its tool makes of the results that are kept beside it."""

import importlib.util
import re
from pathlib import Path

import pytest

from lit_wgan.experiments.found import load, names

ROOT = Path(__file__).parent.parent


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.chdir(ROOT)
    spec = importlib.util.spec_from_file_location("results_page", ROOT / "tools" / "results_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(tool):
    assert (ROOT / "docs" / "results.md").read_text() == tool.page()


def test_every_experiment_has_its_line_and_every_result_its_experiment(tool):
    page = tool.page()
    for name in names():
        assert load(name).claim in page
    kept = {path.parent.relative_to(tool.KEPT).as_posix() for path in tool.KEPT.glob("*/*/result.json")}
    assert kept <= set(names())


def test_pictures_of_the_page_exist(tool):
    for link in re.findall(r"!\[.*?\]\((.*?)\)", tool.page()):
        assert (ROOT / "docs" / link).is_file()


def test_kept_results_hold_what_their_experiments_say(tool):
    """A claim, a number's name or a threshold that has changed since asks for a new run."""
    for name in names():
        found, experiment = tool.outcome(name), load(name)
        if found is not None:
            assert (found.claim, found.headline) == (experiment.claim, experiment.headline)
            rows = [dict(zip(found.numbers, row, strict=True)) for row in zip(*found.numbers.values(), strict=True)]
            assert [bool(experiment.holds(row)) for row in rows] == found.holds
