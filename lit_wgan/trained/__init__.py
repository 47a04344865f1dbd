"""What training leaves, taken up again: the system of a checkpoint, its generator alone."""

from lit_wgan.trained.found import Trained, find_trained
from lit_wgan.trained.generator import TrainedGenerator, load_generator

__all__ = ["Trained", "TrainedGenerator", "find_trained", "load_generator"]
