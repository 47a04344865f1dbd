"""Each launcher starts two real processes, which train the model of one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.slow
CONFIGS = Path(__file__).parents[2] / "configs"
CONFIG = CONFIGS / "wgan_gp_eight_gaussians.yaml"
OPTIONS = "--model.generator.width 8 --model.critic.width 8 --data.batch_size 8 --data.num_held_out 9"
# In float64, since steps on gradients that are 0 plus rounding do not repeat in float32.
OPTIONS += " --trainer.max_steps 3 --trainer.val_check_interval 3 --trainer.callbacks null --trainer.precision 64-true"
FIT = ["fit", "--config", str(CONFIG), *OPTIONS.split()]
ON_CPU = ["--trainer.accelerator", "cpu"]
MODULE = ["-m", "lit_wgan", *FIT]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]
ADDRESSES = ("10.213.77.1", "10.213.77.2")


def trainer_config(name):
    """One of configs/trainer, without its GPUs."""
    return ["--config", str(CONFIGS / "trainer" / name), *ON_CPU, "--trainer.sync_batchnorm", "false"]


def weights(folder):
    """Of the only run."""
    (run,) = (folder / "runs" / CONFIG.stem).iterdir()
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["lit_wgan"]["generator_updates"] == 3
    return checkpoint["state_dict"]


@pytest.fixture(scope="module")
def alone(together, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    (end,) = together(folder, ([sys.executable, *MODULE, *ON_CPU], {}))
    assert end.status == 0, end.output
    return weights(folder)


@pytest.fixture
def one_model(together, tmp_path, alone):
    """Runs ``(command, variables)`` pairs, which together must train the model of one process, on two."""

    def run(*jobs):
        ends = together(tmp_path, *jobs)
        output = "\n".join(end.output for end in ends)
        assert all(end.status == 0 for end in ends), output
        assert output.count("Starting with 2 processes") == 1
        for name, weight in weights(tmp_path).items():
            torch.testing.assert_close(weight, alone[name], rtol=0, atol=1e-5)

    return run


def test_lightning(one_model):
    one_model(([sys.executable, *MODULE, *ON_CPU, "--trainer.devices", "2"], {}))


def test_torchrun(one_model, free_port):
    launcher = [*TORCHRUN, "--nproc-per-node", "2", "--master-port", free_port]
    one_model(([*launcher, *MODULE, *trainer_config("one_node.yaml")], {}))


def test_torchrun_on_two_nodes(one_model, free_port):
    launcher = [*TORCHRUN, "--nnodes", "2", "--nproc-per-node", "1", "--master-port", free_port]
    script = [*MODULE, *trainer_config("many_nodes.yaml")]
    one_model(*[([*launcher, "--node-rank", str(node), *script], {}) for node in range(2)])


def test_torchrun_on_two_nodes_that_find_each_other(one_model, free_port):
    launcher = [*TORCHRUN, "--nnodes", "2", "--nproc-per-node", "1", "--rdzv-id", "7", "--rdzv-backend", "c10d"]
    launcher += ["--rdzv-endpoint", f"localhost:{free_port}"]
    one_model(*[([*launcher, *MODULE, *trainer_config("many_nodes.yaml")], {})] * 2)


def test_fabric_run(one_model, free_port):
    fabric, lit_wgan = (str(Path(sys.executable).with_name(name)) for name in ("fabric", "lit-wgan"))
    one_model(([fabric, "run", "--devices", "2", "--main-port", free_port, lit_wgan, *FIT, *ON_CPU], {}))


@pytest.mark.parametrize("nodes", [1, 2])
def test_slurm(nodes, one_model, free_port):
    job = {"SLURM_JOB_ID": "42", "SLURM_JOB_NAME": "train", "SLURM_STEP_ID": "0", "SLURM_NTASKS": "2"}
    job |= {"SLURM_NNODES": str(nodes), "SLURM_NTASKS_PER_NODE": str(2 // nodes), "SLURM_NODELIST": "localhost"}
    job |= {"MASTER_PORT": free_port}
    places = [{"SLURM_NODEID": "0", "SLURM_LOCALID": "0"}, {"SLURM_NODEID": "0", "SLURM_LOCALID": "1"}]
    if nodes == 2:
        places[1] = {"SLURM_NODEID": "1", "SLURM_LOCALID": "0"}
    command = [sys.executable, *MODULE, *trainer_config("many_nodes.yaml")]
    one_model(*[(command, job | place | {"SLURM_PROCID": str(task)}) for task, place in enumerate(places)])


@pytest.fixture
def two_hosts():
    """The beginnings of commands that run on either of two hosts: network namespaces joined by a cable."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("two hosts need root and the command ip")
    names = [f"lit-wgan-{os.getpid()}-{host}" for host in range(2)]
    ends = [f"lw{os.getpid() % 10**6}-{host}" for host in range(2)]

    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True)

    try:
        for name in names:
            ip("netns", "add", name)
        ip("link", "add", ends[0], "netns", names[0], "type", "veth", "peer", ends[1], "netns", names[1])
        for name, end, address in zip(names, ends, ADDRESSES, strict=True):
            ip("-n", name, "address", "add", f"{address}/24", "dev", end)
            ip("-n", name, "link", "set", end, "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield [(["ip", "netns", "exec", name], end) for name, end in zip(names, ends, strict=True)]
    except subprocess.CalledProcessError as error:
        pytest.skip(f"two hosts need network namespaces: {error.stderr.decode().strip()}")
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)


def test_torchrun_on_two_hosts(one_model, two_hosts):
    launcher = [*TORCHRUN, "--nnodes", "2", "--nproc-per-node", "1", "--master-addr", ADDRESSES[0]]
    script = [*MODULE, *trainer_config("many_nodes.yaml")]
    one_model(
        *[
            ([*enter, *launcher, "--node-rank", str(node), *script], {"GLOO_SOCKET_IFNAME": cable})
            for node, (enter, cable) in enumerate(two_hosts)
        ]
    )


def test_torchrun_that_disagrees_with_the_options_ends_at_once(together, tmp_path, free_port):
    launcher = [*TORCHRUN, "--nproc-per-node", "2", "--master-port", free_port]
    (end,) = together(tmp_path, ([*launcher, *MODULE, *ON_CPU, "--trainer.devices", "1"], {}))
    assert end.status == 1
    assert "lit-wgan: error: Expected 1 processes for trainer.devices=1" in end.output
    assert "but got 2 from torchrun" in end.output
    assert not list(tmp_path.rglob("*.ckpt"))
