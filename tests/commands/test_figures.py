"""What a run shows of itself at its end."""

import subprocess

import pytest
from lightning.pytorch import Callback
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lit_wgan import WGAN, ToyData
from lit_wgan.callbacks.pictures import videos
from lit_wgan.commands import figures
from lit_wgan.commands.figures import Figures
from lit_wgan.errors import NonFiniteError
from lit_wgan.runs.events_file import EventsFile
from lit_wgan.runs.metrics_file import MetricsFile


class Ending(Callback):
    """Ends a run after its second update."""

    def __init__(self, error):
        self.error = error

    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == 2:
            raise self.error


@pytest.fixture
def fit(trainer, tmp_path, networks):
    """Fits a small run of two pictures with figures; gives its directory and TensorBoard's file."""
    directory = tmp_path / "run" / "version_0"
    (directory / "samples").mkdir(parents=True)
    for update in (1, 2):
        Image.new("L", (64, 64), 90 * update).save(directory / "samples" / f"{update:07d}.png")

    def run(*callbacks):
        loggers = [MetricsFile(str(tmp_path), "run", 0), EventsFile(str(tmp_path), "run", 0)]
        options = {"logger": loggers, "callbacks": [Figures(), *callbacks], "limit_val_batches": 0}
        made = trainer(max_steps=3, log_every_n_steps=1, **options)
        made.fit(WGAN(**networks(), n_critic=1), datamodule=ToyData("swiss_roll", batch_size=8))

    return run, directory


def shown(directory):
    return {path.name for path in directory.iterdir() if path.suffix in (".png", ".mp4", ".gif")}


def test_a_run_ends_with_its_curves_its_video_and_its_result_in_tensorboard(fit, monkeypatch):
    run, directory = fit
    monkeypatch.setattr(figures, "metrics_in_words", lambda _: ["W1 3.1."])
    monkeypatch.setattr(figures, "diagnose", lambda _: [])
    run()
    assert shown(directory) == {"curves.png", "learning.mp4" if videos.find_encoder() else "learning.gif"}
    (result,) = EventAccumulator(str(directory), {"tensors": 0}).Reload().Tensors("result/text_summary")
    assert (result.step, result.tensor_proto.string_val[0]) == (3, b"* W1 3.1.")


@pytest.mark.parametrize("error", [SystemExit(0), NonFiniteError("Expected finite losses, but got nan.")])
def test_a_run_that_is_stopped_or_diverges_shows_how_far_it_came(error, fit, monkeypatch):
    run, directory = fit
    monkeypatch.setattr(videos, "find_encoder", lambda: None)
    with pytest.raises(type(error)):
        run(Ending(error))
    assert shown(directory) == {"curves.png", "learning.gif"}


def test_a_run_that_another_error_ends_shows_nothing(fit):
    run, directory = fit
    with pytest.raises(KeyError):
        run(Ending(KeyError("bug")))
    assert shown(directory) == set()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (subprocess.CalledProcessError(-9, "ffmpeg"), "learning.mp4.*died with <Signals.SIGKILL: 9>"),
        (subprocess.TimeoutExpired("ffmpeg", 120), "learning.mp4.*timed out after 120 seconds"),
        (OSError(28, "No space left on device"), "learning.mp4.*No space left on device"),
        (KeyError("bug"), r"learning.mp4(?s:.*)Traceback"),
    ],
)
def test_a_video_that_fails_is_a_warning(error, told, fit, monkeypatch):
    """A killed encoder, a full disk, and also an error in the code, which is told with its traceback."""

    def fail(run):
        raise error

    run, directory = fit
    monkeypatch.setattr(figures, "write_video", fail)
    with pytest.warns(UserWarning, match=told):
        run()
    assert shown(directory) == {"curves.png"}


def test_a_gif_is_said_to_be_one(fit, monkeypatch, caplog):
    run, _ = fit
    monkeypatch.setattr(videos, "find_encoder", lambda: None)
    with caplog.at_level("INFO"):
        run()
    assert any('pip install "lit-wgan[video]"' in record.getMessage() for record in caplog.records)
