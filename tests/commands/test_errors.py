"""Errors of use end in plain lines; errors in a user's own code in a line that names it, and their traceback."""

import sys
from urllib.error import URLError

import pytest

from lit_wgan.commands.errors import report, unwrap
from lit_wgan.commands.messages import describe
from lit_wgan.commands.user_code import Place
from lit_wgan.engine.collectives import LostRankError
from lit_wgan.errors import UsageError

TOY = """
model:
  class_path: lit_wgan.WGANGP
  init_args:
    latent_dim: 2
    generator: {class_path: lit_wgan.networks.MLPGenerator, init_args: {latent_dim: 2, data_shape: 2, width: 4}}
    critic: {class_path: lit_wgan.networks.MLPCritic, init_args: {data_shape: 2, width: 4}}
    generator_optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1}}
    critic_optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1}}
    n_critic: 1
data: {class_path: lit_wgan.ToyData, init_args: {distribution: eight_gaussians, batch_size: 4}}
trainer: {max_steps: 1, accelerator: cpu, enable_progress_bar: false, enable_model_summary: false, limit_val_batches: 0}
"""
MINE = """
import torch
from lightning.pytorch import Callback
from torch import nn

from lit_wgan.errors import check_positive
from lit_wgan.networks import MLPCritic, MLPGenerator
from lit_wgan import ToyData

class Critic(MLPCritic):
    def forward(self, x):
        a, b = [1, 1, 1]

class Layer(nn.Linear):
    def forward(self, x):
        return helper(x)

def helper(x):
    raise TypeError("helper")

class Generator(MLPGenerator):
    def __init__(self, width: int = 4):
        super().__init__(latent_dim=2, data_shape=2, width=width)
        self.last = Layer(2, 2)
    def forward(self, z):
        return self.last(super().forward(z))

class FailsWhenMade(MLPCritic):
    def __init__(self, width: int = 4):
        super().__init__(data_shape=2, width=width)
        len(3)

class RefusesItsWidth(MLPCritic):
    def __init__(self, width: int = 4):
        check_positive(width=-1)

class Watch(Callback):
    def on_train_start(self, trainer, pl_module):
        assert False, "watched"

class Optimizer(torch.optim.SGD):
    def step(self, closure=None):
        raise RuntimeError("stepped")

class Data(ToyData):
    def setup(self, stage):
        {}["missing"]

class OpensAFile(ToyData):
    def setup(self, stage):
        open("gone.npy")
"""


def line(text):
    """The number of the line of a user's module that begins with a text."""
    return [each.strip().startswith(text) for each in MINE.splitlines()].index(True) + 1


@pytest.fixture
def fit(command, tmp_path, monkeypatch):
    """Trains with a class of the user's own in the place of an option; returns the status and stderr."""
    (tmp_path / "toy.yaml").write_text(TOY)
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "broken.py").write_text("a, b = 1, 2, 3\n")
    (tmp_path / "misspelt.py").write_text("def f(:\n")
    (tmp_path / "incomplete.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("mine", "broken", "misspelt", "incomplete"):
        monkeypatch.delitem(sys.modules, name, raising=False)  # those of the test before

    def run(*arguments):
        status, _, err = command("fit", "--config", "toy.yaml", *arguments)
        return status, err

    return run


USERS = {
    "critic": (["--model.critic", "mine.Critic"], "Critic.forward (critic), mine.py", "a, b =", "ValueError: too many"),
    "function of a layer": (
        ["--model.generator", "mine.Generator"],
        "helper (generator), mine.py",
        "raise TypeError",
        "TypeError: helper",
    ),
    "constructor": (
        ["--model.critic", "mine.FailsWhenMade"],
        "FailsWhenMade.__init__ (network), mine.py",
        "len(3)",
        "TypeError: object of type 'int' has no len()",
    ),
    "callback": (
        ["--trainer.callbacks", "mine.Watch"],
        "Watch.on_train_start (callback), mine.py",
        "assert False",
        "AssertionError: watched",
    ),
    "optimizer": (
        ["--model.critic_optimizer", "mine.Optimizer", "--model.critic_optimizer.lr", "0.1"],
        "Optimizer.step (optimizer), mine.py",
        'raise RuntimeError("stepped")',
        "RuntimeError: stepped",
    ),
    "data": (["--data", "mine.Data"], "Data.setup (data), mine.py", '{}["missing"]', "KeyError: 'missing'"),
    "module": (["--model.critic", "broken.Critic"], "broken.py", None, "ValueError: too many values to unpack"),
    "syntax": (["--model.critic", "misspelt.Critic"], "misspelt.py", None, "SyntaxError: invalid syntax"),
    "import": (["--model.critic", "incomplete.Critic"], "incomplete.py", None, "No module named 'no_such_library'"),
}


@pytest.mark.parametrize(("arguments", "place", "code", "message"), USERS.values(), ids=USERS)
def test_an_error_in_a_users_own_code_names_it_and_keeps_its_traceback(arguments, place, code, message, fit):
    status, err = fit(*arguments)
    assert status == 1
    told = f"lit-wgan: error in {place} line {line(code) if code else 1}:\n"
    assert told in err
    traceback = err.partition(told)[2]
    assert traceback.startswith("Traceback (most recent call last):\n") or "SyntaxError" in message
    assert message in traceback.splitlines()[-1]
    assert err.count("lit-wgan: error") == 1


def test_an_error_of_use_in_a_users_constructor_is_one_line(fit):
    status, err = fit("--model.critic", "mine.RefusesItsWidth")
    assert status == 2
    assert err.splitlines()[-1] == (
        "lit-wgan: error: Expected width to be above 0, but got -1. Set it to a positive number."
    )
    assert "Traceback" not in err


def test_a_file_that_users_code_cannot_open_is_one_line(fit):
    status, err = fit("--data", "mine.OpensAFile")
    assert status == 2
    assert err.splitlines()[-1] == "lit-wgan: error: [Errno 2] No such file or directory: 'gone.npy'"


BILINEAR = ["--model.critic", "torch.nn.Bilinear", "--model.critic.in2_features=1", "--model.critic.out_features=1"]
LINEAR = ["--model.critic", "torch.nn.Linear", "--model.critic.out_features=1"]
MLP = ["--model.generator.latent_dim", "1000000000000", "--model.latent_dim", "1000000000000"]
ADAM = ["--model.critic_optimizer", "Adam", "--model.critic_optimizer.betas"]
CALLBACK = "--trainer.callbacks"
EARLY = [CALLBACK, "EarlyStopping", "--trainer.val_check_interval", "1", "--trainer.limit_val_batches", "1"]
MISTAKES = {
    "refused by a class": ([*BILINEAR, "--model.critic.in1_features=-2"], "options that Bilinear takes, but it failed"),
    "failed in a class": (
        [*LINEAR, "--model.critic.in_features=-2"],
        "options that Linear takes, but it failed: Trying",
    ),
    "more memory than there is": (MLP, "Expected sizes that fit into memory, but got too large a one (allocate 16"),
    "a number too large": (["--model.latent_dim", "1" + 25 * "0"], "too large a one (int too big to convert)"),
    "options of an optimizer": ([*ADAM, "[2, 2]"], "options that Adam takes, but it failed: Invalid beta parameter"),
    "optimizer with a closure": (["--model.critic_optimizer", "LBFGS"], "a critic_optimizer that steps on one dense"),
    "optimizer of sparse weights": (
        ["--model.generator_optimizer", "SparseAdam"],
        "got SparseAdam, which takes sparse",
    ),
    "schedule that waits for a metric": (
        ["--model.lr_scheduler", "torch.optim.lr_scheduler.ReduceLROnPlateau"],
        "but got ReduceLROnPlateau, which waits for a metric",
    ),
    "device that is not there": (["--trainer.accelerator", "mps"], "`MPSAccelerator` can not run on your system"),
    "devices of no number": (["--trainer.devices", "-1"], "should be an int > 0"),
    "strategy without its device": (["--trainer.strategy", "single_xla"], "options that ExperimentTrainer takes"),
    "package of an accelerator": (["--trainer.accelerator", "tpu"], "not installed. pip install torch_xla"),
    "package of a logger": (["--trainer.logger", "MLFlowLogger"], "the package mlflow, which these options need"),
    "unknown class": ([CALLBACK, "Nonsense"], "In trainer.callbacks: Expected a class path or the name of a class"),
    "module that is not there": (["--model.critic", "no_such.Critic"], "no_such"),
    "null": (["--model.gp_weight", "null"], "Expected model.gp_weight to be float, but got null"),
    "null for the trainer": (["--trainer.max_steps", "null"], "In trainer.max_steps: Expected int, but got null."),
    "seed": (["--seed_everything", "-1"], "but got -1"),
    "metric that is not logged": ([*EARLY, "--trainer.callbacks.monitor", "nothing"], "metric `nothing` which is not"),
    "callback for one optimizer": ([CALLBACK, "LearningRateFinder"], "Compare learning rates with lit-wgan sweep."),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_options_is_told_in_one_or_two_lines_whoever_finds_it(arguments, message, fit):
    status, err = fit(*arguments)
    assert status == 2
    error = err.partition("lit-wgan: error: ")[2]
    assert message in error
    assert len(error.splitlines()) <= 2
    assert "Traceback" not in err
    assert "pip install no_such" not in err  # which nobody may have published for good


def test_a_download_without_a_network_is_told_with_a_way_without_it():
    error = URLError("Name or service not known")
    assert describe(error).startswith("Expected to download a file, but could not: Name or service not known. Connect,")


def test_a_bullet_is_dropped_and_a_sign_is_kept():
    assert describe(ValueError("- -1 is not in bounds")) == "-1 is not in bounds"


def test_memory_that_runs_out_in_a_users_own_code_is_told_with_its_place(fit, tmp_path):
    (tmp_path / "mine.py").write_text(MINE.replace('assert False, "watched"', "torch.empty(10**15)"))
    status, err = fit("--trainer.callbacks", "mine.Watch")
    assert status == 2
    assert "too large a one in Watch.on_train_start (callback), mine.py line" in err


def raised(error):
    try:
        raise error
    except Exception as caught:
        return caught


def test_a_defect_keeps_its_traceback(capsys):
    error = compile("raise ZeroDivisionError", "<string>", "exec")  # as any code that is not the user's
    with pytest.raises(ZeroDivisionError) as caught:
        exec(error)
    caught.value.__traceback__ = caught.value.__traceback__.tb_next
    assert report(caught.value) == 1
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith("ZeroDivisionError\n")


def test_a_lost_process_is_told_in_one_line(capsys):
    assert report(raised(LostRankError("Rank 1 no longer answers."))) == 1
    assert capsys.readouterr().err == "lit-wgan: error: Rank 1 no longer answers.\n"


def test_an_error_of_use_in_a_loaders_process_is_told_without_its_traceback():
    text = (
        'Caught UsageError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n  File "x"\n'
    )
    assert describe(UsageError(f"{text}\nlit_wgan.errors.UsageError: Expected a, but got b: c.")) == (
        "Expected a, but got b: c."
    )


def test_an_error_without_a_message_in_a_loaders_process_is_told_by_its_kind():
    text = (
        'Caught FileNotFoundError in DataLoader worker process 0.\nOriginal Traceback:\n  File "x"\nFileNotFoundError\n'
    )
    assert describe(FileNotFoundError(text)) == "FileNotFoundError"


def test_an_error_in_a_loaders_process_is_found_in_its_message(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = f'Caught ValueError in DataLoader worker process 0.\n  File "{tmp_path}/mine.py", line 7, in __getitem__\n'
    text += '    File "/usr/lib/python3/dist-packages/torch/x.py", line 3, in forward\n'
    error = ValueError(text)
    error.__traceback__ = None
    assert report(error) == 1
    assert capsys.readouterr().err.startswith("lit-wgan: error in __getitem__ (data), mine.py line 7:\n")


def test_an_error_that_jsonargparse_did_not_wrap_is_left_as_it_is():
    error = raised(ValueError("Does not converge"))
    assert unwrap(error) is error


@pytest.mark.parametrize(
    ("file", "users"),
    [
        ("/home/me/nets.py", True),
        ("/usr/lib/python3.11/site-packages/my_package/nets.py", True),
        ("/usr/lib/python3.11/site-packages/torch/nn/modules/linear.py", False),
        ("/usr/lib/python3/dist-packages/lit_wgan/systems/base.py", False),
        ("<frozen importlib._bootstrap>", False),
        (pytest.__file__, True),
        (describe.__code__.co_filename, False),
        (pytest.importorskip("json").__file__, False),
    ],
)
def test_code_of_lit_wgan_of_libraries_and_of_python_is_not_the_users(file, users):
    assert Place(file, 1, "f").is_users is users
