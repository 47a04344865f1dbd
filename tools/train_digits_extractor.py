"""Train the digits classifier on MNIST and scikit-learn's 8x8 digits, and write its weights.

python tools/train_digits_extractor.py --mnist DIR [--out FILE] [--epochs N]

The packaged weights, their data and their accuracy: docs/digits_extractor.md.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, cross_entropy, grid_sample
from torch.optim.lr_scheduler import OneCycleLR

from lit_wgan.data.images import DATASETS
from lit_wgan.data.pixels import to_pixels
from lit_wgan.evaluation.digits import WEIGHTS, DigitsClassifier, DigitsExtractor, to_grey_square

SEED = 0
EPOCHS = 15
BATCH_SIZE = 128
DIGITS_REPEATS = 4  # passes over the 1,297 small digits per pass over MNIST, lest its 60,000 outweigh them


def labelled(dataset: str, root: Path, *, train: bool) -> tuple[Tensor, Tensor]:
    """One part of ``"digits"`` or ``"mnist"``, split as :class:`~lit_wgan.data.image_data.ImageData` splits it.

    Args:
        dataset: the name.
        root: folder that holds ``MNIST/raw``; ``"digits"`` does not look at it.
        train: the images to train on if true, else those held out.

    Returns:
        Images, uint8 ``(N, 1, H, W)``, and their labels, int64 ``(N,)``.

    Raises:
        FileNotFoundError: if ``root`` does not hold MNIST.
    """
    items: Any = DATASETS[dataset](root.expanduser().resolve(), train, False).open()
    images, labels = zip(*((to_pixels(item), int(item[1])) for item in items), strict=True)
    return torch.stack(images), torch.tensor(labels)


def train(images: Tensor, labels: Tensor, epochs: int = EPOCHS) -> DigitsClassifier:
    """A classifier trained by AdamW on augmented images; the same one every time, on one machine and one thread.

    Args:
        images: ``(N, 1, 32, 32)`` in ``[0, 1]``, at least 128.
        labels: int64 ``(N,)`` in 0..9.
        epochs: passes over the images, each without the remainder of N by 128.
    """
    batches = len(images) // BATCH_SIZE
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = DigitsClassifier()
        optimizer = torch.optim.AdamW(model.parameters())
        schedule = OneCycleLR(optimizer, max_lr=5e-3, total_steps=epochs * batches)
        for _ in range(epochs):
            for rows in torch.randperm(len(images))[: batches * BATCH_SIZE].split(BATCH_SIZE):
                loss = cross_entropy(model(augment(images[rows])), labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return model.eval()


def augment(images: Tensor) -> Tensor:
    """Each image turned by up to 0.2 rad, scaled by 0.9 to 1.1 and shifted by up to 2 of 32 pixels, chosen uniformly.

    Shape and range stay: ``(N, 1, H, W)`` in ``[0, 1]``.
    """
    turn, scale, *shift = torch.empty(4, len(images)).uniform_(-1, 1)
    cos, sin = (1 + 0.1 * scale) * torch.cos(0.2 * turn), (1 + 0.1 * scale) * torch.sin(0.2 * turn)
    rows = torch.stack([cos, -sin, shift[0] / 8, sin, cos, shift[1] / 8], dim=1)
    return grid_sample(images, affine_grid(rows.view(-1, 2, 3), list(images.shape), False), align_corners=False)


def save(model: DigitsClassifier, file: Path) -> None:
    """Write the weights, in half precision."""
    weights = {name: value.half() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    with file.open("wb") as stream:  # given a path, torch would write its name into the file, and change the sha256
        torch.save(weights, stream)


def accuracy(extractor: DigitsExtractor, images: Tensor, labels: Tensor) -> float:
    """The share of uint8 images ``(N, 1, H, W)`` whose largest logit is their label's.

    Args:
        extractor: one whose only feature is ``"logits"``.
        images: uint8 ``(N, 1, H, W)``.
        labels: int64 ``(N,)``.
    """
    guesses = torch.cat([extractor(batch)[0].argmax(1) for batch in images.split(1000)])
    return (guesses == labels).double().mean().item()


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, write the weights, read them back, and print their accuracy on the images held out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True, help="folder that holds MNIST/raw, unpacked")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="file of the weights; the packaged one if left out")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="passes over the images")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # sums in one order, however many cores there are

    parts = [labelled("mnist", options.mnist, train=True)]
    parts += [labelled("digits", options.mnist, train=True)] * DIGITS_REPEATS
    images, labels = zip(*parts, strict=True)
    save(train(torch.cat([to_grey_square(part) for part in images]), torch.cat(labels), options.epochs), options.out)

    extractor = DigitsExtractor(features_list=["logits"], feature_extractor_weights_path=options.out)
    for dataset in ("digits", "mnist"):
        held_out = labelled(dataset, options.mnist, train=False)
        print(f"{dataset}: {accuracy(extractor, *held_out):.2%} of {len(held_out[0]):,} held-out images")


if __name__ == "__main__":
    main()
