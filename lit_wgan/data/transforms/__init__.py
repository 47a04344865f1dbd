"""Invertible maps from the data's own units to those of the networks."""

from lit_wgan.data.transforms.affine import MinMax, Standardise
from lit_wgan.data.transforms.base import Per, Transform
from lit_wgan.data.transforms.chain import Chain
from lit_wgan.data.transforms.log1p import Log1p
from lit_wgan.data.transforms.named import make_transform, restored_transform
from lit_wgan.data.transforms.pixel_range import PixelRange
from lit_wgan.data.transforms.quantile import Quantile
from lit_wgan.data.transforms.table import TableTransform
from lit_wgan.data.transforms.text import TextTransform

__all__ = [
    "Chain",
    "Log1p",
    "MinMax",
    "Per",
    "PixelRange",
    "Quantile",
    "Standardise",
    "TableTransform",
    "TextTransform",
    "Transform",
    "make_transform",
    "restored_transform",
]
