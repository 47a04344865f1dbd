"""What a training does not use is not imported, and all of it is there when it is asked for."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow
UNUSED = ["matplotlib", "optuna", "ot", "scipy", "sklearn", "tensorboard", "torch._dynamo.utils", "torch_fidelity"]
UNUSED += ["torchvision", "wandb"]
PROGRAM = """
import json
import sys
import warnings

from lit_wgan.deferred import defer_unused_modules

defer_unused_modules()
import lit_wgan.commands.fit
from lit_wgan import WGANGP, ToyData
from lit_wgan.networks import MLPCritic, MLPGenerator
from lightning.pytorch import Trainer

warnings.simplefilter("ignore")
options = {"logger": False, "enable_checkpointing": False, "limit_val_batches": 0, "accelerator": "cpu"}
trainer = Trainer(max_steps=2, max_epochs=-1, enable_progress_bar=False, **options)
system = WGANGP(MLPGenerator(2, 2, 16, 2), MLPCritic(2, 16, 2), latent_dim=2)
trainer.fit(system, datamodule=ToyData("swiss_roll", 12))
found = {"imported": sorted(sys.modules)}

import torch
import torchmetrics
from lightning.fabric.wrappers import OptimizedModule
from lit_wgan.functional.penalties import gradient_penalty

network = torch.nn.Linear(2, 2)
zero_grad = torch.optim.Optimizer.zero_grad.__wrapped__
found["never disabled"] = getattr(zero_grad, "__dynamo_disable", None) is zero_grad
found["not compiled"] = isinstance(network, OptimizedModule)
compiled = torch.compile(network, backend="eager")
found["compiled"] = isinstance(compiled, OptimizedModule)
torch.optim.SGD(network.parameters(), 0.1).zero_grad()
found["disabled"] = getattr(zero_grad, "__dynamo_disable", None) not in (None, zero_grad)
found["the same"] = torch.equal(compiled(torch.ones(1, 2)), network(torch.ones(1, 2)))
penalty = torch.compile(lambda x: gradient_penalty(system.critic, x), backend="aot_eager", fullgraph=True)
found["penalty"] = torch.allclose(penalty(torch.ones(3, 2)), gradient_penalty(system.critic, torch.ones(3, 2)))
metric = torchmetrics.MeanSquaredError()
metric.update(torch.ones(2), torch.zeros(2))
found["metric"] = isinstance(metric, torchmetrics.Metric) and metric.compute().item() == 1
figure, axes = metric.plot()
found["plot"] = type(figure).__module__
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What one process saw that trains first and uses the rest then."""
    folder = tmp_path_factory.mktemp("deferred")
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=folder, timeout=600)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_training_imports_nothing_that_it_does_not_use(found):
    assert sorted(set(UNUSED) & set(found["imported"])) == []


def test_torch_compiles_as_ever_after_a_training(found):
    assert found["never disabled"]
    assert found["disabled"]
    assert (found["not compiled"], found["compiled"]) == (False, True)
    assert found["the same"]
    assert found["penalty"]  # part of which torch is told to take as it stands, before its compiler is loaded


def test_metrics_and_their_plots_are_there_when_they_are_asked_for(found):
    assert found["metric"]
    assert found["plot"] == "matplotlib.figure"
