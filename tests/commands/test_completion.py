"""The shell completes what exists, and the schema knows what configurations hold."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lit_wgan import terms, views
from lit_wgan.commands.schema import config_schema
from lit_wgan.data import conditions

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="module")
def schema():
    return json.loads(json.dumps(config_schema()))


def completed(script, *words):
    line = f"{script}\nCOMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _lit_wgan; echo ${{COMPREPLY[*]}}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout.split()


def test_bash_completes_commands_and_options(command):
    status, script, _ = command("--print_shtab", "bash")
    assert status == 0
    assert completed(script, "lit-wgan", "va") == ["validate"]
    assert completed(script, "lit-wgan", "fit", "--trainer.max_s") == ["--trainer.max_steps"]
    assert completed(script, "lit-wgan", "fit", "--model.gp_w") == ["--model.gp_weight"]
    assert "--model.condition" in completed(script, "lit-wgan", "fit", "--model.cond")
    assert "--data.condition_of" in completed(script, "lit-wgan", "fit", "--data.cond")
    assert completed(script, "lit-wgan", "evaluate", "--extr") == ["--extractor"]
    assert completed(script, "lit-wgan", "distance", "--gp") == ["--gp_weight"]
    assert completed(script, "lit-wgan", "sample", "--cond") == ["--condition"]
    assert completed(script, "lit-wgan", "export", "--form") == ["--format"]
    assert completed(script, "lit-wgan", "interpolate", "--betw") == ["--between"]
    assert completed(script, "lit-wgan", "nearest", "--extr") == ["--extractor"]
    assert completed(script, "lit-wgan", "list", "--s") == ["--sort"]
    assert completed(script, "lit-wgan", "compare", "--j") == ["--json"]
    assert completed(script, "lit-wgan", "report", "RUN", "--se") == ["--serve"]


def test_zsh_completes_as_bash_and_no_other_shell_does(command):
    status, script, _ = command("--print_shtab", "zsh")
    assert status == 0
    assert script.startswith("autoload -U +X bashcompinit && bashcompinit\n_lit_wgan()")
    status, _, err = command("--print_shtab", "fish")
    assert status == 2
    assert "Expected --print_shtab bash or zsh, but got 'fish'." in err


def arguments_of(schema, name):
    """The arguments that a schema knows of a class."""
    for rule in schema["anyOf"][1]["allOf"]:
        if rule["if"]["properties"]["class_path"]["pattern"].endswith(f"{name}$"):
            return rule["then"]["properties"]["init_args"]["properties"]
    raise KeyError(name)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_knows_all_that_our_configurations_hold(path, schema):
    config = yaml.safe_load(path.read_text())
    assert config.keys() <= schema["properties"].keys()
    for section in ("trainer", "checkpoint", "samples"):
        assert config.get(section, {}).keys() <= schema["properties"][section]["properties"].keys()
    for section in ("model", "data"):
        made = config[section]
        known = arguments_of(schema["properties"][section], made["class_path"].rpartition(".")[2])
        assert made.get("init_args", {}).keys() <= known.keys()
        for network in ("generator", "critic") if section == "model" else ():
            given = made["init_args"][network]
            name = given["class_path"].rpartition(".")[2]
            assert known[network] == {"$ref": "#/definitions/Module"}
            assert given["init_args"].keys() <= arguments_of(schema["definitions"]["Module"], name).keys()


def test_the_schema_knows_terms_conditions_and_views(schema):
    known = arguments_of(schema["properties"]["model"], "GAN")
    assert known["view"]["anyOf"] == [{"$ref": "#/definitions/View"}, {"type": "null"}]
    assert known["condition"]["anyOf"] == [{"$ref": "#/definitions/ConditionSource"}, {"type": "null"}]
    assert known["generator_terms"] == {"type": "array", "items": {"$ref": "#/definitions/Term"}}
    for kind, module, base in (
        ("ConditionSource", conditions, conditions.ConditionSource),
        ("Term", terms, terms.Term),
        ("View", views, views.View),
    ):
        classes = [each for each in vars(module).values() if inspect.isclass(each) and issubclass(each, base)]
        named = schema["definitions"][kind]["anyOf"][0]["anyOf"][0]["enum"]
        assert set(named) == {each.__name__ for each in classes} - {base.__name__}
    labels = arguments_of(schema["definitions"]["ConditionSource"], "ClassLabels")
    assert labels["num_classes"] == {"anyOf": [{"type": "integer"}, {"enum": ["auto"]}]}
    assert labels["for_generator"]["enum"] == ["minibatch", "uniform"]
    several = arguments_of(schema["definitions"]["ConditionSource"], "SeveralConditions")
    assert several["sources"] == {"type": "array", "items": {"$ref": "#/definitions/ConditionSource"}}


def test_the_schema_tells_types_and_defaults(schema):
    known = arguments_of(schema["properties"]["model"], "WGANGP")
    assert known["gp_weight"] == {"type": "number", "default": 10.0}
    assert known["critic_optimizer"] == {"$ref": "#/definitions/Optimizer"}
    assert "Adam" in schema["definitions"]["Optimizer"]["anyOf"][0]["anyOf"][0]["enum"]


def test_the_schema_is_printed(command):
    status, out, _ = command("fit", "--print_schema")
    assert status == 0
    assert json.loads(out)["title"] == "lit-wgan"


@pytest.mark.slow
def test_the_help_of_commands_on_runs_needs_no_torch():
    code = "import sys; from lit_wgan.commands import module_of\n"
    code += "for name in ('sample', 'interpolate', 'nearest'): module_of(name).parser().format_help()\n"
    code += "print([name for name in ('torch', 'lightning', 'matplotlib') if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
