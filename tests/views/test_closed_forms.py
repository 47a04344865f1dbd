"""Each view against its definition, and what it refuses."""

import pytest
import torch

from lit_wgan.errors import UsageError
from lit_wgan.functional.augmentations import brightness, contrast, cutout, flip, saturation, translation, whole_numbers
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.terms.base import Draws
from lit_wgan.views import DiffAugment, Pack, RandomSlices, View
from lit_wgan.views.base import check_group


class Fresh(Draws):
    """Random numbers of m rows."""

    def __init__(self, m, update=0):
        self.m, self.update = m, update

    def uniform(self, *shape):
        return RandomStreams(0).uniform("view", self.update, (self.m, *shape))


def seen(view, x, update=0):
    return view(x, *view.draw(Fresh(len(x), update), x))


def test_a_pack_of_vectors_holds_rows_a_stride_apart_side_by_side():
    x = torch.arange(6.0)[:, None] * torch.tensor([1.0, 10.0])
    assert Pack(3)(x).tolist() == [[0, 0, 2, 20, 4, 40], [1, 10, 3, 30, 5, 50]]


def test_images_are_packed_on_channels_and_series_on_their_last_axis():
    images, series = torch.randn(4, 3, 5, 7), torch.randn(4, 6, 2)
    assert torch.equal(Pack(2)(images)[1], torch.cat([images[1], images[3]]))
    assert torch.equal(Pack(2, axis=-1)(series)[1], torch.cat([series[1], series[3]], dim=1))


def test_conditions_are_packed_as_samples_are():
    assert Pack(2).condition(torch.arange(4)).tolist() == [[0, 2], [1, 3]]
    assert Pack(2).condition(torch.arange(4)[:, None]).tolist() == [[0, 2], [1, 3]]


@pytest.mark.parametrize("devices", [2, 3])
def test_packs_of_devices_are_those_of_one(devices):
    x = torch.arange(24)
    parts = [Pack(4)(x[rank::devices]) for rank in range(devices)]
    assert all(torch.equal(part, Pack(4)(x)[rank::devices]) for rank, part in enumerate(parts))


def test_the_generators_minibatch_is_packed_pass_by_pass():
    from lit_wgan.systems.seeing import seen_condition, seen_samples

    rows = torch.arange(6).repeat(2)
    assert seen_samples(Pack(3), rows, (), passes=2).tolist() == [[0, 2, 4], [1, 3, 5]] * 2
    assert seen_condition(Pack(3), (rows,), (), passes=2)[0].tolist() == [[0, 2, 4], [1, 3, 5]] * 2


def test_slices_are_cut_across_each_axis_at_their_place():
    x = torch.randn(2, 3, 4, 4, 4)
    slices = RandomSlices(slices=2)(x, torch.tensor([[0.0, 0.25, 0.5, 0.75, 0.99, 0.0], [0.3] * 6]))
    assert slices.shape == (12, 3, 4, 4)
    first, second = slices[::2], slices[1::2]
    expected = [x[0, :, 0], x[0, :, :, 1], x[0, :, :, :, 2], x[0, :, 3], x[0, :, :, 3], x[0, :, :, :, 0]]
    assert torch.equal(first, torch.stack(expected))
    assert torch.equal(second[0], x[1, :, 1])


def test_volumes_as_a_condition_are_cut_with_their_samples_and_labels_go_along():
    x, view = torch.randn(2, 3, 4, 4, 4), RandomSlices(axes=[1], slices=2)
    noise = view.draw(Fresh(2), x)
    assert torch.equal(view.condition(x, *noise), view(x, *noise))
    assert view.condition(torch.tensor([5, 7]), *noise).tolist() == [5, 7, 5, 7]


def test_gradients_of_slices_reach_the_voxels_that_were_seen():
    x = torch.zeros(1, 1, 2, 2, 2, requires_grad=True)
    RandomSlices(axes=[0])(x, torch.tensor([[0.6]])).sum().backward()
    assert x.grad[0, 0].tolist() == [[[0, 0], [0, 0]], [[1, 1], [1, 1]]]


def test_colours_are_the_authors_formulas():
    x, u = torch.randn(2, 3, 4, 4), torch.tensor([0.1, 0.9])
    torch.testing.assert_close(brightness(x, u), x + torch.tensor([-0.4, 0.4]).view(2, 1, 1, 1))
    torch.testing.assert_close(saturation(x, u).mean(1), x.mean(1))
    torch.testing.assert_close(saturation(x, u).std(1), x.std(1) * torch.tensor([0.2, 1.8]).view(2, 1, 1))
    torch.testing.assert_close(contrast(x, u).flatten(1).mean(1), x.flatten(1).mean(1))
    torch.testing.assert_close(contrast(x, u).flatten(1).std(1), x.flatten(1).std(1) * torch.tensor([0.6, 1.4]))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_half_of_the_range_leaves_colours_and_places_of_any_number_of_axes_as_they_are(axes):
    x, half = torch.randn(3, 2, *[8] * axes), torch.full((3, axes), 0.5)
    for change in (brightness, saturation, contrast):
        torch.testing.assert_close(change(x, half[:, 0]), x)
    assert torch.equal(translation(x, half), x)


def test_translation_moves_by_up_to_an_eighth_and_leaves_zeros():
    x = torch.arange(1.0, 17.0).view(1, 1, 16)
    ends = [translation(x, torch.tensor([[u]])).flatten().tolist() for u in (0.0, 0.999)]
    assert ends == [[0, 0, *range(1, 15)], [*range(3, 17), 0, 0]]
    shifts = whole_numbers((torch.arange(10) + 0.5) / 10, 5).bincount()
    assert shifts.tolist() == [2] * 5


def test_cutout_is_a_box_of_half_the_length_that_may_stick_out():
    x = torch.ones(2, 3, 6, 8)
    left = cutout(x, torch.tensor([[0.5, 0.5], [0.0, 0.999]]))
    assert (left == 0).sum((1, 2, 3)).tolist() == [3 * 3 * 4, 3 * 2 * 2]
    assert (left[1, :, :2, 6:] == 0).all()


def test_half_of_the_samples_are_mirrored():
    x = torch.arange(3.0).expand(2, 1, 3)
    assert flip(x, torch.tensor([0.4, 0.6])).flatten(1).tolist() == [[2, 1, 0], [0, 1, 2]]


@pytest.mark.parametrize("shape", [(16, 1, 8, 8), (16, 3, 12), (16, 2, 4, 4, 4)])
def test_augmented_samples_keep_their_shape_and_differ_between_rows_and_updates(shape):
    view, x = DiffAugment(["color", "translation", "cutout", "flip"]), torch.randn(1, *shape[1:]).expand(shape)
    first, second = seen(view, x), seen(view, x, update=1)
    assert first.shape == shape
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first, second)
    assert torch.equal(first, seen(view, x))


def test_series_are_augmented_along_time_with_channels_last():
    x = torch.randn(4, 16, 2)
    moved = seen(DiffAugment(["translation"], channel_axis=-1), x)
    assert torch.equal(moved.movedim(-1, 1), seen(DiffAugment(["translation"]), x.movedim(-1, 1)))


def test_images_as_a_condition_move_with_their_samples_and_keep_their_colours():
    x = torch.rand(64, 1, 8, 8) + 1
    view = DiffAugment(["color", "translation", "flip"])
    noise = view.draw(Fresh(64), x)
    told, labels = view.condition(x, *noise), torch.arange(64)
    assert torch.equal(told == 0, DiffAugment(["translation", "flip"]).condition(x, noise[0][:, 3:]) == 0)
    kept = torch.isin(told[told != 0], x)
    assert kept.all()
    assert not torch.equal(told, x)
    assert torch.equal(view.condition(labels, *noise), labels)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_views_keep_the_type_of_samples(dtype):
    images, volumes = torch.randn(4, 3, 8, 8, dtype=dtype), torch.randn(4, 1, 8, 8, 8, dtype=dtype)
    assert seen(DiffAugment(["color", "translation", "cutout", "flip"]), images).dtype == dtype
    assert seen(RandomSlices(), volumes).dtype == dtype


def test_what_cannot_be_seen_is_refused_in_one_line():
    with pytest.raises(UsageError, match="Expected size to be at least 2, but got 1"):
        Pack(1)
    with pytest.raises(UsageError, match="Expected a multiple of 4 samples for Pack, but got 6"):
        Pack(4)(torch.zeros(6, 2))
    with pytest.raises(UsageError, match="Expected axes to be of 0, 1 and 2, but got"):
        RandomSlices(axes=[3])
    with pytest.raises(UsageError, match="Expected slices to be above 0"):
        RandomSlices(slices=0)
    with pytest.raises(UsageError, match=r"Expected volumes .* for RandomSlices, but got \(2, 1, 4, 5, 6\)"):
        seen(RandomSlices(), torch.zeros(2, 1, 4, 5, 6))
    with pytest.raises(UsageError, match=r"Expected volumes .* but got \(2, 4, 4\)"):
        seen(RandomSlices(axes=[0]), torch.zeros(2, 4, 4))
    with pytest.raises(UsageError, match="Expected policy to be of brightness, .* but got .*sepia"):
        DiffAugment(["sepia"])
    with pytest.raises(UsageError, match=r"an axis to move along for DiffAugment, but got \(4, 2\)"):
        seen(DiffAugment(), torch.zeros(4, 2))
    with pytest.raises(UsageError, match="multiple of 6 for 2 devices, since Pack shows 3 samples as one, but got 8"):
        check_group(Pack(3), 4, 2)
    with pytest.raises(NotImplementedError):
        View()(torch.zeros(2))
