"""Diagnostics of the critic: its weights and gradient norms, as in Figure 1 (b) of the WGAN-GP paper."""

from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn

from lit_wgan.runs.media import media_loggers


class CriticDiagnostics(Callback):
    """Logs histograms of the critic to TensorBoard and W&B, with the metrics of training, every ``log_every_n_steps``.

    ``critic/weights``: all weights; under clipping they pile up at -c and c. ``critic/layer_gradient_norms``: norms of
    the newest critic loss's gradient, one for the weights of each layer, and one line each as ``critic_layers/...``:
    they explode or vanish from layer to layer if c is wrong. ``critic/sample_gradient_norms``: norms of the gradient at
    the points of the newest penalty on this device; they should be near 1. Training is the same to the bit with this
    callback and without it.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Figure 1 (b).
    """

    def __init__(self) -> None:
        self._logged = -1

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any) -> None:
        """Log an update that is due."""
        update = pl_module.counters.generator_updates
        due = update % max(trainer.log_every_n_steps, 1) == 0  # type: ignore[attr-defined]
        loggers = media_loggers(trainer)
        if due and loggers and trainer.is_global_zero and update not in (0, self._logged):
            self._logged = update
            norms = layer_gradient_norms(pl_module.critic)
            lines = {f"critic_layers/{name}": float(norm) for name, norm in norms.items()}
            values = {"critic/weights": weights(pl_module.critic)}
            values["critic/layer_gradient_norms"] = torch.tensor(list(lines.values()))
            if "critic/gradient_norm" in pl_module.metrics:
                values["critic/sample_gradient_norms"] = pl_module.metrics["critic/gradient_norm"]
            for logger in loggers:
                logger.log_metrics(lines, update)
                logger.log_histograms(values, update)


def weights(network: nn.Module) -> Tensor:
    """All parameters of a network, in one row."""
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def layer_gradient_norms(network: nn.Module) -> dict[str, Tensor]:
    """Euclidean norm of each layer's weight gradient, by the weight's name; biases are left out."""
    held = {name: p.grad for name, p in network.named_parameters() if p.grad is not None and p.ndim > 1}
    if not held:
        return {}
    return dict(zip(held, torch.stack(torch._foreach_norm(list(held.values()))).cpu(), strict=True))
