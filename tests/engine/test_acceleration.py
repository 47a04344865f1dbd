"""Faster ways to compute: the same results, and nothing in a step that waits for the device."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import GAN, LSGAN, WGAN, WGANGP, ClassLabels, ImageData, Values
from lit_wgan.engine.acceleration import fuse_
from lit_wgan.networks import DCGANCritic, DCGANGenerator, MLPCritic, MLPGenerator
from lit_wgan.systems.checks import mixes_samples

SYSTEMS = [GAN, LSGAN, WGAN, WGANGP]
ADAM = {
    name: lambda p: torch.optim.Adam(p, lr=1e-3, betas=(0.0, 0.9), eps=1e-3)
    for name in ("generator_optimizer", "critic_optimizer")
}


def digits_networks(norm="none", **told):
    torch.manual_seed(0)
    generator = DCGANGenerator(8, 1, 4, width=4, **told)
    return {"generator": generator, "critic": DCGANCritic(8, 1, width=4, norm=norm, **told), "latent_dim": 4}


def as_vector(item):
    """Three numbers that tell something of a digit."""
    _, label = item
    return np.float32([label / 10, label % 2, label > 4])


def trained(system, run, tmp_path, condition_of=None):
    run.fit(system, datamodule=ImageData("digits", batch_size=8, cache_dir=str(tmp_path), condition_of=condition_of))
    return system.state_dict()


def largest_difference(a, b):
    return max((a[name].double() - b[name].double()).abs().max().item() for name in a)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system_class", "condition", "told", "condition_of"),
    [
        (GAN, None, {}, None),
        (WGAN, Values(3), {"condition_dim": 3}, as_vector),
        (WGANGP, ClassLabels(10, for_generator="uniform"), {"num_classes": 10}, 1),
    ],
)
def test_compiled_objectives_train_the_same_networks_in_one_region_each(
    system_class, condition, told, condition_of, trainer, tmp_path
):
    def run(**options):
        networks = digits_networks(**told)
        system = system_class(**networks, **ADAM, n_critic=2, ema_decay=0.9, condition=condition, **options)
        return trained(system, trainer(max_steps=10, limit_val_batches=0), tmp_path, condition_of)

    eager = run()
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    assert largest_difference(eager, run(compile=True)) < 1e-5
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 2
    assert not torch._dynamo.utils.counters["graph_break"]
    torch._dynamo.reset()


@pytest.mark.slow
def test_a_compiled_run_in_mixed_precision_stays_near_the_eager_one(trainer, tmp_path):
    def run(**options):
        system = WGANGP(**digits_networks(), **ADAM, n_critic=2, gp_mixed_precision=True, **options)
        return trained(system, trainer(max_steps=3, precision="bf16-mixed", limit_val_batches=0), tmp_path)

    before = digits_networks()["critic"].state_dict()
    eager, compiled = run(), run(compile=True)
    moved = largest_difference(before, {name: eager[f"critic.{name}"] for name in before})
    assert largest_difference(eager, compiled) < 0.1 * moved


@pytest.mark.slow
def test_networks_that_cannot_be_compiled_whole_are_refused(trainer, tmp_path):
    class Reads(DCGANCritic):
        def forward(self, x):
            return super().forward(x) * (1 if x.sum().item() > 0 else 2)

    torch._dynamo.reset()  # forget whether capturing this was tried before
    system = GAN(**digits_networks() | {"critic": Reads(8, 1, width=4)}, compile=True)
    with pytest.raises(ValueError, match=r"Expected networks that torch\.compile takes whole.*\. Set model\.compile"):
        trained(system, trainer(), tmp_path)


def test_channels_last_is_another_layout_of_the_same_run(trainer, tmp_path):
    def run(**options):
        system = WGANGP(**digits_networks(), **ADAM, n_critic=2, ema_decay=0.9, **options)
        return trained(system, trainer(max_steps=5), tmp_path)

    contiguous, channels_last = run(channels_last=False), run()
    filters = [weight for weight in channels_last.values() if weight.ndim == 4]
    assert filters
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in filters)
    assert largest_difference(contiguous, channels_last) < 1e-5


class ScalarReads(TorchDispatchMode):
    """Counts how often a value is read from a tensor, for which a GPU would be waited for."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.is_nonzero.default)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("system_class", SYSTEMS)
@pytest.mark.parametrize("told", [False, True])
def test_no_update_between_two_logs_reads_a_value_from_the_device(system_class, told, networks, trainer):
    class Counted(system_class):
        def training_step(self, batch, batch_idx):
            with ScalarReads() as reads:
                super().training_step(batch, batch_idx)
            self.reads = [*getattr(self, "reads", []), reads.count]

    fused = {name: lambda p: torch.optim.Adam(p, betas=(0.0, 0.9)) for name in ADAM}
    condition = Values(1) if told else None
    pair = {"generator": MLPGenerator(3, 2, 4, condition_dim=1), "critic": MLPCritic(2, 4, condition_dim=1)}
    system = Counted(**networks() | (pair if told else {}), **fused, n_critic=1, ema_decay=0.9, condition=condition)
    loader = DataLoader(TensorDataset(torch.randn(64, 2), torch.randn(64)), 8)
    trainer(max_steps=6, log_every_n_steps=3).fit(system, loader)
    assert [count > 0 for count in system.reads] == [False, False, True] * 2


def test_adam_is_fused_and_computes_the_same():
    weights = [nn.Parameter(torch.randn(5, dtype=torch.float64)) for _ in range(2)]
    copies = copy.deepcopy(weights)
    fused, plain = torch.optim.Adam(weights), torch.optim.Adam(copies, foreach=False)
    fuse_(fused)
    assert fused.param_groups[0]["fused"]
    for _ in range(3):
        for ours, theirs in zip(weights, copies, strict=True):
            ours.grad = torch.randn(5, dtype=torch.float64)
            theirs.grad = ours.grad.clone()
        fused.step()
        plain.step()
    for ours, theirs in zip(weights, copies, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("options", [{"fused": False}, {"foreach": True}, {"capturable": True}])
def test_an_adam_that_was_told_its_kernel_keeps_it(options):
    optimizer = torch.optim.Adam([nn.Parameter(torch.zeros(1))], **options)
    fuse_(optimizer)
    assert not optimizer.param_groups[0]["fused"]


def test_optimizers_without_a_fused_kernel_are_left_alone():
    optimizer = torch.optim.RMSprop([nn.Parameter(torch.zeros(1))])
    before = copy.deepcopy(optimizer.param_groups[0])
    fuse_(optimizer)
    assert optimizer.param_groups[0] == before


def test_on_a_cpu_no_update_looks_for_a_gpus_driver(networks, trainer, monkeypatch):
    looked = []
    monkeypatch.setattr(torch.cuda, "_device_count_nvml", lambda: looked.append(1) or 0)

    def looks(updates):
        monkeypatch.setenv("PYTORCH_NVML_BASED_CUDA_CHECK", "1")  # as importing Lightning does
        looked.clear()
        trainer(max_steps=updates).fit(GAN(**networks(), **ADAM, n_critic=1), DataLoader(torch.randn(32, 2), 8))
        return len(looked)

    assert looks(updates=9) == looks(updates=3)


class Counting(DCGANCritic):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x)


@pytest.mark.parametrize("system_class", [GAN, WGAN])
@pytest.mark.parametrize(("norm", "passes"), [("none", 1), ("layer", 1), ("batch", 2)])
def test_real_and_fake_are_scored_in_one_pass_unless_the_critic_mixes_samples(
    system_class, norm, passes, trainer, tmp_path
):
    critic = Counting(8, 1, width=4, norm=norm, extra_layers=1)
    system = system_class(**digits_networks() | {"critic": critic}, n_critic=1)
    trained(system, trainer(max_steps=1, limit_val_batches=0), tmp_path)
    assert critic.calls == 2 + passes + 1  # a check at the start in two layouts, and the generator update


def gain_of_zero(norm):
    nn.init.zeros_(norm.weight)
    return norm


class Deviation(nn.Module):
    """Adds to each sample how much its batch varies, times a gain that is 0 at first."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x + self.gain * x.std(0)


class Attention(nn.Module):
    """Attention among the samples of a batch."""

    def forward(self, x):
        return torch.softmax(x @ x.T, 1) @ x


@pytest.mark.parametrize(
    ("layer", "mixes"),
    [
        (nn.Identity(), False),
        (nn.GroupNorm(1, 2), False),
        (nn.Dropout(), False),
        (nn.utils.parametrizations.spectral_norm(nn.Linear(2, 2)), False),
        (nn.BatchNorm1d(2), True),
        (gain_of_zero(nn.BatchNorm1d(2)), True),
        (nn.BatchNorm1d(2).eval(), False),  # kept frozen by its owner
        (nn.BatchNorm1d(2, track_running_stats=False), True),
        (Deviation(), True),
        (Attention(), True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_trying_out_whether_samples_are_mixed_leaves_no_trace(layer, mixes):
    critic = nn.Sequential(layer, nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1), nn.Flatten(0))
    modes = [module.training for module in critic.modules()]
    before, random_state = copy.deepcopy(critic.state_dict()), torch.get_rng_state()
    samples = torch.zeros(4, 2)  # a generator may begin with samples that are all alike
    samples[:, 0] = torch.arange(4)
    assert mixes_samples(critic, samples) == mixes
    assert all(torch.equal(before[name], value) for name, value in critic.state_dict().items())
    assert torch.equal(random_state, torch.get_rng_state())
    assert modes == [module.training for module in critic.modules()]
