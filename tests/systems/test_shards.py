"""Minibatches that are computed block by block."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import WGAN, WGANGP
from lit_wgan.errors import UsageError
from lit_wgan.systems.shards import Place

M = 16


def loader(rows=5 * M * 2, dtype=torch.float32):
    data = torch.randn(rows, 2, generator=torch.Generator().manual_seed(1), dtype=dtype)
    return DataLoader(data, M)


def weights_after(trainer, system, updates=4, **options):
    trainer(max_steps=updates, **options).fit(system, loader())
    return system.state_dict()


@pytest.mark.parametrize("shards", [1, 2, 4, 16])
def test_a_run_in_blocks_is_the_run_in_one_pass_but_for_rounding(shards, networks, trainer):
    whole = weights_after(trainer, WGANGP(**networks(), n_critic=2), precision="64-true")
    blocks = weights_after(trainer, WGANGP(**networks(), n_critic=2, shards=shards), precision="64-true")
    for name, weight in whole.items():
        torch.testing.assert_close(blocks[name], weight, rtol=0, atol=1e-10, msg=name)


def test_what_is_logged_is_the_mean_over_blocks(networks, trainer):
    logged = []
    for shards in (None, 4):
        run = trainer(max_steps=3, log_every_n_steps=1, precision="64-true")
        run.fit(WGANGP(**networks(), n_critic=2, shards=shards), loader())
        logged.append({name: float(value) for name, value in run.callback_metrics.items()})
    assert logged[0] == pytest.approx(logged[1], abs=1e-10)
    assert "critic/gradient_norm" in logged[0]


class Recording(nn.Module):
    """Passes samples on, and records those that it is given in training."""

    def __init__(self):
        super().__init__()
        self.given = []

    def forward(self, x):
        if self.training:
            self.given.append(x.detach().clone())
        return x


def test_a_block_is_every_vth_row_and_each_block_once(networks, trainer):
    networks, recording = networks(), Recording()
    networks["critic"] = nn.Sequential(recording, networks["critic"])
    trainer(max_steps=1).fit(WGAN(**networks, n_critic=1, shards=4), loader())
    real = next(iter(loader()))
    blocks = [given for given in recording.given if len(given) == 2 * M // 4]
    assert len(blocks) == 4
    seen = torch.cat([block[: M // 4] for block in blocks])
    assert {tuple(row.tolist()) for row in seen} == {tuple(row.tolist()) for row in real}
    assert all(any(torch.equal(block[: M // 4], real[number::4]) for number in range(4)) for block in blocks)


def test_running_statistics_move_once_by_the_mean_over_blocks(networks, trainer):
    networks = networks()
    networks["generator"] = nn.Sequential(nn.Linear(3, 2), norm := nn.BatchNorm1d(2, momentum=0.5))
    inputs = []
    networks["generator"][0].register_forward_hook(
        lambda layer, _, out: inputs.append(out.detach().clone()) if layer.training else None
    )
    system = WGAN(**networks, n_critic=1, shards=4)
    system.generator_optimizer = lambda parameters: torch.optim.SGD(parameters, lr=0.0)
    trainer(max_steps=1).fit(system, loader())
    assert [len(x) for x in inputs] == [M // 4] * 8
    expected = torch.zeros(2)
    for blocks in (inputs[:4], inputs[4:]):
        expected = 0.5 * expected + 0.5 * torch.stack([x.mean(0) for x in blocks]).mean(0)
    torch.testing.assert_close(norm.running_mean, expected)
    assert norm.num_batches_tracked == 2


def test_each_block_has_dropout_masks_of_its_own(networks, trainer):
    networks = networks()
    masks = []
    networks["generator"] = nn.Sequential(nn.Linear(3, 64), nn.Dropout(0.5), nn.Linear(64, 2))
    networks["generator"][1].register_forward_hook(lambda _, __, out: masks.append(out == 0))
    trainer(max_steps=1).fit(WGAN(**networks, n_critic=1, shards=4), loader())
    masks = [mask for mask in masks if mask.any()]
    assert len(masks) == 8
    assert not any(torch.equal(a, b) for number, a in enumerate(masks) for b in masks[:number])


class WithUnused(nn.Module):
    """A critic with a parameter that its scores do not depend on."""

    def __init__(self, critic):
        super().__init__()
        self.critic, self.unused = critic, nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.critic(x)


def test_a_parameter_that_the_loss_does_not_reach_keeps_no_gradient(networks, trainer):
    networks = networks()
    networks["critic"] = WithUnused(networks["critic"])
    system = WGANGP(**networks, n_critic=1, shards=2)
    trainer(max_steps=2).fit(system, loader())
    assert system.critic.unused.grad is None
    assert all(p.grad is not None for p in system.critic.critic.parameters())


@pytest.mark.parametrize("shards", [0, -2, 3, 6, 12])
def test_other_numbers_of_blocks_than_powers_of_two_are_refused(shards, networks):
    with pytest.raises(UsageError, match=f"Expected model.shards to be a power of two, but got {shards}"):
        WGANGP(**networks(), shards=shards)


def test_blocks_that_devices_or_rows_cannot_be_divided_by_are_refused(networks, trainer):
    split = WGANGP(**networks(), shards=8).split
    with pytest.raises(UsageError, match=r"number of devices that divides model.shards=8, but got 3. Take 1, 2"):
        split.check(3, 8)
    with pytest.raises(UsageError, match="minibatches of a multiple of model.shards=8, but got 12. Set"):
        split.check(2, 6)
    with pytest.raises(UsageError, match="minibatches of a multiple of model.shards=32, but got 16"):
        trainer().fit(WGANGP(**networks(), shards=32), loader())
    with pytest.raises(UsageError, match="minibatches of a multiple of model.shards=8, but got 4"):
        trainer(max_steps=9).fit(WGANGP(**networks(), n_critic=1, shards=8), loader(rows=M + 4))


def test_batch_norm_over_devices_is_refused(networks, trainer):
    options = networks() | {"generator": nn.Sequential(nn.Linear(3, 2), nn.SyncBatchNorm(2))}
    with pytest.raises(UsageError, match=r"batch norm of each block alone .* Set trainer.sync_batchnorm to false"):
        trainer().fit(WGAN(**options, shards=2), loader())


def test_devices_have_the_blocks_that_their_rows_make_up(networks):
    split = WGANGP(**networks(), shards=8).split
    assert split.places(Place(1, 4)) == [Place(1, 8), Place(5, 8)]
    assert split.places(Place(0, 1)) == [Place(number, 8) for number in range(8)]


def test_a_run_goes_on_in_the_blocks_it_began_with(networks, trainer, tmp_path):
    def run(shards, updates, checkpoint=None):
        torch.manual_seed(0)
        system = WGANGP(**networks(), n_critic=1, shards=shards)
        run = trainer(max_steps=updates)
        run.fit(system, loader(), ckpt_path=checkpoint, weights_only=True)
        run.save_checkpoint(tmp_path / f"{updates}.ckpt")
        return system

    run(4, 2)
    for shards, words in ((8, "got 8"), (None, "got null")):
        with pytest.raises(UsageError, match=f"Expected the model.shards that the run began with, 4, but {words}"):
            run(shards, 3, tmp_path / "2.ckpt")
    moved = torch.load(tmp_path / "2.ckpt", weights_only=True)
    moved["lit_wgan"]["processor"]["threads"] += 1
    torch.save(moved, tmp_path / "moved.ckpt")
    with pytest.warns(UserWarning, match=r"The run began on another kind of processor \(device .*threads"):
        run(4, 3, tmp_path / "moved.ckpt")


class Putting(nn.Module):
    """Does what torch has no deterministic kernel for."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, z):
        x = self.layer(z)
        return x.put(torch.zeros(2, dtype=torch.long), x.flatten()[:2]) if self.training else x


def test_an_operation_without_the_same_bits_every_time_is_named(networks, trainer):
    options = networks() | {"generator": Putting(), "n_critic": 1}
    trainer(max_steps=1).fit(WGAN(**options), loader())
    with pytest.raises(UsageError, match=r"give the same bits every time, but put_ does not .* model.shards to null"):
        trainer(max_steps=1).fit(WGAN(**options, shards=2), loader())
    assert not torch.are_deterministic_algorithms_enabled()
