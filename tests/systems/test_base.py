import copy
import os
import re
import warnings

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback
from torch import nn
from torch.optim import SGD
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import GAN, LSGAN, WGAN, WGANGP, ToyData, WarmStart
from lit_wgan.engine.checkpoints import AtomicCheckpointIO
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.errors import NonFiniteError, UsageError
from lit_wgan.runs.metrics_file import MetricsFile
from lit_wgan.systems import AdversarialSystem

SYSTEMS = [GAN, LSGAN, WGAN, WGANGP]


def loader(n=640, shape=(2,), m=8, dtype=torch.float32):
    return DataLoader(torch.randn(n, *shape, dtype=dtype), m)


def state(module):
    return [t.detach().clone() for t in (*module.parameters(), *module.buffers())]


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("system_class", SYSTEMS)
def test_global_step_counts_generator_updates(system_class, networks, trainer):
    system = system_class(**networks(), n_critic=5)
    run = trainer(max_steps=7)
    run.fit(system, loader())
    assert run.global_step == system.counters.generator_updates == 7
    assert system.counters.critic_updates == 35


def test_schedule_of_critic_updates_is_followed(networks, trainer):
    system = WGAN(**networks(), n_critic=WarmStart(n_critic=2, warm_n_critic=6, warm_updates=3, every=5))
    trainer(max_steps=6).fit(system, loader())
    assert system.counters.critic_updates == 6 * 3 + 2 + 2 + 6


class Recorder(WGANGP):
    """Keeps what each update saw and changed."""

    def update_critic(self, minibatch):
        self.seen = getattr(self, "seen", [])
        before = state(self.generator)
        super().update_critic(minibatch)
        self.seen.append(("critic", minibatch.real, same(before, state(self.generator))))

    def update_generator(self, minibatch):
        before = state(self.critic)
        super().update_generator(minibatch)
        self.seen.append(("generator", self.generated, same(before, state(self.critic))))

    def generator_objective(self, minibatch, z, *given):
        self.generated = len(z)
        return super().generator_objective(minibatch, z, *given)


def test_an_update_of_one_network_leaves_the_other_bit_equal(networks, trainer):
    system = Recorder(**networks(), n_critic=2)
    trainer(max_steps=3).fit(system, loader())
    assert [kind for kind, _, _ in system.seen] == ["critic", "critic", "generator"] * 3
    assert all(untouched for _, _, untouched in system.seen)


def test_a_critic_update_changes_nothing_of_the_generator_but_batch_statistics(networks, trainer):
    generator = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    system = WGANGP(**networks() | {"generator": generator}, n_critic=1)
    trainer(max_steps=1).fit(system, loader())
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    system.update_critic(Minibatch(torch.randn(8, 2)))
    changed = {name for name, value in generator.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}


def test_a_critic_update_leaves_no_gradient_on_the_generator_and_the_other_way_round(networks, trainer):
    system = WGANGP(**networks(), n_critic=1)
    run = trainer(max_steps=1)
    run.fit(system, loader())
    critic_gradients = [p.grad.clone() for p in system.critic.parameters()]
    system.update_generator(Minibatch(torch.randn(8, 2)))
    assert same(critic_gradients, [p.grad for p in system.critic.parameters()])
    for p in system.generator.parameters():
        p.grad = None
    system.update_critic(Minibatch(torch.randn(8, 2)))
    assert all(p.grad is None for p in system.generator.parameters())


def test_every_critic_update_takes_fresh_real_samples_and_fresh_noise(networks, trainer):
    system = Recorder(**networks(), n_critic=4)
    drawn = []
    noise = system.noise
    system.noise = lambda *args: drawn.append(noise(*args)) or drawn[-1]
    trainer(max_steps=2).fit(system, loader())
    for tensors in ([real for kind, real, _ in system.seen if kind == "critic"], drawn):
        assert len({tuple(t.flatten().tolist()) for t in tensors}) == len(tensors)


@pytest.mark.parametrize("shape", [(2,), (5, 7), (1, 8, 8), (3, 4, 6), (2, 3, 4, 5)])
def test_samples_of_any_shape_train_from_a_plain_loader(shape, trainer):
    size = torch.Size(shape).numel()
    generator = nn.Sequential(nn.Linear(4, size), nn.Unflatten(1, shape))
    critic = nn.Sequential(nn.Flatten(), nn.Linear(size, 1), nn.Flatten(0))
    before = state(generator)
    trainer(max_steps=2).fit(WGANGP(generator, critic, latent_dim=4), loader(shape=shape))
    assert not same(before, state(generator))


def test_a_batch_may_be_a_tuple_whose_first_element_is_the_samples(networks, trainer):
    data, labels = torch.randn(80, 2), torch.arange(80)
    systems = [WGAN(**networks(), n_critic=2) for _ in range(2)]
    trainer(max_steps=4).fit(systems[0], DataLoader(TensorDataset(data, labels), 8))
    trainer(max_steps=4).fit(systems[1], DataLoader(data, 8))
    assert same(state(systems[0]), state(systems[1]))


def test_generator_minibatch_is_a_multiple_of_the_critics(networks, trainer):
    system = Recorder(**networks(), n_critic=2, generator_batch_multiple=2)
    trainer(max_steps=1).fit(system, loader(m=8))
    assert system.seen[-1][:2] == ("generator", 16)


def test_learning_rates_fall_once_per_generator_update(networks, trainer):
    system = WGANGP(
        **networks(),
        n_critic=3,
        lr_scheduler=lambda optimizer: torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=10),
    )
    trainer(max_steps=4).fit(system, loader())
    assert [o.param_groups[0]["lr"] for o in system.optimizers()] == pytest.approx([0.6e-4, 0.6e-4])


def test_moving_average_follows_its_formula_and_copies_buffers(networks, trainer):
    arguments = networks()
    arguments["generator"] = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    system = WGANGP(**arguments, ema_decay=0.5, n_critic=1)
    expected = copy.deepcopy(system.generator[0].weight.detach())
    weights = []
    update = system.update_generator
    system.update_generator = lambda n: (update(n), weights.append(system.generator[0].weight.detach().clone()))
    trainer(max_steps=8).fit(system, loader())
    for t, weight in enumerate(weights):
        decay = min(0.5, (1 + t) / (10 + t))
        expected = decay * expected + (1 - decay) * weight
    torch.testing.assert_close(system.ema_generator[0].weight, expected)
    assert torch.equal(system.ema_generator[1].running_mean, system.generator[1].running_mean)


def test_samples_come_from_the_average_in_evaluation_mode_and_are_always_the_same(networks):
    arguments = networks()
    arguments["generator"] = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
    system = WGAN(**arguments, ema_decay=0.9)
    first = system.sample(slice(10))
    assert system.ema_generator.training
    torch.nn.init.zeros_(system.generator[0].weight)
    assert torch.equal(first, system.sample(slice(10)))
    assert torch.equal(first[3:7], system.sample(slice(3, 7)))
    torch.testing.assert_close(first, system.sample(slice(10), batch_size=3))
    torch.nn.init.zeros_(system.ema_generator[0].weight)
    assert not torch.equal(first, system.sample(slice(10)))


def test_seed_decides_the_noise(networks, trainer):
    import lightning

    results = []
    for seed in (0, 0, 1):
        lightning.seed_everything(seed, verbose=False)
        system = WGAN(**networks())
        torch.manual_seed(0)
        trainer(max_steps=2).fit(system, loader())
        results.append(state(system.critic))
    assert same(results[0], results[1])
    assert not same(results[0], results[2])


def test_checkpoint_holds_plain_types_and_continues_the_run_to_the_bit(networks, trainer, tmp_path):
    path = tmp_path / "at_3.ckpt"

    def fit(max_steps, **kwargs):
        system = WGANGP(**networks(), n_critic=WarmStart(2, 4, 2, 5), ema_decay=0.9)
        run = trainer(max_steps=max_steps)
        run.fit(system, datamodule=ToyData("swiss_roll", batch_size=8), **kwargs)
        return system, run

    undisturbed, _ = fit(6)
    _, run = fit(3)
    run.save_checkpoint(path)
    assert torch.load(path, weights_only=True)["lit_wgan"]["generator_updates"] == 3
    resumed, _ = fit(6, ckpt_path=path, weights_only=True)
    assert resumed.counters == undisturbed.counters
    assert same(state(resumed), state(undisturbed))


def test_checkpoint_of_another_system_is_refused(networks, trainer, tmp_path):
    run = trainer(max_steps=1)
    run.fit(WGAN(**networks()), loader())
    run.save_checkpoint(tmp_path / "wgan.ckpt")
    with pytest.raises(ValueError, match="Expected a checkpoint of WGANGP, but got one of WGAN"):
        trainer().fit(WGANGP(**networks()), loader(), ckpt_path=tmp_path / "wgan.ckpt", weights_only=True)


def test_held_out_estimate_is_the_mean_over_all_held_out_samples(trainer):
    class Shifted(nn.Module):
        def forward(self, z):
            return z[:, :1] * 0

    critic = nn.Sequential(nn.Linear(1, 1), nn.Flatten(0))
    nn.init.ones_(critic[0].weight)
    system = WGAN(Shifted(), critic, latent_dim=1)
    held_out = torch.arange(10.0)[:, None]
    (figures,) = trainer().validate(system, DataLoader(held_out, 4), verbose=False)
    assert figures == {"eval/wasserstein_estimate": pytest.approx(4.5)}


def test_a_loss_that_is_not_finite_stops_the_run_and_says_where(networks, trainer):
    data = torch.randn(80, 2)
    data[43] = torch.nan
    with pytest.raises(FloatingPointError, match="in the critic at generator update 2"):
        trainer(max_steps=4, log_every_n_steps=4).fit(WGAN(**networks(), n_critic=2), DataLoader(data, 8))


def test_no_checkpoint_is_written_after_a_loss_that_is_not_finite(networks, trainer, tmp_path):
    run = trainer(max_steps=4, log_every_n_steps=1000)
    data = torch.full((80, 2), torch.inf)
    with pytest.raises(FloatingPointError):
        run.fit(WGAN(**networks(), n_critic=2), DataLoader(data, 8))
    with pytest.raises(FloatingPointError):
        run.save_checkpoint(tmp_path / "broken.ckpt")
    assert not (tmp_path / "broken.ckpt").exists()


class KeepsNumpy(Callback):
    def state_dict(self):
        return {"best": np.float64(1)}


def test_a_callback_whose_state_would_not_be_read_back_is_named(networks, trainer, tmp_path):
    """On every device, whoever writes the file: here it is Lightning."""
    run = trainer(max_steps=1, callbacks=[KeepsNumpy()])
    run.fit(WGAN(**networks()), loader())
    with pytest.raises(UsageError, match=r"callback KeepsNumpy to hold .* got numpy\.float64 in best"):
        run.save_checkpoint(tmp_path / "a.ckpt")
    assert not (tmp_path / "a.ckpt").exists()


def test_metrics_reach_the_disk_before_the_checkpoint_that_relies_on_them(networks, trainer, tmp_path, monkeypatch):
    flushed = []
    fsync = os.fsync

    def note(descriptor):
        flushed.append(os.path.basename(os.path.realpath(f"/proc/self/fd/{descriptor}")).partition(".tmp-")[0])
        fsync(descriptor)

    metrics = MetricsFile(str(tmp_path), "run", 0)
    run = trainer(max_steps=1, logger=metrics, log_every_n_steps=1, plugins=[AtomicCheckpointIO()])
    run.fit(WGAN(**networks()), loader())
    monkeypatch.setattr(os, "fsync", note)
    run.save_checkpoint(tmp_path / "a.ckpt")
    assert flushed[:2] == ["metrics.csv", "a.ckpt"]


EDITS = {
    "a counter": (lambda file: file["lit_wgan"].pop("critic_updates"), r"lit_wgan\['critic_updates'\] is missing"),
    "the seed": (lambda file: file["lit_wgan"].update(seed="1"), r"lit_wgan\['seed'\] is of type str"),
    "progress": (lambda file: file["loops"]["fit_loop"]["epoch_progress"].update(current=1), "is of type int"),
    "the format": (lambda file: file["lit_wgan"].update(format=9), "in format 9, made by a newer lit-wgan"),
}


@pytest.mark.parametrize(("edit", "message"), EDITS.values(), ids=EDITS)
def test_an_edited_checkpoint_is_refused(edit, message, networks, trainer, tmp_path):
    run = trainer(max_steps=1)
    run.fit(WGAN(**networks()), loader())
    run.save_checkpoint(tmp_path / "a.ckpt")
    file = torch.load(tmp_path / "a.ckpt", weights_only=True)
    edit(file)
    torch.save(file, tmp_path / "a.ckpt")
    with pytest.raises(UsageError, match=message):
        trainer(max_steps=2).fit(WGAN(**networks()), loader(), ckpt_path=tmp_path / "a.ckpt", weights_only=True)


class NanGradient(Callback):
    """Makes the gradient of one network nan in one update, whose losses stay finite."""

    def __init__(self, network, update):
        self.network, self.update = network, update

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        if trainer.global_step == self.update:
            for weight in getattr(pl_module, self.network).parameters():
                weight.grad.fill_(torch.nan)


class Saves(Callback):
    def __init__(self, path):
        self.path = path

    def on_train_batch_end(self, trainer, *_):
        trainer.save_checkpoint(self.path)


DIVERGING = {
    "steps too large for a float": ({"generator_optimizer": lambda weights: SGD(weights, lr=3e38)}, []),
    "a gradient that is no number": ({}, [NanGradient("generator", 0)]),
    "the same, with an average": ({"ema_decay": 0.9}, [NanGradient("generator", 0)]),
}


@pytest.mark.parametrize(("options", "callbacks"), DIVERGING.values(), ids=DIVERGING)
def test_weights_that_are_not_finite_are_not_saved_and_fail_the_last_update(
    options, callbacks, networks, trainer, tmp_path
):
    """The losses of the update are finite: they were computed before its step."""
    for saves in ([], [Saves(tmp_path / "a.ckpt")]):
        steep = networks()
        with torch.no_grad():
            torch._foreach_mul_(list(steep["critic"].parameters()), 100)
        with pytest.raises(NonFiniteError, match=r"not in generator\.0\.weight after generator update 1"):
            trainer(max_steps=1, callbacks=[*callbacks, *saves]).fit(WGANGP(**steep, n_critic=1, **options), loader())
        assert not (tmp_path / "a.ckpt").exists()


def test_an_average_that_is_not_finite_and_a_mask_that_is_infinite(networks):
    system = WGAN(**networks(), ema_decay=0.9)
    system.generator.register_buffer("mask", torch.tensor([0.0, -torch.inf]))  # as attention has
    system.check_finite()
    with torch.no_grad():
        system.ema_generator[0].bias[1] = torch.nan
    with pytest.raises(NonFiniteError, match=r"not in ema_generator\.0\.bias after generator update 0"):
        system.check_finite()


@pytest.mark.parametrize("norm", [nn.BatchNorm1d(2), nn.SyncBatchNorm(2)])
def test_batch_norm_under_a_gradient_penalty_is_refused_and_elsewhere_allowed(norm, networks):
    arguments = networks() | {"critic": nn.Sequential(nn.Linear(2, 2), norm, nn.Linear(2, 1), nn.Flatten(0))}
    with pytest.raises(ValueError, match=f"without batch norm under a gradient penalty, but got {type(norm).__name__}"):
        WGANGP(**arguments)
    WGAN(**arguments)
    GAN(**arguments)
    with pytest.warns(UserWarning, match="without batch norm under a gradient penalty"):
        WGANGP(**arguments, allow=["batch_norm"])


@pytest.mark.parametrize(
    ("system_class", "option"),
    [
        *[(s, o) for s in SYSTEMS for o in ("n_critic", "latent_dim", "generator_batch_multiple")],
        (WGAN, "clip_value"),
        (WGANGP, "gp_weight"),
        (WGANGP, "gp_interval"),
    ],
)
@pytest.mark.parametrize("value", [0, -1])
def test_numbers_out_of_range_are_refused_by_name(system_class, option, value, networks):
    with pytest.raises(ValueError, match=rf"Expected {option} .* but got {value}"):
        system_class(**networks() | {option: value})


@pytest.mark.parametrize("value", [-0.1, 1.0])
def test_decay_out_of_range_is_refused(value, networks):
    with pytest.raises(ValueError, match=r"Expected ema_decay in \[0, 1\), but got"):
        WGAN(**networks(), ema_decay=value)


def test_scores_that_are_not_one_per_sample_are_refused(networks, trainer):
    system = WGANGP(**networks() | {"critic": nn.Linear(2, 3)})
    with pytest.raises(ValueError, match=r"Expected one score per sample, 4 in all, but the critic gave .* \(4, 3\)"):
        trainer().fit(system, loader())


@pytest.mark.parametrize("shape", [(1,), (1, 1, 1)])
def test_scores_of_any_shape_with_one_number_per_sample_train_alike(shape, networks, trainer):
    def fitted(*head):
        critic = nn.Sequential(networks()["critic"], *head)
        system = WGANGP(**networks() | {"critic": critic})
        trainer().fit(system, loader())
        return state(system)

    assert same(fitted(), fitted(nn.Unflatten(0, (-1, *shape))))


def test_parts_kept_in_evaluation_mode_by_their_owner_stay_in_it(networks, trainer):
    frozen = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2).eval())
    system = WGANGP(**networks() | {"generator": frozen})
    trainer().fit(system, loader())
    assert frozen.training
    assert not frozen[1].training


def test_generated_samples_of_another_shape_than_the_data_are_refused(networks, trainer):
    with pytest.raises(ValueError, match=r"shaped like the real ones, \(3,\), but got \(2,\)"):
        trainer().fit(WGAN(**networks()), loader(shape=(3,)))


def test_noise_of_another_size_than_the_generators_is_refused(networks, trainer):
    with pytest.raises(ValueError, match=r"Expected a generator that takes noise of shape \(N, 5\)"):
        trainer().fit(WGAN(**networks() | {"latent_dim": 5}), loader())


def test_bytes_that_nobody_scaled_are_refused(networks, trainer):
    with pytest.raises(ValueError, match=r"Expected real samples as floats, but got torch.uint8"):
        trainer().fit(WGAN(**networks()), DataLoader(torch.zeros(8, 2, dtype=torch.uint8), 8))


def test_a_batch_without_samples_is_refused(networks, trainer):
    with pytest.raises(ValueError, match="Expected a batch with samples under"):
        trainer().fit(WGAN(**networks()), DataLoader([{"first": torch.zeros(2)}], 1))


@pytest.mark.parametrize("system_class", SYSTEMS)
def test_mixed_precision_trains_on_real_samples_that_are_not_rounded(system_class, networks, trainer):
    class Checked(system_class):
        def critic_loss(self, step):
            assert step.real.samples.dtype == step.fake.samples.dtype == torch.float32
            return super().critic_loss(step)

    system = Checked(**networks())
    before = state(system)
    trainer(max_steps=2, precision="bf16-mixed").fit(system, loader())
    assert not same(before, state(system))
    assert all(value.isfinite().all() for value in state(system))


@pytest.mark.parametrize("command", ["fit", "validate", "predict"])
@pytest.mark.parametrize("precision", ["16-true", "16-mixed"])
def test_float16_is_refused_by_every_command(command, precision, networks, trainer):
    system = WGAN(**networks())
    run = trainer()
    run.strategy.precision_plugin.precision = precision
    with pytest.raises(ValueError, match=rf"trainer\.precision={precision}\. Use bf16-mixed"):
        getattr(run, command)(system, loader())


def test_a_system_in_bfloat16_trains_and_samples(networks, trainer):
    system = WGANGP(**networks())
    before = state(system)
    trainer(max_steps=3, precision="bf16-true").fit(system, ToyData("eight_gaussians", 16))
    assert system.dtype == torch.bfloat16
    assert not same(before, state(system))
    samples = system.sample(slice(64))
    assert samples.isfinite().all()
    assert len(samples.unique(dim=0)) > 32


@pytest.mark.parametrize(
    ("forward", "got"),
    [
        (lambda z: z.view(-1, 1), "the shape (8, 1)"),
        (lambda z: z.mean(), "the shape ()"),
        (lambda z: (z, z), "a tuple"),
    ],
)
def test_a_generator_gives_one_sample_for_each_noise_vector(forward, got, networks, trainer):
    class Generator(nn.Linear):
        def forward(self, z):
            return forward(super().forward(z))

    with pytest.raises(UsageError, match=rf"for each of 4 noise vectors, but got {re.escape(got)}. Let Generator"):
        trainer().fit(WGAN(**networks() | {"generator": Generator(3, 2)}), loader())


@pytest.mark.parametrize(
    "optimizer",
    [torch.optim.Adam, lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)],
)
def test_momentum_under_weight_clipping_draws_a_warning(optimizer, networks, trainer):
    with pytest.warns(UserWarning, match="Use RMSprop, the paper's choice"):
        trainer(max_steps=1).fit(WGAN(**networks(), critic_optimizer=optimizer), loader())


def test_adam_without_momentum_under_weight_clipping_draws_none(networks, trainer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", module="lightning")
        system = WGAN(**networks(), critic_optimizer=lambda p: torch.optim.Adam(p, betas=(0.0, 0.9)))
        system.configure_optimizers()


def test_after_every_critic_update_the_weights_lie_within_the_bound(networks, trainer):
    class Checked(WGAN):
        def update_critic(self, minibatch):
            super().update_critic(minibatch)
            assert all(p.abs().max() <= self.clip_value for p in self.critic.parameters())

    trainer(max_steps=3).fit(Checked(**networks(), clip_value=0.02), loader())


def test_logged_critic_loss_includes_the_penalty_and_the_generators_does_not(networks, trainer):
    system = WGANGP(**networks(), gp_weight=7.0, n_critic=1)
    run = trainer(max_steps=1)
    run.fit(system, loader())
    logged = system.metrics
    expected = -logged["critic/wasserstein_estimate"] + 7 * logged["critic/gradient_penalty"]
    torch.testing.assert_close(logged["critic/loss"], expected)
    z = system.noise("z/generator", 0, 8)
    torch.manual_seed(0)
    generator = networks()["generator"]
    torch.testing.assert_close(logged["generator/loss"], -system.critic(generator(z)).mean())


def test_a_lazy_penalty_is_taken_at_every_kth_critic_update_with_k_times_its_weight(networks, trainer):
    seen = []

    class Watched(WGANGP):
        def critic_objective(self, *arguments):
            loss, metrics = super().critic_objective(*arguments)
            seen.append((loss.item(), {name: value.mean().item() for name, value in metrics.items()}))
            return loss, metrics

    system = Watched(**networks(), gp_weight=7.0, gp_interval=3, n_critic=1)
    trainer(max_steps=7).fit(system, loader())
    assert ["gradient_penalty" in metrics for _, metrics in seen] == [True, False, False, True, False, False, True]
    for loss, metrics in seen:
        expected = -metrics["wasserstein_estimate"] + 3 * 7 * metrics.get("gradient_penalty", 0)
        assert loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("mixed", "dtype"), [(False, torch.float32), (True, torch.bfloat16)])
def test_mixed_precision_spares_the_penalty_unless_told_otherwise(mixed, dtype, networks, trainer):
    seen = []

    class Watched(nn.Linear):
        def forward(self, x):
            scores = super().forward(x)
            seen.append((len(x), scores.dtype))
            return scores

    critic = nn.Sequential(Watched(2, 1), nn.Flatten(0))
    system = WGANGP(**networks() | {"critic": critic}, gp_mixed_precision=mixed, n_critic=1)
    trainer(max_steps=1, precision="bf16-mixed").fit(system, loader(m=8))
    both, interpolates, generated = seen[-3:]
    assert both == (16, torch.bfloat16)
    assert interpolates == (8, dtype)
    assert generated == (8, torch.bfloat16)


def test_the_base_leaves_the_losses_to_its_subclasses(networks):
    adam = torch.optim.Adam
    system = AdversarialSystem(**networks(), n_critic=1, generator_optimizer=adam, critic_optimizer=adam)
    for unwritten in (lambda: system.critic_loss(None), lambda: system.generator_loss(None)):
        with pytest.raises(NotImplementedError):
            unwritten()
