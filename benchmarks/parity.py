"""Metrics of lit-wgan, torch-fidelity and torchmetrics for the same images, as docs/fidelity.md shows them.

    python benchmarks/parity.py [--inception_samples 96]

The images are scikit-learn's digits, and the same digits with noise; Inception has random weights.
"""

import argparse
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch_fidelitys
from random_inception import write_random_inception
from torch import Tensor, nn
from torch_fidelitys import NAMES
from torchmetrics.image.fid import FrechetInceptionDistance, NoTrainInceptionV3
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import KernelInceptionDistance

from lit_wgan import GenerativeEvaluator
from lit_wgan.data import open_images
from lit_wgan.evaluation.digits import DigitsExtractor


class Layer(nn.Module):
    """One layer of an extractor, as torchmetrics takes it."""

    def __init__(self, layer: str):
        super().__init__()
        self.extractor = DigitsExtractor("digits", [layer])
        self.num_features = {"128": 128, "logits": 10}[layer]

    def forward(self, images: Tensor) -> Tensor:
        return self.extractor(images)[0]


def by_torchmetrics(fake: Tensor, real: Tensor, extractor: str, weights: str | None, subset: int) -> dict[str, Any]:
    """Compute FID, Inception Score and KID with torchmetrics' defaults, except for the extractor."""

    def layer(digits: str, inception: str) -> nn.Module:
        if extractor == "digits":
            return Layer(digits)
        return NoTrainInceptionV3("inception-v3-compat", [inception], weights)

    torch.manual_seed(2020)
    fid = FrechetInceptionDistance(layer("128", "2048"), input_img_size=(3, 8, 8))
    kid = KernelInceptionDistance(layer("128", "2048"), subsets=10, subset_size=subset)
    score = InceptionScore(layer("logits", "logits_unbiased"))
    for images, is_real in ((fake, False), (real, True)):
        for part in images.split(64):
            fid.update(part, real=is_real)
            kid.update(part, real=is_real)
            if not is_real:
                score.update(part)
    mean, std = score.compute()
    kid_mean, kid_std = kid.compute()
    found = {"fid": fid.compute(), "inception_score_mean": mean, "inception_score_std": std}
    found |= {"kid_mean": kid_mean, "kid_std": kid_std}
    return {name: value.item() for name, value in found.items()}


def compare(extractor: str, weights: str | None, fake: np.ndarray, real: np.ndarray, subset: int) -> None:
    """Print one table."""
    sizes = {"kid_subsets": 10, "kid_subset_size": subset}
    columns = []
    for compat in ("exact", "torch-fidelity"):
        with tempfile.TemporaryDirectory() as folder:
            options: dict[str, Any] = {"extractor": extractor, "weights": weights, "compat": compat, **sizes}
            metrics = ["fid", "isc", "kid", "prc"]
            evaluator = GenerativeEvaluator(real, metrics, len(fake), cache_dir=folder, **options)
            found = evaluator.evaluate_images(fake)
            columns.append({name: found.get(name, found.get(f"{name}_{extractor}")) for name in NAMES})
    common = {"isc": True, "fid": True, "kid": True, "prc": True, "save_cpu_ram": True, **sizes}
    common |= {"feature_extractor": extractor, "feature_extractor_weights_path": weights}
    columns.append(torch_fidelitys.measure(torch_fidelitys.Images(fake), real, **common))
    columns.append(by_torchmetrics(torch.from_numpy(fake), torch.from_numpy(real), extractor, weights, subset))
    print(f"\n{extractor}: {len(fake)} generated and {len(real)} real images, KID's subsets of {subset}\n")
    print("| metric | exact | compat: torch-fidelity | calculate_metrics | torchmetrics |\n|---|---|---|---|---|")
    for name in NAMES:
        cells = [f"{column[name]:.10g}" if name in column else "has none" for column in columns]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Compare with both extractors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inception_samples", type=int, default=96, help="images of each side")
    count = parser.parse_args().inception_samples
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        real = np.array(open_images("digits", folder, train=True, image_size=None, cache_dir=folder))
        real = np.repeat(real, 3, 1)
        noise = np.random.RandomState(0).randint(-32, 33, (1003, *real.shape[1:]))
        fake = (real[:1003] + noise).clip(0, 255).astype(np.uint8)
        compare("digits", None, fake, real, subset=500)
        weights = Path(folder) / "inception.pth"
        write_random_inception(weights)
        compare("inception-v3-compat", str(weights), fake[:count], real[:count], subset=count // 2)


if __name__ == "__main__":
    main()
