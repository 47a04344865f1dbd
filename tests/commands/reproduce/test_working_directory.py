"""Which configurations may import modules of the working directory."""

import pytest

from lit_wgan.commands.reproduce.working_directory import needs_working_directory


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with modules, a package without ``__init__.py``, and one that is installed too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "package").mkdir()
    for name in ("own_nets.py", "package/nets.py", "yaml.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "npz").write_text("")


@pytest.mark.parametrize("name", ["own_nets.Critic", "package.nets.Critic"])
def test_a_name_that_only_the_working_directory_has_needs_it(name, here):
    assert needs_working_directory({"model": {"init_args": {"critic": {"class_path": name}}}})
    assert needs_working_directory({"trainer": {"callbacks": [{"init_args": {"function": name}}]}})


@pytest.mark.parametrize(
    "name", ["yaml.SafeLoader", "lit_wgan.WGANGP", "data.npz", "own_nets", "own_nets.py ", "none.Critic", "package.a.B"]
)
def test_installed_names_files_and_words_do_not(name, here):
    assert not needs_working_directory({"model": {"class_path": name}, "trainer": [name, 1, None]})
