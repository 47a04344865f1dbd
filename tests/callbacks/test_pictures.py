"""Pictures of conditional systems, and of series: what they show where."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from matplotlib import colormaps
from PIL import Image
from torch import nn

from lit_wgan import WGAN, SampleGrid
from lit_wgan.callbacks.pictures import drawing_of
from lit_wgan.callbacks.pictures.columns import save_histograms
from lit_wgan.callbacks.pictures.drawing import COLUMNS, IMAGES, SERIES
from lit_wgan.callbacks.pictures.flat import UNIT, flat, flat_samples, limits_of
from lit_wgan.callbacks.pictures.grid import GAP, LABEL, save_grid
from lit_wgan.callbacks.pictures.names import short_names
from lit_wgan.callbacks.pictures.points import save_scatter
from lit_wgan.callbacks.pictures.selection import most_similar
from lit_wgan.callbacks.pictures.series import of_channels
from lit_wgan.data import AdversarialData
from lit_wgan.data.conditions import ClassLabels, SeveralConditions, Values
from lit_wgan.data.transforms import PixelRange, TableTransform
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.evaluation.images import to_bytes

SIZE = 64  # of an image that is not enlarged
PITCH = SIZE + GAP


class Generator(nn.Module):
    """Makes samples of noise and condition by a function, and remembers the conditions."""

    def __init__(self, function):
        super().__init__()
        self.function, self.told = function, []

    def forward(self, z, *condition):
        self.told.append(condition)
        return self.function(z, *condition)


class HeldOut(AdversarialData):
    """Given held-out samples."""

    def __init__(self, real, condition=None):
        super().__init__(8, 0, 8)
        self.minibatch = Minibatch(real, condition)

    def held_out(self):
        return self.minibatch.real, self.minibatch.condition

    def real_samples(self, n, train):
        assert not train
        return self.minibatch.map(lambda rows: rows[:n])


def system_of(function, condition=None):
    return WGAN(Generator(function), nn.Linear(1, 1), latent_dim=2, condition=condition)


def drawn(path, system, count, *args, **kwargs):
    """The bytes ``(H, W, 3)`` of a picture."""
    drawing = drawing_of(system.sample(slice(1)).shape[1:])
    drawing.draw(drawing.generated(system, count, *args, **kwargs), path)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def halves(z, level):
    """Images ``(N, 1, 64, 64)`` whose upper half shows the noise, and whose lower half shows a level in [-1, 1]."""
    return (
        torch.stack([z[:, 0].tanh(), level], 1)[:, None, :, None]
        .repeat_interleave(SIZE // 2, 2)
        .expand(-1, 1, -1, SIZE)
    )


def tile(pixels, row, column, top=LABEL):
    """One channel of an image in a grid that begins at a height."""
    first = np.array([top + GAP + row * PITCH, GAP + column * PITCH])
    return pixels[first[0] : first[0] + SIZE, first[1] : first[1] + SIZE, 0]


def as_bytes(level):
    return to_bytes(level.reshape(-1, 1, 1, 1)).flatten().tolist()


def spread(count):
    """A number as condition, of whose law 99 values are known."""
    source = Values(1)
    source.learn_(torch.rand(99, 1))
    return source, source.examples(count)[:, 0]


@pytest.mark.parametrize("kind", ["class", "number"])
def test_a_column_is_a_condition_and_a_row_is_noise(kind, tmp_path):
    source, told = (ClassLabels(4), torch.arange(4) / 4) if kind == "class" else spread(16)
    system = system_of(lambda z, c: halves(z, c / 4 if kind == "class" else c[:, 0]), source)
    columns, rows = len(told), 64 // max(len(told), 8)
    pixels = drawn(tmp_path / "grid.png", system, 64)
    assert pixels.shape == (LABEL + GAP + rows * PITCH, GAP + columns * PITCH, 3)
    noise = as_bytes(system.latent("z/samples", 0, rows, slice(None))[:, 0].tanh())
    for row in range(rows):
        for column, level in enumerate(as_bytes(told)):
            shown = tile(pixels, row, column)
            assert (set(shown[: SIZE // 2].flatten()), set(shown[SIZE // 2 :].flatten())) == ({noise[row]}, {level})
    assert kind == "class" or sorted(told.tolist()) == told.tolist()


def test_sixteen_of_many_classes_are_shown(tmp_path):
    system = system_of(lambda z, c: halves(z, c / 100), ClassLabels(100))
    assert drawn(tmp_path / "grid.png", system, 64).shape == (LABEL + GAP + 4 * PITCH, GAP + 16 * PITCH, 3)


def test_columns_are_labelled_where_the_label_fits(tmp_path):
    source = SeveralConditions([ClassLabels(2), Values(9)])
    system = system_of(lambda z, c, v: halves(z, c / 2), source)
    pixels = drawn(tmp_path / "grid.png", system, 2)
    first, second = pixels[:LABEL, :PITCH], pixels[:LABEL, PITCH:][:, :PITCH]
    assert first.any()
    assert second.any()
    assert (first != second).any()
    system = system_of(lambda z, v: halves(z, v[:, 0]), Values(9))
    assert drawn(tmp_path / "grid.png", system, 2).shape == (GAP + PITCH, GAP + 2 * PITCH, 3)


def test_conditions_have_short_names():
    assert short_names(torch.tensor([3, 12])) == ["3", "12"]
    assert short_names(torch.tensor([[0.12345], [-2.0]])) == ["0.123", "-2"]
    assert short_names((torch.tensor([3]), torch.tensor([[0.12345, 1.0]]), torch.zeros(1, 1, 8, 8))) == ["3, 0.12, 1"]
    assert short_names(torch.zeros(2, 4)) == ["", ""]


@pytest.mark.parametrize(("channels", "of_samples"), [(1, 1), (3, 1), (1, 3)])
def test_a_condition_that_is_an_image_stands_enlarged_above_its_samples(channels, of_samples, tmp_path):
    known = (torch.arange(2 * channels * 16) % 15 / 7 - 1).view(2, channels, 4, 4)
    source = Values((channels, 4, 4))
    source.learn_(known)
    system = system_of(lambda z, c: halves(z, c.mean((1, 2, 3))).expand(-1, of_samples, -1, -1), source)
    pixels = drawn(tmp_path / "grid.png", system, 4)
    for column in range(2):
        shown = pixels[GAP:PITCH, GAP + column * PITCH :][:, :SIZE]
        enlarged = to_bytes(known[column : column + 1])[0].repeat_interleave(16, 1).repeat_interleave(16, 2)
        np.testing.assert_array_equal(shown, enlarged.expand(3, -1, -1).permute(1, 2, 0))
        below = tile(pixels, 0, column, top=PITCH + 2 * GAP)
        assert below[-1, 0] == as_bytes(known[column].mean())[0]


def test_a_field_is_shown_from_its_least_to_its_largest_value(tmp_path):
    source = Values((1, 4, 4))
    source.learn_(torch.linspace(100, 300, 32).view(2, 1, 4, 4))
    pixels = drawn(tmp_path / "grid.png", system_of(lambda z, c: halves(z, z[:, 1]), source), 4)
    assert (pixels[GAP, GAP, 0], pixels[PITCH - 1, GAP + 2 * PITCH - GAP - 1, 0]) == (0, 255)


def test_unconditional_pictures_are_the_bytes_they_were(tmp_path):
    """A grid of the first samples; a scatter plot of them and of held-out points, whatever conditions data have."""
    images = system_of(lambda z: halves(z, z[:, 1]))
    drawn(tmp_path / "new.png", images, 5)
    save_grid(images.sample(slice(5)), tmp_path / "old.png")
    assert (tmp_path / "new.png").read_bytes() == (tmp_path / "old.png").read_bytes()
    points, real = system_of(lambda z: z), torch.randn(50, 2)
    drawn(tmp_path / "new.png", points, 50, HeldOut(real, torch.arange(50)))
    save_scatter({"real": real, "generated": points.sample(slice(50))}, tmp_path / "old.png", "0 generator updates")
    assert (tmp_path / "new.png").read_bytes() == (tmp_path / "old.png").read_bytes()


def colour_count(pixels, colour):
    return int((pixels == np.array(colour)).all(-1).sum())


@pytest.mark.parametrize("with_data", [True, False])
def test_points_have_the_colour_of_their_label_beside_real_ones(with_data, tmp_path):
    """Generated points are made under the conditions of the held-out ones: all of class 1 of the classes 0 and 1."""
    labels = torch.ones(100, dtype=torch.int64)
    system = system_of(lambda z, c: z, ClassLabels(2))
    system.condition.learn_(torch.zeros(8, dtype=torch.int64))  # the training set's law
    data = HeldOut(torch.randn(100, 2), labels) if with_data else None
    pixels = drawn(tmp_path / "points.png", system, 100, data)
    expected = labels if with_data else 0 * labels
    assert torch.equal(system.generator.told[-1][0], expected)
    height, width, _ = pixels.shape
    tab10 = [[round(255 * each) for each in colour] for colour in colormaps["tab10"].colors[:2]]
    panels = np.array_split(pixels[:, : round(width * 0.85)], 2, 1) if with_data else [pixels[:, : round(width * 0.8)]]
    for panel in panels:
        assert colour_count(panel, tab10[expected[0]]) > 100
        assert colour_count(panel, tab10[1 - expected[0]]) == 0
    assert height < width


def test_points_are_coloured_along_a_number(tmp_path):
    told = torch.tensor([0.5, 6.0]).repeat(100)
    system = system_of(lambda z, c: z, Values(1))
    pixels = drawn(tmp_path / "points.png", system, 200, HeldOut(torch.randn(200, 2), told))
    ends = [[round(255 * each) for each in colormaps["viridis"](level)[:3]] for level in (0.0, 1.0)]
    assert all(colour_count(half, end) > 20 for end in ends for half in np.array_split(pixels[:, :800], 2, 1))
    assert torch.equal(system.generator.told[-1][0], told[:, None])


def test_points_of_conditions_without_colours_are_drawn_without(tmp_path):
    system = system_of(lambda z, c: z, Values((1, 2, 2)))
    real = HeldOut(torch.randn(50, 2), torch.randn(50, 1, 2, 2))
    pixels = drawn(tmp_path / "points.png", system, 50, real)
    assert torch.equal(system.generator.told[-1][0], real.minibatch.condition)
    assert pixels.shape[0] == pixels.shape[1]


def test_series_are_drawn_as_curves_before_real_ones(tmp_path):
    system = system_of(lambda z: z[:, :1, None].expand(-1, 1, 30))
    alone = drawn(tmp_path / "series.png", system, 9)
    beside = drawn(tmp_path / "series.png", system, 9, HeldOut(5 + torch.randn(40, 1, 30)))
    grey, orange = [((pixels > 180) & (pixels < 200)).all(-1).sum() for pixels in (alone, beside)], [255, 165, 86]
    assert grey[1] > grey[0] + 100  # pale, since they lie behind
    assert all(colour_count(pixels, orange) > 100 for pixels in (alone, beside))


def test_a_few_conditions_have_a_panel_of_series_each(tmp_path):
    system = system_of(lambda z, c: (z[:, :1] + c[:, None]).expand(-1, 20), ClassLabels(5))
    drawn(tmp_path / "series.png", system, 20)
    of_panels = [told[0] for told in system.generator.told[1:]]
    assert [label.unique().tolist() for label in of_panels] == [[0], [1], [2], [3], [4]]
    assert {len(label) for label in of_panels} == {4}


def test_real_series_behind_are_those_of_the_class_and_of_the_nearest_numbers():
    series, labels, numbers = torch.arange(6.0)[:, None], torch.tensor([0, 1, 0, 1, 0, 1]), torch.arange(6.0)[:, None]
    asked = torch.tensor([1, 2]), torch.tensor([[4.1], [0.0]])
    of_both = Minibatch(series, (labels, numbers))
    assert most_similar(of_both, asked, 0, 2).flatten().tolist() == [5, 3]
    assert len(most_similar(of_both, asked, 1, 2)) == 0  # there is none of class 2
    assert most_similar(Minibatch(series, numbers), asked[1], 0, 3).flatten().tolist() == [4, 5, 3]


@pytest.mark.parametrize("shape", [(8,), (1, 30), (30, 1)])
def test_series_of_eight_numbers_are_drawn(shape):
    assert drawing_of(shape) is SERIES


@pytest.mark.parametrize("shape", [(), (2, 3, 4, 5, 6)])
def test_other_samples_make_no_picture(shape):
    assert drawing_of(shape) is None


def test_channels_stand_side_by_side_and_volumes_are_cut_through_their_middle():
    image = torch.rand(3, 2, 4, 5)
    assert torch.equal(flat(image)[:, 0, :, :5], image[:, 0])
    assert torch.equal(flat(image)[:, 0, :, 6:], image[:, 1])
    volume = torch.rand(3, 1, 16, 10, 12)
    cuts = flat(volume)
    assert cuts.shape == (3, 1, 16, 12 + 12 + 10 + 2)
    assert torch.equal(cuts[:, 0, :10, :12], volume[:, 0, 8])
    assert torch.equal(cuts[:, 0, :, 13:25], volume[:, 0, :, 5])
    assert torch.equal(cuts[:, 0, :, 26:], volume[:, 0, :, :, 6])
    assert torch.equal(flat(volume[:, 0]), cuts)


def test_a_grid_of_16_bits_is_grey_between_the_ends_of_the_range(tmp_path):
    system = system_of(lambda z: torch.full((len(z), 1, SIZE, SIZE), -1.0))
    system.transform = PixelRange((0, 1000), "uint16")
    assert system.sample(slice(1)).unique().tolist() == [0]
    assert not drawn(tmp_path / "grid.png", system, 4).any()


def test_other_units_are_stretched_without_their_extremes():
    values = torch.linspace(-5, 5, 1001).view(1, 1, 7, 143)
    stretched = flat_samples(values, None)
    assert stretched.median() == pytest.approx(0, abs=1e-6)
    assert 1 < stretched.max() < 1.02
    assert limits_of(values / 5, None) == UNIT
    assert torch.equal(flat_samples(values / 5, None), values / 5)


@pytest.mark.parametrize("level", [0.5, 7.0])
def test_generated_images_have_the_brightness_of_real_ones_whose_values_leave_the_unit_range(level, tmp_path):
    """Whatever the generated ones' own range is: early in a training it is another."""
    real = torch.linspace(0, 10, 4 * SIZE * SIZE).view(4, 1, SIZE, SIZE)
    system = system_of(lambda z: torch.full((len(z), 1, SIZE, SIZE), level))
    trainer, grid = SimpleNamespace(datamodule=HeldOut(real), loggers=[]), SampleGrid(1, num_samples=4)
    grid._draw(trainer, system, tmp_path / "0000001.png", 1)
    pictures = [np.asarray(Image.open(tmp_path / name)) for name in ("0000001.png", "real.png")]
    assert pictures[0][30, 30] == pytest.approx(25.5 * level, abs=2)
    assert (pictures[1].min(), pictures[1].max()) == (0, 255)


def test_each_channel_of_a_series_is_a_panel(tmp_path):
    assert drawing_of((30, 2)) is drawing_of((2, 30)) is drawing_of((64, 12)) is SERIES
    assert drawing_of((28, 28)) is IMAGES
    series = torch.rand(5, 30, 2)
    assert torch.equal(of_channels(series)[1], series[..., 1])
    assert torch.equal(of_channels(series.transpose(1, 2))[1], series[..., 1])
    system = system_of(lambda z: z[:, :1, None].expand(-1, 30, 2))
    wide = drawn(tmp_path / "two.png", system, 4, HeldOut(series)).shape[1]
    assert wide >= drawn(tmp_path / "one.png", system_of(lambda z: z[:, :1].expand(-1, 30)), 4).shape[1]


def test_columns_of_a_table_are_histograms_with_the_names_of_categories(tmp_path):
    table = TableTransform(["age", "town"], [[], ["Ulm", "Bern"]])
    assert drawing_of((2,), None) is not COLUMNS
    assert drawing_of((9,), table) is drawing_of((5,), None) is COLUMNS
    rows = torch.stack([torch.randn(50), torch.randint(0, 2, (50,)).float()], 1)
    save_histograms({"real": rows, "generated": rows}, table.names, table.categories, tmp_path / "a.png", "t")
    save_histograms({"generated": rows}, ["0", "1"], [[], []], tmp_path / "b.png", "t")
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()


def shown(path, drawing, contents):
    drawing.draw(contents, path)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_held_out_images_stand_in_the_columns_of_their_classes(tmp_path):
    """In the layout of generated ones; a class of which too few are held out leaves places black."""
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    real = (labels / 4 - 0.5)[:, None, None, None].expand(-1, 1, SIZE, SIZE)
    system = system_of(lambda z, c: halves(z, c / 4), ClassLabels(3))
    held_out = shown(tmp_path / "real.png", IMAGES, IMAGES.held_out(system, 9, HeldOut(real, labels)))
    assert held_out.shape == drawn(tmp_path / "grid.png", system, 9).shape
    levels = as_bytes(torch.tensor([0, 1, 2]) / 4 - 0.5)
    for row in range(3):
        expected = levels if row < 2 else [levels[0], levels[1], 0]
        assert [tile(held_out, row, column).max() for column in range(3)] == expected
    np.testing.assert_array_equal(
        held_out[:LABEL], shown(tmp_path / "a.png", IMAGES, IMAGES.generated(system, 9))[:LABEL]
    )


def test_held_out_images_under_images_stand_under_their_own(tmp_path):
    fields = torch.rand(5, 1, 4, 4) * 2 - 1
    source = Values((1, 4, 4))
    source.learn_(torch.rand(5, 1, 4, 4))
    system = system_of(lambda z, c: halves(z, c.mean((1, 2, 3))), source)
    real = HeldOut(torch.rand(9, 1, SIZE, SIZE), torch.cat([fields, fields[:4]]))
    contents = IMAGES.held_out(system, 16, real)
    assert torch.equal(contents.conditions, fields)
    assert torch.equal(contents.samples, real.minibatch.real[:5])
    assert shown(tmp_path / "real.png", IMAGES, contents).any()


@pytest.mark.parametrize(
    ("shape", "told", "source"),
    [
        ((2,), torch.arange(40) % 2, ClassLabels(2)),
        ((5,), None, None),
        ((30,), None, None),
        ((30,), torch.arange(40.0)[:, None], Values(1)),
        ((6, 6, 6), None, None),
    ],
)
def test_held_out_samples_of_every_kind_are_drawn_like_generated_ones(shape, told, source, tmp_path):
    if source is not None:
        source.learn_(told[:5])
    system = system_of(lambda z, *c: z[:, :1].view(-1, *[1] * len(shape)).expand(-1, *shape), source)
    drawing, data = drawing_of(shape), HeldOut(torch.randn(40, *shape), told)
    contents = drawing.held_out(system, 16, data)
    generated = drawing.generated(system, 16, data)
    assert [len(group) for group in contents.groups] == [len(group) for group in generated.groups]
    real = shown(tmp_path / "real.png", drawing, contents)
    made = shown(tmp_path / "fake.png", drawing, generated)
    assert real.shape[0] == made.shape[0]
    assert real.shape[1] in (made.shape[1], made.shape[1] - 450)  # points are drawn beside real ones
    assert real.std() > 0
    assert all(torch.isin(drawn_in, data.minibatch.real).all() for drawn_in in contents.groups)
