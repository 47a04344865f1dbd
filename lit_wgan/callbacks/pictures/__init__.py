"""Pictures of samples: grids of images and volumes, points in the plane, curves, histograms."""

from lit_wgan.callbacks.pictures.drawing import Drawing, drawing_of
from lit_wgan.callbacks.pictures.shown import Shown

__all__ = ["Drawing", "Shown", "drawing_of"]
