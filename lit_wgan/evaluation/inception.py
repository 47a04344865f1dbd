"""Inception as torch-fidelity has it, and the same layers and weights computed faster, equal up to rounding."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch_fidelity.feature_extractor_inceptionv3 import BasicConv2d, FeatureExtractorInceptionV3

from lit_wgan.evaluation.options import INCEPTION
from lit_wgan.evaluation.weights import TORCH_FIDELITY_FILE, reading_weights

SIZE = FeatureExtractorInceptionV3.INPUT_IMAGE_SIZE
IMAGES_AT_ONCE = 16  # on a CPU, whose caches do not hold the activations of more


def load_inception(layers: list[str], path: Path) -> FeatureExtractorInceptionV3:
    """torch-fidelity's Inception network with the weights of a file.

    Raises:
        UsageError: for a file that is cut short, or holds something else than this network's weights.
    """
    with reading_weights(INCEPTION, path, f"Replace it with {TORCH_FIDELITY_FILE}."):
        return FeatureExtractorInceptionV3(INCEPTION, layers, feature_extractor_weights_path=str(path))


class FastInception(nn.Module):
    """Inception with batch norms folded into the convolutions, channels last in memory, and a cheaper resize.

    Args:
        network: torch-fidelity's, with features ``"2048"`` or ``"logits_unbiased"`` or both; its layers are reused and
            changed in place.

    Input uint8 ``(N, 3, H, W)``, output a tuple of ``(N, 2048)`` and ``(N, 1008)``, in the network's order.
    """

    def __init__(self, network: FeatureExtractorInceptionV3):
        super().__init__()
        fold_batch_norm_(network)
        *layers, self.classifier = network.children()
        self.layers = nn.Sequential(*layers, nn.Flatten()).to(memory_format=torch.channels_last)
        self.outputs = network.features_list

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the features asked for."""
        at_once = IMAGES_AT_ONCE if images.device.type == "cpu" else len(images)
        features = torch.cat([self.layers(to_input(part)) for part in images.split(at_once)])
        outputs = {"2048": features, "logits_unbiased": features @ self.classifier.weight.T}
        return tuple(outputs[name] for name in self.outputs)


def fold_batch_norm_(network: nn.Module) -> None:
    """Fold the batch norms of torch-fidelity's Inception into its convolutions."""
    for block in network.modules():
        if isinstance(block, BasicConv2d):
            block.conv = fuse_conv_bn_eval(block.conv.double(), block.bn.double()).float()
            block.bn = nn.Identity()


def to_input(images: Tensor) -> Tensor:
    """Resize bytes to 299 x 299 pixels by TensorFlow 1's bilinear interpolation, and scale them to [-1, 1).

    Output pixel i lies at i times the input's size over 299, between the two input pixels around it.

    Args:
        images: uint8 ``(N, C, H, W)``.

    Returns:
        float32 ``(N, C, 299, 299)``, channels last in memory.
    """
    resized = _resize(_resize(images, 3), 2)  # columns first, so that the second pass copies whole rows
    return resized.sub_(128).div_(128).contiguous(memory_format=torch.channels_last)


def _resize(images: Tensor, dim: int) -> Tensor:
    size = images.shape[dim]
    position = torch.arange(SIZE, device=images.device) * (size / SIZE)
    low = position.long()
    high = (low + 1).clamp_max(size - 1)
    weight = (position - low).view(-1, *[1] * (3 - dim))
    return torch.lerp(images.index_select(dim, low).float(), images.index_select(dim, high).float(), weight)
