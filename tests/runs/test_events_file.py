"""TensorBoard's file, as TensorBoard reads it."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator as AllAsTensors
from tensorboard.summary.writer import event_file_writer

from lit_wgan.runs.events_file import EventsFile

ALL = {"images": 0, "histograms": 0, "tensors": 0, "scalars": 0}


def read(logger):
    logger.experiment.flush()
    return EventAccumulator(logger.log_dir, ALL).Reload()


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8) * 5).save(path)
    return path


def test_a_picture_is_held_pixel_for_pixel(tmp_path, picture):
    logger = EventsFile(str(tmp_path), "run", 0)
    logger.log_picture("samples", picture, 7)
    (image,) = read(logger).Images("samples")
    assert image.step == 7
    with Image.open(io.BytesIO(image.encoded_image_string)) as held, Image.open(picture) as given:
        np.testing.assert_array_equal(np.asarray(held), np.asarray(given.convert("RGB")))


def test_a_histogram_holds_all_finite_entries(tmp_path):
    logger = EventsFile(str(tmp_path), "run", 0)
    logger.log_histograms({"weights": torch.cat([torch.linspace(-1, 3, 1000), torch.tensor([torch.nan])])}, 3)
    (event,) = read(logger).Histograms("weights")
    held = event.histogram_value
    assert (event.step, held.min, held.max, held.num) == (3, -1, 3, 1000)
    assert held.sum == pytest.approx(1000, rel=1e-2)
    assert sum(held.bucket) == 1000


def test_texts_are_held_and_options_are_one(tmp_path):
    logger = EventsFile(str(tmp_path), "run", 0)
    logger.log_note("result", "W1 3.1", 9)
    logger.log_options({"model.gp_weight": 10.0, "environment": {"torch": "2"}})
    events = read(logger)
    (result,), (config,) = (events.Tensors(f"{name}/text_summary") for name in ("result", "config"))
    assert (result.step, config.step) == (9, 0)
    assert result.tensor_proto.string_val[0] == b"W1 3.1"
    assert b"model.gp_weight: 10.0" in config.tensor_proto.string_val[0]


def test_a_run_that_continues_has_nothing_twice(tmp_path, picture, monkeypatch):
    """What an attempt logged behind the checkpoint from which the next continues is gone, of every kind."""
    # Attempts are read in the order of their files' names: second, process, number in it, of which 10 comes before 9.
    monkeypatch.setattr(event_file_writer, "_global_uid", event_file_writer.AtomicCounter(0))

    def log(logger, *steps):
        logger.log_options({"a": 1})
        for step in steps:
            logger.log_metrics({"loss": 1.0}, step)
            logger.log_picture("samples", picture, step)
            logger.log_histograms({"weights": torch.ones(3)}, step)
            logger.log_note("result", "text", step)
        logger.finalize("success")

    log(EventsFile(str(tmp_path), "run", 0), 10, 20, 30)
    log(EventsFile(str(tmp_path), "run", 0, purge_step=21), 30, 40)
    again = EventsFile(str(tmp_path), "run", 0, purge_step=21)
    log(again, 30)
    events = AllAsTensors(again.log_dir, {"tensors": 0}).Reload()  # as TensorBoard's server does
    for name in ("loss", "samples", "weights", "result/text_summary"):
        assert [event.step for event in events.Tensors(name)] == [10, 20, 30]
    assert [event.step for event in events.Tensors("config/text_summary")] == [0, 21]
