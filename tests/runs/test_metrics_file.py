import csv
import os

import pytest

from lit_wgan.runs.metrics_file import MetricsFile, keep_rows


def write(folder, rows, **options):
    log = MetricsFile(str(folder), "run", 0, **options)
    for step, metrics in rows:
        log.log_metrics(metrics, step)
        log.save()
    return folder / "run" / "version_0" / "metrics.csv"


def read(path):
    with path.open(newline="") as file:
        return [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]


ROWS = [(1, {"loss": 0.5}), (2, {"loss": 0.25}), (2, {"eval": 1.5}), (3, {"loss": 0.125})]
TEXT = [{"step": str(step)} | {name: str(value) for name, value in row.items()} for step, row in ROWS]


def test_a_column_that_comes_later_keeps_the_rows_before(tmp_path):
    assert read(write(tmp_path, ROWS)) == TEXT


def test_a_file_is_continued_behind_the_rows_up_to_a_step(tmp_path):
    write(tmp_path, ROWS)
    path = write(tmp_path, [(3, {"loss": 8.0, "new": 1.0})], continue_after=2)
    assert read(path) == [*TEXT[:3], {"step": "3", "loss": "8.0", "new": "1.0"}]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_row_cut_short_by_a_crash_is_dropped(cut, tmp_path):
    path = write(tmp_path, [*ROWS, (12, {"loss": 0.0625})])
    path.write_bytes(path.read_bytes()[:-cut])
    keep_rows(path, 3)
    assert read(path) == TEXT


def test_a_crash_while_the_file_is_replaced_leaves_it(tmp_path, monkeypatch):
    path = write(tmp_path, ROWS)

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        keep_rows(path, 1)
    assert read(path) == TEXT


def test_no_file_is_no_error(tmp_path):
    keep_rows(tmp_path / "metrics.csv", 1)
    assert not list(tmp_path.iterdir())
    assert read(write(tmp_path, ROWS[:1], continue_after=5)) == TEXT[:1]


def test_hyper_parameters_of_a_users_system_are_kept_beside_it(tmp_path):
    log = MetricsFile(str(tmp_path), "run", 0)
    log.log_hyperparams({"width": 3})
    assert (tmp_path / "run" / "version_0" / "hparams.yaml").read_text() == "width: 3\n"
    assert read(write(tmp_path, ROWS)) == TEXT
