"""Where conditions come from: a loader's batches in training, the law of the training set when samples are drawn."""

from lit_wgan.data.conditions.labels import ClassLabels
from lit_wgan.data.conditions.several import SeveralConditions
from lit_wgan.data.conditions.source import ConditionSource, Uniform
from lit_wgan.data.conditions.values import Values

__all__ = ["ClassLabels", "ConditionSource", "SeveralConditions", "Uniform", "Values"]
