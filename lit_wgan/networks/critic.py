"""What the convolutional critics share: how their last layer is told the condition, or classifies."""

from torch import Tensor, nn

from lit_wgan.errors import UsageError
from lit_wgan.networks.concatenation import concatenated
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.conditioning import ConditionedSequential, Projection, ScoreAndLogits


class ImageCritic(nn.Module):
    """A critic of images, series or volumes; subclasses make its ``layers``, the last of them by :meth:`_head`."""

    layers: ConditionedSequential

    def __init__(self, spec: ConditionSpec, auxiliary_classifier: bool):
        super().__init__()
        if auxiliary_classifier and not spec.num_classes:
            raise UsageError(
                "Expected num_classes for an auxiliary_classifier, but got 0. Set it to the number of classes, or set "
                "auxiliary_classifier to false."
            )
        self.spec = spec
        self.auxiliary_classifier = auxiliary_classifier

    def _head(self, features: int, bias: bool = True) -> nn.Linear:
        """The last layer: from features ``(N, features)`` to a score, told the condition or with a classifier."""
        if self.auxiliary_classifier:
            return ScoreAndLogits(features, bias, self.spec.num_classes)
        if self.spec.num_classes or self.spec.condition_dim:
            return Projection(features, bias, self.spec)
        return nn.Linear(features, 1, bias)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor | tuple[Tensor, Tensor]:
        """Scores ``(N,)`` for samples under their conditions: ``(N, C, H, W)``, or the axes of ``spec.layout``.

        With an auxiliary classifier, scores ``(N,)`` and logits ``(N, num_classes)``, whatever the condition.

        Raises:
            UsageError: for a condition that is not this network's, and for a missing one.
        """
        x = self.spec.layout.to_maps(x)
        if self.auxiliary_classifier:
            output = self.layers(x)
            return output[:, 0], output[:, 1:]
        condition = self.spec.checked(condition, x, self)
        if condition is not None and self.spec.condition_channels:
            x = concatenated(x, condition)
        return self.layers(x, condition).squeeze(1)
