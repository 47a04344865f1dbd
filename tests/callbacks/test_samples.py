from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning.pytorch.loggers import CSVLogger
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import WGAN, SampleGrid, SampleWriter, ToyData
from lit_wgan.callbacks.pictures.drawing import POINTS
from lit_wgan.callbacks.pictures.grid import save_grid
from lit_wgan.callbacks.sample_files import save_sample
from lit_wgan.data.conditions import ClassLabels, SeveralConditions, Values
from lit_wgan.data.image_reading import read_image
from lit_wgan.data.pixels import to_image
from lit_wgan.data.transforms import PixelRange, Standardise
from lit_wgan.data.value_range import ValueRange
from lit_wgan.engine.notices import tell_once
from lit_wgan.evaluation.image_sets import open_image_set
from lit_wgan.evaluation.images import to_bytes
from lit_wgan.runs.events_file import EventsFile


def system_of_shape(*shape):
    size = torch.Size(shape).numel()
    generator = nn.Sequential(nn.Linear(3, size), nn.Tanh(), nn.Unflatten(1, shape))
    critic = nn.Sequential(nn.Flatten(), nn.Linear(size, 1), nn.Flatten(0))
    return WGAN(generator, critic, latent_dim=3, n_critic=1)


def fit(trainer, tmp_path, shape, max_steps=5, every_n_updates=2):
    run = trainer(
        max_steps=max_steps,
        logger=CSVLogger(tmp_path, name="run", version=0),
        callbacks=[SampleGrid(every_n_updates, num_samples=9)],
    )
    run.fit(system_of_shape(*shape), DataLoader(torch.zeros(80, *shape), 8))
    return tmp_path / "run" / "version_0" / "samples"


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 16, 16), (2,), (1, 12)])
def test_pictures_appear_when_their_turn_comes_and_at_the_end(shape, trainer, tmp_path):
    samples = fit(trainer, tmp_path, shape)
    assert sorted(path.name for path in samples.iterdir()) == ["0000002.png", "0000004.png", "0000005.png"]
    for path in samples.iterdir():
        assert np.asarray(Image.open(path)).std() > 0


def test_grid_holds_the_images_at_their_brightness(tmp_path):
    images = torch.stack([torch.full((1, 64, 64), level) for level in (-1.0, 0.0, 1.0, 1.0)])
    save_grid(images, tmp_path / "grid.png")
    grid = np.asarray(Image.open(tmp_path / "grid.png"))
    assert grid.shape == (2 * 66 + 2, 2 * 66 + 2)
    assert [grid[30, 30], grid[30, 100], grid[100, 30]] == [0, 128, 255]


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_predicted_images_can_be_compared_with_a_reference_of_as_many_channels(channels, mode, trainer, tmp_path):
    system = system_of_shape(channels, 8, 8)
    run = trainer(callbacks=[SampleWriter(str(tmp_path))])
    run.predict(system, DataLoader(range(3), 2), return_predictions=False)
    written = open_image_set(tmp_path).images
    assert torch.equal(torch.stack([written[number] for number in range(3)]), to_bytes(system.sample(slice(3))))
    with Image.open(tmp_path / "000000.png") as image:
        assert image.mode == mode


@pytest.mark.parametrize("shape", [(2, 8, 8), (4, 8, 8), (5, 7), (5,), (2, 6, 6, 6), (12, 3)])
def test_every_kind_of_samples_makes_a_picture(shape, trainer, tmp_path):
    assert [path.suffix for path in fit(trainer, tmp_path, shape).iterdir()] == [".png"] * 3


def test_samples_of_more_axes_than_volumes_make_no_picture_and_this_is_told_once(trainer, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("lit_wgan.engine.notices.rank_zero_info", told.append)
    tell_once.cache_clear()
    assert not fit(trainer, tmp_path, (1, 2, 2, 2, 2)).exists()
    assert told == ["Samples of shape (1, 2, 2, 2, 2) make no pictures: they have more axes than volumes."]


@pytest.mark.parametrize(
    ("channels", "dtype", "name", "stored"),
    [
        (1, "uint16", "000003.png", np.uint16),
        (2, "uint16", "000003.tif", np.uint16),
        (1, "float32", "000003.tif", np.float32),
        (3, "uint8", "000003.png", np.uint8),
    ],
)
def test_images_are_written_in_their_own_type_and_read_back(channels, dtype, name, stored, tmp_path):
    bounds = (0, 200) if dtype == "uint8" else (0, 4095)
    sample = (torch.rand(channels, 5, 6) * bounds[1]).round()
    save_sample(sample, 3, tmp_path, PixelRange(bounds, dtype))
    read = to_image(read_image(tmp_path / name, grey=True), values=ValueRange(bounds))
    assert read.numpy().dtype == stored
    assert torch.equal(read.float(), sample)


def test_other_units_than_those_of_images_are_written_as_arrays(tmp_path):
    standardise = Standardise()
    save_sample(torch.ones(1, 8, 8), 0, tmp_path, standardise)
    assert np.load(tmp_path / "000000.npy").shape == (1, 8, 8)


@pytest.mark.parametrize("arguments", [{"every_n_updates": 0}, {"num_samples": 0}])
def test_numbers_below_one_are_refused(arguments):
    with pytest.raises(ValueError, match="to be above 0, but got 0"):
        SampleGrid(**arguments)


def pictured(trainer, tmp_path, networks, max_steps, every_n_updates, **fitted):
    """The names of the pictures of a run on toy data, by default."""
    logger = EventsFile(str(tmp_path), "run", 0)
    callbacks = [SampleGrid(every_n_updates)]
    run = trainer(max_steps=max_steps, callbacks=callbacks, logger=logger, limit_val_batches=0, log_every_n_steps=100)
    run.fit(WGAN(**networks(), n_critic=1), **(fitted or {"datamodule": ToyData("swiss_roll", batch_size=8)}))
    return sorted(path.name for path in (tmp_path / "run" / "version_0" / "samples").iterdir()), logger


@pytest.fixture
def quick_pictures(monkeypatch):
    """Pictures are black, since it is not looked at them."""
    draw = lambda shown, path: Image.new("L", (8, 8)).save(path)  # noqa: E731
    monkeypatch.setattr("lit_wgan.callbacks.samples.drawing_of", lambda *_: replace(POINTS, draw=draw))


def test_early_pictures_and_one_of_real_samples_are_drawn_and_tensorboard_has_them(
    trainer, tmp_path, networks, quick_pictures
):
    names, logger = pictured(trainer, tmp_path, networks, 45, 40)
    assert names == ["0000010.png", "0000020.png", "0000040.png", "0000045.png", "real.png"]
    events = EventAccumulator(logger.log_dir, {"images": 0}).Reload()
    assert [image.step for image in events.Images("samples")] == [10, 20, 40, 45]


def test_a_picture_of_real_samples_is_drawn_once(trainer, tmp_path, networks, quick_pictures):
    folder = tmp_path / "run" / "version_0" / "samples"
    folder.mkdir(parents=True)
    (folder / "real.png").write_bytes(b"of the first attempt")
    pictured(trainer, tmp_path, networks, 2, 1)
    assert (folder / "real.png").read_bytes() == b"of the first attempt"


def test_loaders_of_ones_own_have_no_real_picture(trainer, tmp_path, networks, quick_pictures):
    loader = DataLoader(torch.zeros(16, 2), 8)
    assert pictured(trainer, tmp_path, networks, 1, 1, train_dataloaders=loader)[0] == ["0000001.png"]


@pytest.mark.parametrize(
    ("error", "told"),
    [(OSError(28, "No space left on device"), "No space left on device"), (KeyError("bug"), "Traceback")],
)
def test_a_picture_that_cannot_be_drawn_is_a_warning_and_leaves_no_half_file(
    error, told, trainer, tmp_path, networks, monkeypatch
):
    """On a full disk in a line, an error in the code with its traceback; training goes on."""

    def draw(shown, path):
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr("lit_wgan.callbacks.samples.drawing_of", lambda *_: replace(POINTS, draw=draw))
    with pytest.warns(UserWarning, match=rf"(?s)0000001\.png.*{told}"):
        names, _ = pictured(trainer, tmp_path, networks, 1, 1)
    assert names == []


@pytest.mark.slow
def test_pictures_leave_training_bit_for_bit_as_it_was(trainer, tmp_path, networks):
    weights = []
    for callbacks in ([], [SampleGrid(1)]):
        system = WGAN(**networks())
        logger = CSVLogger(tmp_path, name="run")
        run = trainer(max_steps=4, callbacks=callbacks, logger=logger)
        run.fit(system, datamodule=ToyData("swiss_roll", batch_size=8))
        weights.append(torch.nn.utils.parameters_to_vector(system.parameters()))
    assert torch.equal(*weights)


def test_predicted_images_are_the_samples_of_their_numbers(trainer, tmp_path):
    system = system_of_shape(1, 8, 8)
    run = trainer(callbacks=[SampleWriter(str(tmp_path))])
    run.predict(system, DataLoader(range(5), 2), return_predictions=False)
    expected = system.sample(slice(5))
    for number in range(5):
        pixels = np.asarray(Image.open(tmp_path / f"{number:06d}.png"))
        np.testing.assert_allclose(pixels / 127.5 - 1, expected[number, 0].numpy(), atol=1 / 127)


def test_predicted_points_are_the_samples_of_their_numbers(trainer, tmp_path):
    system = system_of_shape(2)
    trainer(callbacks=[SampleWriter(str(tmp_path))]).predict(system, DataLoader(range(3), 2), return_predictions=False)
    written = np.stack([np.load(tmp_path / f"{number:06d}.npy") for number in range(3)])
    np.testing.assert_array_equal(written, system.sample(slice(3)).numpy())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000000.npy", "000001.npy", "000002.npy"]


class Told(nn.Module):
    """The condition plus the noise, or a score of both."""

    def forward(self, x, *condition):
        return sum(part.view(len(x), -1)[:, :1] for part in condition) + x


@pytest.mark.parametrize(
    ("source", "law", "names"),
    [
        (ClassLabels(7), torch.arange(7), ["conditions.npy"]),
        (Values((1, 2, 2)), torch.rand(5, 1, 2, 2), ["conditions.npy"]),
        (
            SeveralConditions([ClassLabels(7), Values(1)]),
            (torch.arange(5), torch.rand(5, 1)),
            ["conditions_1.npy", "conditions_2.npy"],
        ),
    ],
)
def test_the_conditions_of_predicted_samples_lie_beside_them(source, law, names, trainer, tmp_path):
    source.learn_(law)
    system = WGAN(Told(), Told(), latent_dim=2, condition=source)
    run = trainer(callbacks=[SampleWriter(str(tmp_path))])
    run.predict(system, DataLoader(range(8), 3), return_predictions=False)
    expected = system.condition_of_samples(slice(8))
    for name, part in zip(names, expected if isinstance(expected, tuple) else [expected], strict=True):
        assert torch.equal(torch.from_numpy(np.load(tmp_path / name)), part)
    written = [torch.from_numpy(np.load(tmp_path / f"{number:06d}.npy")) for number in range(8)]
    assert torch.equal(torch.stack(written), system.sample(slice(8)))
    assert len(list(tmp_path.iterdir())) == 8 + len(names)
