"""The classifier of AC-GAN."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from lit_wgan.errors import UsageError
from lit_wgan.terms.base import Metrics, Step, Term


class AuxiliaryClassifier(Term):
    """``E[-log P(c | x)]``, the cross-entropy of the critic's own classifier, which gives its logits behind the scores.

    In the critic's loss it is that of real samples alone, in the generator's that of generated ones. The critic need
    not take the condition. Logged as ``auxiliary_classifier``, the share of samples whose class is told rightly as
    ``auxiliary_accuracy``.

    Args:
        weight: the authors' is 1 for the critic and 0.1 for the generator.
        interval: see :class:`Term`.

    Source: Odena et al. 2017, arXiv:1610.09585; with a Wasserstein loss, and on real samples alone in the critic's
    update: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 5.4, authors' code igul222/improved_wgan_training at
    fa66c57, gan_cifar_resnet.py.
    """

    name = "auxiliary_classifier"
    tells_condition = True

    def __init__(self, weight: float = 1.0, interval: int = 1):
        super().__init__(weight, interval)

    def __call__(self, step: Step, *noise: Tensor) -> tuple[Tensor, Metrics]:
        """The mean cross-entropy of logits ``(m, classes)`` and labels ``(m,)``.

        Raises:
            UsageError: for a system whose condition is no class number, and a critic that gives no logits.
        """
        judged = step.real if step.trains == "critic" else step.fake
        labels, logits = step.condition, next(iter(judged.extras), None)
        if not isinstance(labels, Tensor) or labels.is_floating_point() or labels.ndim != 1:
            raise UsageError(
                "Expected class numbers as condition for AuxiliaryClassifier, but got "
                f"{'none' if labels is None else 'others'}. Give the system model.condition: lit_wgan.ClassLabels."
            )
        if logits is None or logits.ndim != 2 or len(logits) != len(labels):
            got = "scores alone" if logits is None else f"the shape {tuple(logits.shape)} behind the scores"
            raise UsageError(
                f"Expected a critic that gives scores and class logits ({len(labels)}, classes) for "
                f"AuxiliaryClassifier, but got {got}. Let its forward return (scores, logits)."
            )
        right = logits.detach().argmax(1).eq(labels)
        return cross_entropy(logits, labels), {"auxiliary_accuracy": right.to(logits.dtype)}
