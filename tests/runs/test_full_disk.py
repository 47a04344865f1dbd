"""A disk that is full in the middle of a file: the file is named, and what it held before stays."""

import resource
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch

from lit_wgan import WGAN
from lit_wgan.callbacks import SampleWriter
from lit_wgan.commands.record import RunRecord
from lit_wgan.engine.files import WriteError
from lit_wgan.runs.events_file import EventsFile
from lit_wgan.runs.metrics_file import MetricsFile


@contextmanager
def room_for(size):
    """No file grows beyond so many bytes: the error is that of a limit, in the middle of a write, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def could_not(name):
    return rf"Expected to write .*{name}, but could not \(File too large\)\. Make room"


def test_a_row_of_metrics_is_written_whole_or_not_at_all(tmp_path):
    metrics = MetricsFile(str(tmp_path), "run", 0)
    metrics.log_metrics({"loss": 0.5}, 1)
    metrics.save()
    path = tmp_path / "run" / "version_0" / "metrics.csv"
    before = path.read_bytes()
    metrics.log_metrics({"loss": 0.25}, 2)
    with room_for(len(before) + 3), pytest.raises(WriteError, match=could_not(r"metrics\.csv")):
        metrics.save()
    assert path.read_bytes() == before
    metrics.finalize("failed")
    assert path.read_bytes() == before + b"0.25,2\r\n"


def test_a_new_column_of_metrics_comes_whole_or_not_at_all(tmp_path):
    metrics = MetricsFile(str(tmp_path), "run", 0)
    metrics.log_metrics({"loss": 0.5}, 1)
    with room_for(3), pytest.raises(WriteError, match=could_not(r"metrics\.csv")):
        metrics.save()
    assert list((tmp_path / "run" / "version_0").iterdir()) == []


def test_tensorboards_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)  # TensorBoard writes in a thread
    events = EventsFile(str(tmp_path), "run", 0)
    with room_for(3), pytest.raises(WriteError, match=could_not(r"version_0/events\.out\.tfevents\.\*")):
        events.log_metrics({"loss": 0.5}, 1)


def test_a_configuration_is_written_whole_or_not_at_all(tmp_path):
    record = RunRecord(SimpleNamespace(dump=lambda *_, **__: "a: 1\n" * 100), None)
    record.directory, record.save_to_log_dir = str(tmp_path / "run"), False
    with room_for(3), pytest.raises(WriteError, match=could_not(r"config\.yaml")):
        record.save_config(None, None, "fit")
    assert list((tmp_path / "run").iterdir()) == []
    record.save_config(None, None, "fit")
    with pytest.raises(ValueError, match="Expected a folder without the record of another run"):
        record.save_config(None, None, "fit")


@pytest.mark.parametrize(("shape", "name"), [((1, 3, 8, 8), r"000004\.png"), ((1, 500), r"000004\.npy")])
def test_a_sample_that_cannot_be_written_is_named(shape, name, tmp_path, networks, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where samples go that no run has a folder for
    writer, system = SampleWriter(), WGAN(**networks())
    with room_for(3), pytest.raises(WriteError, match=could_not(name)):
        writer.write_on_batch_end(None, system, torch.zeros(shape), None, torch.tensor([4]), 0, 0)
