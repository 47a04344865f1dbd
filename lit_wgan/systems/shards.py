"""How a minibatch becomes a gradient: each device takes its rows in one pass, or a fixed number of blocks in turn.

With blocks (``shards``) everything that is computed of rows together, such as gradients, batch statistics, dropout
masks and means that are logged, is a function of one block, and blocks are added up as one fixed binary tree. So a run
on 1, 2, 4 or 8 devices of one kind ends with the same bits.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lit_wgan.engine.collectives import average_, average_gradients_, no_gradient_sync, rank_and_world, sum_
from lit_wgan.engine.determinism import deterministic_kernels
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.engine.trees import TreeSum, folded, is_power_of_two, sum_over_devices_, tree_order
from lit_wgan.errors import UsageError
from lit_wgan.terms.base import Metrics

OTHERWISE = "Take another one in its place, or set model.shards to null."

Objective = Callable[[Minibatch], tuple[Tensor, Metrics]]
"""Of some rows of a minibatch, their mean loss and what to log beside it."""


class Place(NamedTuple):
    """Which rows of a global minibatch are meant: ``rank::world``."""

    rank: int
    world: int


class WholeShares:
    """Each device takes its rows of a minibatch in one pass; gradients are averaged in one all-reduce."""

    shards: int | None = None

    def check(self, devices: int, rows: int | None) -> None:
        """Any number of devices and rows will do."""

    def check_layers(self, networks: nn.Module) -> None:
        """All layers will do."""

    def places(self, device: Place) -> Sequence[Place]:
        """What this device computes one after another."""
        return (device,)

    def share(self, minibatch: Minibatch, number: int, of: int) -> Minibatch:
        """Of this device's rows of a minibatch those that belong to place ``number`` of so many."""
        return minibatch

    def backward(
        self, system: Any, network: nn.Module, objective: Objective, minibatch: Minibatch, others: Sequence[Tensor] = ()
    ) -> Metrics:
        """Leave the gradient of the global minibatch's mean loss in a network.

        Args:
            system: whose networks they are.
            network: that is updated.
            objective: of its rows.
            minibatch: this device's rows of it.
            others: tensors that are averaged over devices along with the gradient.

        Returns:
            What to log, the loss among it, as far as this device knows.
        """
        loss, metrics = objective(minibatch)
        with no_gradient_sync(system.trainer.model):
            system.manual_backward(loss)
        average_gradients_(network, *others)
        return {name: value.detach() for name, value in ({"loss": loss} | metrics).items()}

    def mean(self, values: Tensor) -> Tensor:
        """The mean, over this device's samples, of what an objective gave to log, a scalar."""
        return values.mean()

    def average_(self, values: Sequence[Tensor]) -> None:
        """Replace scalars by their means over all devices."""
        average_(values)

    def sum(self, values: Sequence[Tensor]) -> Tensor:
        """The sum of a tensor of each place over all devices."""
        total = values[0].clone()
        sum_([total])
        return total


class Shards:
    """Each device takes the blocks of a minibatch that are its own in turn, and all are added up as one tree.

    Block b of V has the rows ``b::V`` of the global minibatch. To whatever draws random numbers or takes means it
    is the minibatch of device b of V.

    Args:
        shards: V, a power of two; the number of devices has to divide it, and it the minibatch.

    Raises:
        UsageError: for any other number.
    """

    def __init__(self, shards: int):
        if not is_power_of_two(shards):
            raise UsageError(
                f"Expected model.shards to be a power of two, but got {shards}. Take the largest number of devices "
                "that the run may have, such as 8, or null for one pass on each device."
            )
        self.shards = shards

    def check(self, devices: int, rows: int | None) -> None:
        """Raise a UsageError if blocks cannot be divided among devices, or a device's rows among its blocks."""
        if self.shards % devices:
            raise UsageError(
                f"Expected a number of devices that divides model.shards={self.shards}, but got {devices}. Take "
                f"1, 2, ... up to {self.shards} devices, a power of two, or a run of other model.shards."
            )
        if rows is not None and rows * devices % self.shards:
            raise UsageError(
                f"Expected minibatches of a multiple of model.shards={self.shards}, but got {rows * devices}. Set "
                "data.batch_size to such a number; give a loader of your own drop_last=True."
            )

    def check_layers(self, networks: nn.Module) -> None:
        """Raise a UsageError for layers that compute of the rows of all devices together, whatever their blocks."""
        if any(isinstance(layer, nn.SyncBatchNorm) for layer in networks.modules()):
            raise UsageError(
                "Expected batch norm of each block alone with model.shards, but got layers that share statistics among "
                "devices. Set trainer.sync_batchnorm to false."
            )

    def places(self, device: Place) -> Sequence[Place]:
        """The blocks of this device, b = rank, rank + devices, ..."""
        return [Place(block, self.shards) for block in range(device.rank, self.shards, device.world)]

    def share(self, minibatch: Minibatch, number: int, of: int) -> Minibatch:
        """Of this device's rows of a minibatch those of the block of a number."""
        return minibatch.map(lambda rows: rows[number::of])

    def backward(
        self, system: Any, network: nn.Module, objective: Objective, minibatch: Minibatch, others: Sequence[Tensor] = ()
    ) -> Metrics:
        """As :meth:`WholeShares.backward`; what is given to log has an entry for each block, ``(blocks, ...)``."""
        places = self.places(system.device_place)
        if len(minibatch.real) % len(places):
            self.check(system.trainer.world_size, len(minibatch.real))
        gradients, statistics = Gradients(network), RunningStatistics(system)
        total, given = TreeSum(), {}
        with deterministic_kernels(OTHERWISE), no_gradient_sync(system.trainer.model):
            for number in tree_order(len(places)):
                statistics.rewind_()
                with system.at(places[number]):
                    loss, metrics = objective(self.share(minibatch, number, len(places)))
                    system.manual_backward(loss)
                total.add([*gradients.take_(), *statistics.copies()])
                given[number] = {"loss": loss.detach()} | {name: value.detach() for name, value in metrics.items()}
        sums = total.terms()
        sum_over_devices_([*sums, *others])
        torch._foreach_div_(sums, self.shards)
        statistics.put_(sums[gradients.put_(sums) :])
        return {name: torch.stack([given[number][name] for number in range(len(places))]) for name in given[0]}

    def mean(self, values: Tensor) -> Tensor:
        """The mean, over this device's blocks, of the mean over each, ``(blocks, ...)``, a scalar."""
        return folded([each.mean() for each in values]) / len(values)

    def average_(self, values: Sequence[Tensor]) -> None:
        """Replace scalars by their means over all devices, each of which has as many blocks."""
        sum_over_devices_(values)
        _, devices = rank_and_world()
        torch._foreach_div_(list(values), devices)

    def sum(self, values: Sequence[Tensor]) -> Tensor:
        """The sum of a tensor of each of this device's blocks, and of those of all others."""
        total = folded(values).clone()
        sum_over_devices_([total])
        return total


class Gradients:
    """The gradients of a network, taken away block by block.

    Args:
        network: whose parameters they are of.
    """

    def __init__(self, network: nn.Module):
        self.parameters = [p for p in network.parameters() if p.requires_grad]
        self.reached = [False] * len(self.parameters)

    def take_(self) -> list[Tensor]:
        """The gradients, which the parameters are without afterwards; zeros where there are none.

        They are copied, since those of a CUDA graph are overwritten when it runs again.
        """
        taken = [torch.zeros_like(p) if p.grad is None else p.grad.detach().clone() for p in self.parameters]
        self.reached = [known or p.grad is not None for known, p in zip(self.reached, self.parameters, strict=True)]
        for p in self.parameters:
            p.grad = None
        return taken

    def put_(self, gradients: Sequence[Tensor]) -> int:
        """Give parameters that the loss has reached the first of some gradients; return how many those were."""
        for p, gradient, known in zip(self.parameters, gradients, self.reached, strict=False):
            p.grad = gradient if known else None
        return len(self.parameters)


class RunningStatistics:
    """The buffers of everything that is trained, such as batch norm's means, which each block moves from one state.

    Args:
        system: whose networks and terms they are of.
    """

    def __init__(self, system: nn.Module):
        self.buffers = [buffer for name, buffer in system.named_buffers() if not name.startswith("ema_generator.")]
        self.before = [buffer.clone() for buffer in self.buffers]
        self.means = [buffer for buffer in self.buffers if buffer.is_floating_point()]

    def rewind_(self) -> None:
        """Bring back the state before the update."""
        for buffer, own in zip(self.buffers, self.before, strict=True):
            buffer.copy_(own)

    def copies(self) -> list[Tensor]:
        """Those of floats, as a block has left them."""
        return [buffer.clone() for buffer in self.means]

    def put_(self, means: Sequence[Tensor]) -> None:
        """Let those of floats be the means over all blocks; those of whole numbers are alike for all."""
        for buffer, mean in zip(self.means, means, strict=True):
            buffer.copy_(mean)
