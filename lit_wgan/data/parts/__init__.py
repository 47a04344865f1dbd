"""Stored arrays and tables as training and held-out samples, with their conditions and weights."""

from lit_wgan.data.parts.opening import Parts, open_parts
from lit_wgan.data.parts.part import Part

__all__ = ["Part", "Parts", "open_parts"]
