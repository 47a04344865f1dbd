"""What only a GPU can show. Without one all of this is skipped; `benchmarks/gpu.sh` runs it with the measurements."""

import pytest
import torch
import torch.distributed as dist
from lightning.pytorch import Callback, seed_everything
from lightning.pytorch.strategies import DDPStrategy

from lit_wgan import WGANGP, ImageData
from lit_wgan.functional.penalties import gradient_penalty
from lit_wgan.networks import CIFARResNetCritic, DCGANCritic, DCGANGenerator

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
FAST = {"compile": True, "gp_mixed_precision": True}


@pytest.fixture
def run(trainer, tmp_path):
    """Trains on digits and returns all weights."""

    def train(updates=6, on_device=True, ckpt_path=None, save_as=None, options=None, **trainer_options):
        seed_everything(0, verbose=False)
        generator, critic = DCGANGenerator(8, 1, 4, width=16), DCGANCritic(8, 1, width=16)
        adam = dict.fromkeys(("generator_optimizer", "critic_optimizer"), adam_of_large_eps)
        system = WGANGP(generator, critic, 4, n_critic=2, ema_decay=0.9, **adam, **(options or {}))
        settings = {"accelerator": "gpu", "deterministic": True, "limit_val_batches": 0} | trainer_options
        data = ImageData("digits", batch_size=16, cache_dir=str(tmp_path / "cache"), on_device=on_device)
        running = trainer(max_steps=updates, **settings)
        running.fit(system, datamodule=data, ckpt_path=ckpt_path)
        if save_as:
            running.save_checkpoint(save_as)
        return {name: value.cpu() for name, value in system.state_dict().items()}

    yield train
    torch.use_deterministic_algorithms(False)
    torch._dynamo.reset()


def adam_of_large_eps(parameters):
    return torch.optim.Adam(parameters, lr=1e-3, betas=(0.0, 0.9), eps=1e-3)


def largest_difference(a, b):
    return max((a[name].double() - b[name].double()).abs().max().item() for name in a)


@pytest.fixture
def convolutions_in_float32(monkeypatch):
    """Convolutions as exact as products of matrices are by default."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.mark.parametrize(("options", "precision"), [({}, "32-true"), (FAST, "bf16-mixed")])
def test_a_run_is_the_same_again_and_when_it_is_resumed(options, precision, run, tmp_path):
    whole = run(options=options, precision=precision)
    assert largest_difference(whole, run(options=options, precision=precision)) == 0
    half = tmp_path / "half.ckpt"
    run(3, save_as=half, options=options, precision=precision)
    resumed = run(ckpt_path=half, options=options, precision=precision)
    assert largest_difference(whole, resumed) == 0


def test_cuda_graphs_train_the_same_networks_as_eager_updates(run, convolutions_in_float32):
    assert largest_difference(run(), run(options={"compile": True})) < 1e-5


def test_channels_last_trains_the_same_networks(run, convolutions_in_float32):
    assert largest_difference(run(), run(options={"channels_last": False})) < 1e-5


def test_images_kept_on_the_device_give_the_same_run_as_those_sent_there(run):
    assert largest_difference(run(on_device=True), run(on_device=False)) == 0


def test_a_group_of_one_process_over_nccl_gives_the_same_run(run):
    try:
        grouped = run(strategy=DDPStrategy(process_group_backend="nccl"))
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
    assert largest_difference(run(), grouped) == 0


class ForbidWaiting(Callback):
    """Lets every operation that waits for the GPU fail, once warm, while an update runs."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if batch_idx >= 4:
            torch.cuda.set_sync_debug_mode("error")

    def on_train_batch_end(self, *_):
        torch.cuda.set_sync_debug_mode("default")

    def on_exception(self, *_):
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize("on_device", [True, False])
@pytest.mark.parametrize(("options", "precision"), [({}, "32-true"), (FAST, "bf16-mixed")])
def test_no_update_between_two_logs_waits_for_the_gpu(on_device, options, precision, run):
    run(8, on_device, options=options, precision=precision, callbacks=[ForbidWaiting()], deterministic=False)


def test_waiting_would_be_noticed(run):
    class Reads(ForbidWaiting):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            super().on_train_batch_start(trainer, pl_module, batch, batch_idx)
            pl_module.metrics.get("critic/loss", torch.zeros(())).item()

    with pytest.warns(UserWarning, match="Synchronization"), pytest.raises(RuntimeError, match="synchronizing"):
        run(8, callbacks=[Reads()], deterministic=False)


def test_the_penalty_has_the_same_gradients_as_on_the_cpu():
    torch.manual_seed(0)
    critic, x = CIFARResNetCritic(width=8).double(), torch.randn(4, 3, 32, 32).double()
    gradients = []
    for device in ("cpu", "cuda"):
        critic = critic.to(device)
        critic.zero_grad()
        gradient_penalty(critic, x.to(device)).backward()
        gradients.append([p.grad.cpu() for p in critic.parameters() if p.grad is not None])
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-8, atol=1e-10)
