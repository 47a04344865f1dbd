"""Gradients of the critic's loss by layer of activations, as in Figure 1 (b) of the WGAN-GP paper."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.engine.preserve import evaluation_mode, preserve_random_state
from lit_wgan.functional.double_backward import DoubleBackward
from lit_wgan.systems.judging import judge_both
from lit_wgan.terms.base import Metrics


def activation_gradient_norms(system: Any, minibatch: Minibatch) -> Metrics:
    """Norm of the gradient of the critic's loss with respect to the output of each of its layers with weights.

    Root mean square over samples of ``|| d f / d a ||``, a being all that the layer makes of one sample, before any
    activation function. The loss is that on the samples, without further terms such as the gradient penalty, and the
    networks are in evaluation mode. Training is left as it was: buffers, gradients and random states.

    Args:
        system: whose critic it is, in training.
        minibatch: this device's rows, as :meth:`GeneratorAndCritic.accept` gives them.

    Returns:
        Scalars by the names of the layers, in the order of their weights: means over this device's places. A layer that
        is not called as a module, or whose output the loss does not depend on, is left out.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Figure 1 (b), left.
    """
    places = system.split.places(system.device_place)
    found: list[Metrics] = []
    with preserve_random_state(), evaluation_mode(system.generator), evaluation_mode(system.critic):
        for number, place in enumerate(places):
            with system.at(place):
                found.append(_norms(system, system.split.share(minibatch, number, len(places))))
    return {name: system.split.mean(torch.stack([each[name] for each in found])) for name in found[0]}


def _norms(system: Any, share: Minibatch) -> Metrics:
    real, fake, condition = system.judged_pair("layers", system.counters.generator_updates, share)
    # cuDNN's recurrent layers have no gradient in evaluation mode; those of this context have.
    with torch.enable_grad(), DoubleBackward(), recorded_outputs(system.critic) as outputs:
        one_pass = not system.mixes_samples
        step = judge_both(system.critic, real, fake, condition, one_pass, tells=system.tells_critic)
        loss = system.critic_loss(step)
    calls = [(name, output) for name, made in outputs.items() for output in made]
    if not calls:
        return {}
    gradients = torch.autograd.grad(loss, [output for _, output in calls], allow_unused=True)
    of_layers: dict[str, list[Tensor]] = {}
    for (name, _), gradient in zip(calls, gradients, strict=True):
        if gradient is not None:
            of_layers.setdefault(name, []).append(gradient.float().flatten())
    # The loss is a mean of m samples of each kind, so m times its gradient is that of a sample.
    return {name: norm(torch.cat(made)) * math.sqrt(len(real) / 2) for name, made in of_layers.items()}


def norm(x: Tensor) -> Tensor:
    """The Euclidean norm of a vector, also of one whose squares are below what its type holds."""
    largest = x.abs().max().clamp(min=torch.finfo(x.dtype).tiny)
    return largest * (x / largest).square().sum().sqrt()


@contextmanager
def recorded_outputs(network: nn.Module) -> Iterator[dict[str, list[Tensor]]]:
    """Note what each layer with weights makes in each of its calls, as far as it can be differentiated."""
    outputs: dict[str, list[Tensor]] = {name: [] for name in layers(network)}

    def note(name: str, output: Any) -> None:
        first = output[0] if isinstance(output, tuple | list) and output else output
        # What torch.func wraps within a network cannot be differentiated from without.
        if isinstance(first, Tensor) and first.requires_grad and torch.func.debug_unwrap(first) is first:
            outputs[name].append(first)

    handles = [
        layer.register_forward_hook(lambda _, inputs, output, name=name: note(name, output))
        for name, layer in layers(network).items()
    ]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


def layers(network: nn.Module) -> dict[str, nn.Module]:
    """The modules inside a network that own a weight of two axes or more, by name, in the order of their weights."""
    owners = dict.fromkeys(_owner(name) for name, weight in network.named_parameters() if weight.ndim > 1)
    return {name: network.get_submodule(name) for name in owners if name}


def _owner(weight: str) -> str:
    """The name of the module that computes with a weight, which parametrizations keep in modules of their own."""
    path, _, parametrized = f".{weight}".partition(".parametrizations.")
    return (path if parametrized else path.rpartition(".")[0]).removeprefix(".")
