"""The report that a run writes of itself."""

import json
from types import SimpleNamespace

import pytest

from lit_wgan.commands.report_of_fit import write_own_report
from lit_wgan.runs.run import Run


@pytest.fixture
def directory(tmp_path):
    """That of a run which has ended."""
    (tmp_path / "config.yaml").write_text("trainer: {max_steps: 20}\nmodel: {class_path: A}\ndata: {class_path: B}\n")
    (tmp_path / "metrics.csv").write_text("eval/w1,step\n3,10\n2,20\n")
    (tmp_path / "result.json").write_text(json.dumps({"generator_updates": 20}))
    return tmp_path


def test_a_run_has_its_report_when_it_ends(directory):
    write_own_report(Run(directory), SimpleNamespace(world_size=1), None)
    text = (directory / "report.html").read_text()
    assert "It is finished." in text
    assert "W1 2." in text


@pytest.mark.parametrize("fault", ["config.yaml", "metrics.csv", "report.html"])
def test_a_report_that_cannot_be_written_is_a_warning(directory, fault):
    if fault == "report.html":
        (directory / fault).mkdir()
    else:
        (directory / fault).write_text("a,step\nx,1\n")
    with pytest.warns(UserWarning, match=r"report could not be written .*lit-wgan report .* writes it later"):
        write_own_report(Run(directory), SimpleNamespace(world_size=1), None)
