"""A trial of the networks before the first update."""

import atexit
from typing import Any

from lightning.pytorch import Callback, Trainer

from lit_wgan.engine.acceleration import disable_nvml_probe
from lit_wgan.engine.collectives import disconnect
from lit_wgan.engine.internals import silence_rate_monitors
from lit_wgan.engine.preserve import evaluation_mode
from lit_wgan.systems.checks import check_precision, check_scores, check_strategy, first_samples, mixes_samples


class Preflight(Callback):
    """Refuses what cannot train, and records the sample shape and whether the critic mixes samples."""

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Refuse strategies that cannot train before they wrap the networks, and precisions; disconnect at exit."""
        check_strategy(trainer.strategy)
        check_precision(str(trainer.precision))
        atexit.register(disconnect)

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Let the generator make a few samples and the critic score them."""
        silence_rate_monitors(trainer)
        disable_nvml_probe(pl_module.device)
        samples = first_samples(pl_module.sample, pl_module.latent_dim)
        pl_module.sample_shape = samples.shape[1:]
        condition = pl_module.condition_of_samples(slice(len(samples)))
        with evaluation_mode(pl_module.critic):
            check_scores(lambda x: pl_module.score(x, condition), samples)
        pl_module.mixes_samples = mixes_samples(pl_module.critic, samples, condition)
