"""Pictures of generated samples: grids of images, scatter plots of points in the plane, curves of series."""

from lit_wgan.callbacks.pictures.drawing import Drawing, drawing_of

__all__ = ["Drawing", "drawing_of"]
