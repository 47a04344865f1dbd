"""Pictures of generated samples: grids of images and volumes, points in the plane, curves, histograms."""

from lit_wgan.callbacks.pictures.drawing import Drawing, drawing_of, samples_in

__all__ = ["Drawing", "drawing_of", "samples_in"]
