"""Former names of modules, as configurations of earlier runs hold them."""

import sys
from importlib import import_module

import pytest

from lit_wgan.moved import MOVED

CLASS_PATHS = [
    "lit_wgan.callbacks.critic_diagnostics.CriticDiagnostics",
    "lit_wgan.callbacks.evaluation.ExactW1",
    "lit_wgan.callbacks.fidelity.FidelityCallback",
    "lit_wgan.callbacks.samples.SampleGrid",
    "lit_wgan.checkpoints.AtomicCheckpointIO",
    "lit_wgan.data.datamodules.ToyData",
    "lit_wgan.data.image_data.ImageData",
    "lit_wgan.double_backward.DoubleBackward",
    "lit_wgan.fidelity.GenerativeEvaluator",
    "lit_wgan.fidelity.digits.DigitsExtractor",
    "lit_wgan.metrics_file.MetricsFile",
    "lit_wgan.networks.dcgan.DCGANCritic",
    "lit_wgan.networks.mlp.MLPCritic",
    "lit_wgan.networks.resnet.ResNet64Critic",
    "lit_wgan.schedules.WarmStart",
    "lit_wgan.streams.RandomStreams",
    "lit_wgan.systems.gan.GAN",
    "lit_wgan.systems.wgan.WGAN",
    "lit_wgan.systems.wgan_gp.WGANGP",
    "lit_wgan.wandb_run.WandbRun",
]
"""What a YAML file could name before modules moved, besides what ``lit_wgan`` and its packages export."""


@pytest.fixture(autouse=True)
def forgotten():
    """Former names that nothing has imported yet."""
    for name in [name for name in sys.modules if name.startswith(tuple(MOVED))]:
        del sys.modules[name]


@pytest.mark.parametrize(("former", "new"), MOVED.items())
def test_a_former_name_gives_the_module_itself_and_warns_once_with_the_new_name(former, new):
    with pytest.warns(FutureWarning, match=f"^{former} has moved: write {new} in its place") as warnings:
        assert import_module(former) is import_module(new)
    assert len(warnings) == 1
    assert import_module(former) is import_module(new)


@pytest.mark.filterwarnings("ignore:lit_wgan.* has moved:FutureWarning")
@pytest.mark.parametrize("path", CLASS_PATHS)
def test_every_class_path_of_earlier_runs_names_a_class(path):
    module, _, name = path.rpartition(".")
    assert isinstance(getattr(import_module(module), name), type)


@pytest.mark.filterwarnings("ignore:lit_wgan.* has moved:FutureWarning")
def test_a_module_of_a_package_that_has_moved_is_not_loaded_twice():
    assert import_module("lit_wgan.fidelity.digits") is import_module("lit_wgan.evaluation.digits")


def test_a_module_that_never_was_is_not_found():
    with pytest.raises(ModuleNotFoundError, match="lit_wgan.fidelities"):
        import_module("lit_wgan.fidelities")
