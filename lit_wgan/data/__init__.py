"""Real samples: toy distributions and images, as DataModules that hand over the minibatches of a generator update."""

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.array_data import ArrayData
from lit_wgan.data.datamodules import ToyData
from lit_wgan.data.degrade import Degradation, Downscaled, Noisy
from lit_wgan.data.image_data import ImageData
from lit_wgan.data.images import open_images
from lit_wgan.data.sampler import InfiniteSampler
from lit_wgan.data.streaming import StreamingData
from lit_wgan.data.text_data import TextData
from lit_wgan.engine.minibatches import CriticBatches, CriticBatchStream, minibatches

__all__ = [
    "AdversarialData",
    "ArrayData",
    "CriticBatchStream",
    "CriticBatches",
    "Degradation",
    "Downscaled",
    "ImageData",
    "InfiniteSampler",
    "Noisy",
    "StreamingData",
    "TextData",
    "ToyData",
    "minibatches",
    "open_images",
]
