"""The README's Python runs as it stands, and the files and tests that the pages name exist."""

import re
from pathlib import Path

import pytest
import torch
import yaml

from lit_wgan import WGANGP
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.networks import DCGANGenerator, MLPCritic, MLPGenerator
from lit_wgan.systems.resuming import run_state

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def python_of(page):
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


@pytest.mark.slow
def test_python_example_measures_a_generator(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    *_, code = python_of("docs/python.md")
    real_images = torch.randint(0, 256, (1000, 1, 8, 8)).byte()
    names: dict = {"real_images": real_images, "generator": DCGANGenerator(8, 1, 64, width=4)}
    exec(code.replace("10_000", "1000"), names)
    assert set(names["result"]) == {"fid_digits", "kid_mean_digits", "kid_std_digits"}
    assert "1000 DCGANGenerator's images" in capsys.readouterr().out


def test_python_examples_train_and_sample(monkeypatch, tmp_path):
    code, term, _ = python_of("docs/python.md")
    assert python_of("README.md") == [code]
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(code.replace("max_steps=200", "max_steps=2, logger=False, accelerator='cpu'"), names)
    assert names["samples"].shape == (8, 10, 2)
    assert names["system"].counters.generator_updates == 2
    assert isinstance(names["samples"], torch.Tensor)
    exec(term, names)
    options = {"logger": False, "enable_checkpointing": False, "accelerator": "cpu", "log_every_n_steps": 1}
    run = names["Trainer"](max_steps=1, max_epochs=-1, **options)
    run.fit(names["system"], names["loader"])
    assert run.callback_metrics["generator/unit_steps"] >= 0


@pytest.mark.parametrize("page", ["terms", "conditions", "views"])
def test_python_examples_of_terms_conditions_and_views_run(page):
    names: dict = {}
    for code in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / f"{page}.md").read_text(), re.DOTALL):
        exec(code, names)
        assert names["system"].sample(slice(4)).shape == (4, 2)


def test_python_example_of_samples_draws_from_a_run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    directory = tmp_path / "runs/wgan_gp_digits/version_0"
    (directory / "checkpoints").mkdir(parents=True)
    networks = {
        "generator": {"class_path": "MLPGenerator", "init_args": {"latent_dim": 3, "data_shape": [2], "width": 4}},
        "critic": {"class_path": "MLPCritic", "init_args": {"data_shape": [2], "width": 4}},
    }
    for network in networks.values():
        network["class_path"] = f"lit_wgan.networks.{network['class_path']}"
    config = {"model": {"class_path": "lit_wgan.WGANGP", "init_args": {"latent_dim": 3} | networks}}
    (directory / "config.yaml").write_text(yaml.safe_dump(config))
    system = WGANGP(MLPGenerator(3, (2,), width=4), MLPCritic((2,), width=4), latent_dim=3)
    contents = {"lit_wgan": run_state(system), "state_dict": system.state_dict()}
    torch.save(contents, directory / "checkpoints" / "last.ckpt")
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "samples.md").read_text(), re.DOTALL)
    names: dict = {}
    exec(code, names)
    assert names["rows"].shape == (2, 12, 2)
    assert torch.equal(names["others"], system.sample(slice(4)))
    system.streams = RandomStreams(1)
    assert torch.equal(names["samples"], system.sample(slice(100)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page):
    named = re.findall(r"(?:configs|docs|lit_wgan|benchmarks|docker)/[\w/.]*\w", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tests_that_a_page_names_exist(page):
    for file, test in re.findall(r"([\w/]+\.py)::(\w+)", page.read_text()):
        assert f"def {test}(" in (ROOT / "tests" / file).read_text()
