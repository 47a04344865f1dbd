import pytest

from lit_wgan.runs.names import run_name

SYSTEM = "lit_wgan.WGANGP"


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (None, "wgangp"),
        ("configs/toy.yaml", "toy"),
        ("wgan.v2.yml", "wgan.v2"),
        ("wgan[1].yaml", "wgan[1]"),
        ("notes", "notes"),
        ("runs/toy/version_0/config.yaml", "toy"),
        ("runs/toy/version_12/config_0000500.yaml", "toy"),
        ("runs/toy/version_0/other.yaml", "other"),
        ("runs/toy/config.yaml", "config"),
    ],
)
def test_a_run_is_named_after_its_configuration(config, name):
    assert run_name(None, config, SYSTEM) == name
    assert run_name("mine", config, SYSTEM) == "mine"


def test_the_configuration_in_the_working_directory_is_that_of_its_run(tmp_path, monkeypatch):
    (tmp_path / "toy" / "version_3").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "toy" / "version_3")
    assert run_name(None, "config.yaml", SYSTEM) == "toy"


@pytest.mark.parametrize("config", [".yaml", "..yaml", "...yaml", "....yml", "configs/...yaml", "  .yaml"])
def test_a_configuration_that_gives_no_name_is_refused(config):
    with pytest.raises(ValueError, match=r"Rename the file, or give a --name"):
        run_name(None, config, SYSTEM)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/a", "a\\b", " ", "a\nb", "a\x1b[2J"])
def test_a_name_that_is_a_path_or_cannot_be_seen_is_refused(name):
    with pytest.raises(ValueError, match=r"Expected --name to give a name for the run's folder, but got "):
        run_name(name, "toy.yaml", SYSTEM)
