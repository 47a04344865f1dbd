"""Diagnostics of the critic: its weights and gradient norms, as in Figure 1 (b) of the WGAN-GP paper."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn

from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.runs.media import media_loggers
from lit_wgan.runs.metric_names import ACTIVATIONS, LAYERS
from lit_wgan.systems.activations import activation_gradient_norms
from lit_wgan.terms.base import Metrics


class CriticDiagnostics(Callback):
    """Logs what each layer of the critic passes on, and histograms, with the metrics of training.

    For each layer ``critic_activations/...``: the norm of the gradient of the critic's loss with respect to its output
    (:func:`~lit_wgan.systems.activations.activation_gradient_norms`), and ``critic_layers/...``: that of the newest
    gradient with respect to its weights. Both explode or vanish from layer to layer if c is wrong.

    TensorBoard and W&B have histograms, too. ``critic/weights``: all weights; under clipping they pile up at -c and c.
    ``critic/layer_gradient_norms``: the norms of the weights' gradients. ``critic/sample_gradient_norms``: norms of the
    gradient at the points of the newest penalty on this device; they should be near 1.

    Training is the same to the bit with this callback and without it. One pass of both networks more is taken every
    ``log_every_n_steps``.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Figure 1 (b).
    """

    def __init__(self) -> None:
        self._logged = -1
        self._observe: Callable[[Minibatch], Metrics] | None = None

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Have the norms logged with the metrics."""
        self._observe = partial(norms_by_layer, pl_module)
        pl_module.observers.append(self._observe)

    def teardown(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Stop that, since the same system may be trained again."""
        if self._observe in pl_module.observers:
            pl_module.observers.remove(self._observe)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any) -> None:
        """Log the histograms of an update that is due."""
        update = pl_module.counters.generator_updates
        due = update % max(trainer.log_every_n_steps, 1) == 0  # type: ignore[attr-defined]
        loggers = media_loggers(trainer)
        if due and loggers and trainer.is_global_zero and update not in (0, self._logged):
            self._logged = update
            values = {"critic/weights": weights(pl_module.critic)}
            values["critic/layer_gradient_norms"] = torch.tensor(list(layer_gradient_norms(pl_module.critic).values()))
            if "critic/gradient_norm" in pl_module.metrics:
                values["critic/sample_gradient_norms"] = pl_module.metrics["critic/gradient_norm"]
            for logger in loggers:
                logger.log_histograms(values, update)


def norms_by_layer(system: Any, minibatch: Minibatch) -> Metrics:
    """The norms of the critic's gradients by layer, under their names in the logs."""
    of_activations = activation_gradient_norms(system, minibatch)
    return {f"{ACTIVATIONS}{name}": norm for name, norm in of_activations.items()} | {
        f"{LAYERS}{name}": norm for name, norm in layer_gradient_norms(system.critic).items()
    }


def weights(network: nn.Module) -> Tensor:
    """All parameters of a network, in one row."""
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def layer_gradient_norms(network: nn.Module) -> dict[str, Tensor]:
    """Euclidean norm of each layer's weight gradient, by the weight's name; biases are left out."""
    held = {name: p.grad for name, p in network.named_parameters() if p.grad is not None and p.ndim > 1}
    if not held:
        return {}
    return dict(zip(held, torch._foreach_norm(list(held.values())), strict=True))
