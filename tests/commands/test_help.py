"""Help is short, names what is ours, and says nothing of options that do not exist."""

import contextlib
import re
from pathlib import Path

import pytest

from lit_wgan.cli import main
from lit_wgan.commands.help import OPTIONS, WHAT, shorten
from lit_wgan.commands.sweep.check import FitParser


@pytest.fixture
def printed(command, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["lit-wgan", *arguments])
        with contextlib.suppress(SystemExit):  # of jsonargparse, once it has printed
            assert main() == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("name", WHAT)
def test_the_help_of_a_command_fits_a_screen(name, printed):
    text = printed(name, "--help")
    assert text.startswith(f"usage: lit-wgan {name} --config FILE")
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 120


def test_the_help_names_no_option_that_does_not_exist(monkeypatch):
    monkeypatch.setattr("sys.argv", ["lit-wgan", "fit"])
    known = set(FitParser().parser._subcommands_action._name_parser_map["fit"]._option_string_actions)
    named = re.findall(r"^  (--[\w.]+)", OPTIONS, re.MULTILINE)
    of_networks = {"--model.generator", "--model.critic"}
    assert len(named) > 20
    assert set(named) - known - of_networks == {"--debug", "--print_schema"}


def test_the_help_of_a_system_lists_our_networks_and_none_of_torchs(printed):
    text = printed("fit", "--model.help", "WGANGP")
    assert len(text.splitlines()) < 240
    for name in ("MLPGenerator", "DCGANGenerator", "CIFARResNetCritic", "gp_weight", "ClassLabels", "Drift", "Pack"):
        assert name in text
    assert "torch.nn.ReLU" not in text
    assert "a class path of your own" in text
    assert "Options of a network: lit-wgan fit --model.generator.help NAME" in text


def test_the_help_of_a_network_by_its_short_name(printed):
    text = printed("fit", "--model", "WGANGP", "--model.generator.help", "MLPGenerator")
    assert "units of each hidden layer" in text


def test_all_options_are_listed_on_request_without_the_classes_of_libraries(printed):
    text = printed("fit", "--help", "all")
    assert "--trainer.deterministic" in text
    assert "known subclasses" not in re.sub(r"\s+", " ", text)


def test_a_word_that_the_help_breaks_between_lines_is_still_one_class():
    text = "a network. (type: Module, known\n    subclasses: torch.nn.Lin\n   ear, lit_wgan.networks.MLP\n  Critic)"
    assert shorten(text).split() == [
        *("a", "network.", "(type:", "Module,", "a", "class", "path", "of", "your", "own,", "or", "one", "of"),
        "MLPCritic)",
    ]


@pytest.mark.parametrize("how", ["command line", "file"])
def test_classes_are_known_by_their_short_names(how, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.argv", ["lit-wgan", "fit"])
    options = ["--model", "WGANGP", "--model.latent_dim", "2", "--model.generator", "MLPGenerator"]
    options += ["--model.generator.latent_dim", "2", "--model.generator.data_shape", "2", "--model.critic", "MLPCritic"]
    options += ["--model.critic.data_shape", "2", "--model.critic_optimizer", "RMSprop"]
    options += ["--data", "ToyData", "--data.distribution", "swiss_roll", "--trainer.callbacks", "ExactW1"]
    if how == "file":
        (tmp_path / "short.yaml").write_text(
            "model: {class_path: WGANGP, init_args: {latent_dim: 2, critic_optimizer: RMSprop, "
            "generator: {class_path: MLPGenerator, init_args: {latent_dim: 2, data_shape: 2}}, "
            "critic: {class_path: MLPCritic, init_args: {data_shape: 2}}}}\n"
            "data: {class_path: ToyData, init_args: {distribution: swiss_roll}}\n"
            "trainer: {callbacks: [{class_path: ExactW1}]}\n"
        )
        options = ["--config", str(tmp_path / "short.yaml")]
    given = FitParser().read(options)
    model = given.model.init_args
    assert model.generator.class_path == "lit_wgan.networks.MLPGenerator"
    assert model.critic.class_path == "lit_wgan.networks.MLPCritic"
    assert model.critic_optimizer.class_path == "torch.optim.RMSprop"
    assert given.trainer.callbacks[0].class_path == "lit_wgan.ExactW1"


def test_a_condition_and_its_options_are_known_by_short_names_however_they_are_given(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.argv", ["lit-wgan", "fit"])
    networks = [
        "--model",
        "WGANGP",
        "--model.latent_dim",
        "2",
        "--data",
        "ToyData",
        "--data.distribution",
        "swiss_roll",
    ]
    networks += ["--model.generator", "MLPGenerator", "--model.generator.latent_dim", "2"]
    networks += ["--model.generator.data_shape", "2", "--model.critic", "MLPCritic", "--model.critic.data_shape", "2"]
    (tmp_path / "condition.yaml").write_text("{class_path: ClassLabels, init_args: {num_classes: 10}}")
    (tmp_path / "several.yaml").write_text(
        "{class_path: SeveralConditions, init_args: {sources: ["
        "{class_path: ClassLabels, init_args: {num_classes: 10}}, "
        "{class_path: Values, init_args: {shape: [1, 8, 8]}}]}}"
    )

    def condition(*options):
        return FitParser().read([*networks, *options]).model.init_args.condition

    for name in ("ClassLabels", "lit_wgan.ClassLabels", "lit_wgan.data.conditions.ClassLabels"):
        given = condition("--model.condition", name, "--model.condition.num_classes", "10")
        assert given.class_path.endswith("ClassLabels")
        assert vars(given.init_args) == {"num_classes": 10, "for_generator": "minibatch"}
    assert condition("--model.condition", str(tmp_path / "condition.yaml")).init_args == given.init_args
    several = condition("--model.condition", str(tmp_path / "several.yaml"))
    assert [each.class_path for each in several.init_args.sources] == ["lit_wgan.ClassLabels", "lit_wgan.Values"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model.condition", "Labels"], "In model.condition: Expected a class path .* but got Labels"),
        (["--model.condition", "my.Labels"], "In model.condition: No module named 'my'"),
        (
            ["--model.condition", "torch.nn.ReLU"],
            "In model.condition: .* not correspond to a subclass of ConditionSource",
        ),
        (["--model.condition", "ClassLabels"], "In model.condition: the following arguments are required: num_classes"),
        (["--model.view", "Packs"], "In model.view: Expected a class path .* but got Packs"),
        (["--model.view", "Pack"], "In model.view: the following arguments are required: size"),
        (["--model.critic_terms", "[{class_path: Drft}]"], "In model.critic_terms: Expected a class path .* got Drft"),
    ],
)
def test_a_condition_view_or_term_that_does_not_exist_is_told_with_those_that_do(options, message, command):
    config = str(Path(__file__).parents[2] / "configs" / "wgan_gp_eight_gaussians.yaml")
    status, _, err = command("fit", "--config", config, *options)
    lines = [line for line in err.splitlines() if line]
    assert status == 2
    assert len(lines) == 2
    assert re.search(message, lines[0])
    kinds = {"condition": "ClassLabels, SeveralConditions, Values", "view": "DiffAugment, Pack, RandomSlices"}
    assert kinds.get(options[0].removeprefix("--model."), "AuxiliaryClassifier") in lines[1]
    assert max(map(len, lines)) < 250
