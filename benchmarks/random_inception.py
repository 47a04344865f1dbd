"""Random weights for Inception in the format of the true file, for tests and timings where that file is missing.

    python benchmarks/random_inception.py FILE

Metrics with these weights show only whether two programs agree.
"""

import sys
from pathlib import Path
from unittest import mock

import torch
from torch import nn
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

NAME = f"{FeatureExtractorInceptionV3.__module__}.load_state_dict_from_url"


def write_random_inception(path: Path, seed: int = 0) -> None:
    """Write 472 tensors, scaled so that every layer's units vary about as much as those of a trained network."""
    with torch.random.fork_rng(devices=[]), mock.patch(NAME, return_value={}):
        torch.manual_seed(seed)
        with mock.patch.object(FeatureExtractorInceptionV3, "load_state_dict"):
            network = FeatureExtractorInceptionV3("inception-v3-compat", ["logits"])
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0  # running statistics become those of the one batch
        network.train()
        coarse = torch.randint(0, 256, (8, 3, 8, 8)).float()
        network(nn.functional.interpolate(coarse, size=(64, 64), mode="bicubic").clamp(0, 255).to(torch.uint8))
    state = {name: value for name, value in network.state_dict().items() if "num_batches_tracked" not in name}
    state["fc.weight"] = state["fc.weight"] * 20  # so that classes differ
    torch.save(state, path)


if __name__ == "__main__":
    write_random_inception(Path(sys.argv[1]))
