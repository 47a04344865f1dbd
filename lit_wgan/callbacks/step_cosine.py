"""Whether optimizers go where the gradient points: Section 4.2 of the WGAN paper."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.terms.base import Metrics


class StepCosine(Callback):
    """Logs ``critic/step_cosine`` and ``generator/step_cosine``, in [-1, 1], every ``log_every_n_steps``.

    The cosine between the optimizer's newest step, the difference of all weights, and the negative gradient that it was
    given. It is 1 for SGD, about 0 if step and gradient have nothing in common, and below 0 where the loss rises along
    the step: the authors of WGAN saw it turn negative when momentum made the critic's loss blow up. The step is what
    the optimizer alone does, weight decay included; weights are clipped afterwards. Training is the same to the bit
    with this callback and without it.

    Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Section 4.2.
    """

    def __init__(self) -> None:
        self._watched: dict[str, WatchedSteps] = {}

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Watch the optimizers' steps, and have them logged with the metrics."""
        every = max(trainer.log_every_n_steps, 1)  # type: ignore[attr-defined]  # Lightning sets it

        def is_due() -> bool:
            return bool((pl_module.counters.generator_updates + 1) % every == 0)

        for network, optimizer in zip(("critic", "generator"), trainer.optimizers, strict=True):
            self._watched[network] = WatchedSteps(optimizer, is_due)
        pl_module.observers.append(self._observe)

    def _observe(self, minibatch: Minibatch) -> Metrics:
        taken = {f"{network}/step_cosine": steps.take() for network, steps in self._watched.items()}
        return {name: cosine for name, cosine in taken.items() if cosine is not None}

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Watch no longer."""
        for steps in self._watched.values():
            steps.end()
        self._watched.clear()
        if self._observe in pl_module.observers:
            pl_module.observers.remove(self._observe)

    def on_exception(self, trainer: Trainer, pl_module: Any, exception: BaseException) -> None:
        """As :meth:`on_train_end`."""
        self.on_train_end(trainer, pl_module)


class WatchedSteps:
    """The cosine between an optimizer's newest step that was due and the negative gradient.

    Args:
        optimizer: whose steps are watched, without being changed.
        is_due: says before a step whether it is to be looked at, which takes copies of weights and gradients.
    """

    def __init__(self, optimizer: Optimizer, is_due: Callable[[], bool]):
        self._is_due = is_due
        self._before: list[tuple[Tensor, Tensor, Tensor]] = []
        self._cosine: Tensor | None = None
        self._hooks: Sequence[RemovableHandle] = (
            optimizer.register_step_pre_hook(self._copy),
            optimizer.register_step_post_hook(self._compare),
        )

    def take(self) -> Tensor | None:
        """The cosine, a scalar; None if no step was looked at since it was last taken."""
        cosine, self._cosine = self._cosine, None
        return cosine

    def end(self) -> None:
        """Watch no longer."""
        for hook in self._hooks:
            hook.remove()

    def _copy(self, optimizer: Optimizer, *args: Any) -> None:
        if self._is_due():
            held = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
            # Gradients too, which some optimizers, such as SGD with Nesterov's momentum, change in place.
            self._before = [(p, p.detach().clone(), p.grad.clone()) for p in held]

    def _compare(self, optimizer: Optimizer, *args: Any) -> None:
        if self._before:
            step = torch.cat([(p.detach() - weight).flatten() for p, weight, _ in self._before])
            gradient = torch.cat([gradient.flatten() for _, _, gradient in self._before])
            self._before = []
            self._cosine = torch.dot(direction(step), -direction(gradient))


def direction(x: Tensor) -> Tensor:
    """The vector of length 1 that points where x ``(n,)`` does, also where squares would underflow; 0 for 0."""
    x = x.float()
    x = x / x.abs().max().clamp(min=torch.finfo(x.dtype).tiny)
    return torch.nn.functional.normalize(x, dim=0)
