"""The quickest experiments, trained and measured as ``lit-wgan figures`` does it."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUICKEST = ("wgan/figure_1", "wgan/figure_2", "gan/figure_2")


@pytest.mark.torture
def test_the_quickest_experiments_bear_their_claims_out(command, monkeypatch, tmp_path):
    """Minutes on two cores."""
    monkeypatch.chdir(ROOT)
    status, out, _ = command("figures", *QUICKEST, "--output", str(tmp_path))
    assert status == 0, out
    for name in QUICKEST:
        assert json.loads((tmp_path / name / "result.json").read_text())["holds"] == [True], out
        assert (tmp_path / name / "picture.png").stat().st_size > 10_000
