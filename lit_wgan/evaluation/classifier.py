"""Small convolutional classifier of series, images or volumes, whose features measure fidelity."""

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.axes import BATCH_NORMS, conv3
from lit_wgan.networks.sample_shape import Layout

FEATURES = 128
WIDTHS = (16, 32, 64)
"""Channels after the first convolutions; those after them keep the last number."""
COARSEST = {1: 16, 2: 4, 3: 2}
"""Longest axis of the last feature maps, by the number of axes."""
LAYOUTS = {1: Layout(1, "none"), 2: Layout(1, "last"), 3: Layout(2), 4: Layout(3)}
"""Of samples with so many axes: series ``(T,)`` and ``(T, d)``, images ``(C, H, W)``, volumes ``(C, D, H, W)``."""
MAX_POOLS: dict[int, type[nn.Module]] = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}


class ConvolutionalClassifier(nn.Module):
    """Convolutions, each of which halves the axes that are long still, a layer of 128 features, and the logits.

    All layers but the last are followed by batch norm and ReLU, so features are not negative and of similar size. By
    three convolutions images of 32x32 pixels become 4x4.

    Args:
        shape: of one sample: ``(T,)``, ``(T, d)``, ``(C, H, W)`` or ``(C, D, H, W)``.
        classes: number K of logits.

    Input ``(N, *shape)``, output logits ``(N, K)``.

    Raises:
        UsageError: for samples of no or of more than four axes.
    """

    def __init__(self, shape: Sequence[int], classes: int):
        super().__init__()
        self.layout = layout_of(shape)
        channels, sizes = channels_and_sizes(shape)
        layers: list[nn.Module] = []
        for width in WIDTHS:
            layers += _halve(channels, width, sizes)
            channels, sizes = width, _halved(sizes)
        while max(sizes) > COARSEST[len(sizes)]:
            layers += _halve(channels, channels, sizes)
            sizes = _halved(sizes)
        self.features = nn.Sequential(
            *layers,
            nn.Flatten(),
            nn.Linear(channels * prod(sizes), FEATURES, bias=False),
            nn.BatchNorm1d(FEATURES),
            nn.ReLU(),
        )
        self.logits = nn.Linear(FEATURES, classes)

    def forward(self, samples: Tensor) -> Tensor:
        """Return logits ``(N, K)`` of samples ``(N, *shape)``."""
        return self.logits(self.features(self.layout.to_maps(samples)))


def layout_of(shape: Sequence[int]) -> Layout:
    """Where samples of a shape have their channels."""
    check_positive(**{f"the size of axis {axis}": size for axis, size in enumerate(shape)})
    if len(shape) not in LAYOUTS:
        raise UsageError(
            "Expected samples that are series (T,) or (T, d), images (C, H, W) or volumes (C, D, H, W), but got the "
            f"shape {tuple(shape)}. Store them in one of these shapes."
        )
    return LAYOUTS[len(shape)]


def channels_and_sizes(shape: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """The number of channels of one sample, and the sizes of its other axes."""
    match layout_of(shape).channel_axis:
        case "none":
            return 1, tuple(shape)
        case "last":
            return shape[-1], tuple(shape[:-1])
    return shape[0], tuple(shape[1:])


def _halved(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size // stride for size, stride in zip(sizes, _strides(sizes), strict=True))


def _strides(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(2 if size > COARSEST[len(sizes)] else 1 for size in sizes)


def _halve(in_channels: int, out_channels: int, sizes: tuple[int, ...]) -> list[nn.Module]:
    dims, strides = len(sizes), _strides(sizes)
    layers = [conv3(dims, in_channels, out_channels, bias=False), BATCH_NORMS[dims](out_channels), nn.ReLU()]
    return [*layers, MAX_POOLS[dims](strides)]
