"""What a run notes of the machine, the versions and its result."""

import hashlib
import json
import shutil
import subprocess
from importlib.metadata import requires
from types import SimpleNamespace

import pytest
import torch
from packaging.requirements import Requirement
from torch import nn

from lit_wgan.engine.digests import weights_sha256
from lit_wgan.runs import environment as record
from lit_wgan.runs.environment import arithmetic_variables, repeatable_variables
from lit_wgan.runs.result import write_result
from lit_wgan.runs.versions import installed_versions, is_for_other_extra, lock_sha256, versions_sha256


def test_versions_are_those_of_the_package_and_all_it_needs_but_of_no_tool():
    versions = installed_versions()
    assert versions["torch"] == torch.__version__.split("+")[0]
    assert {"lit-wgan", "lightning", "numpy", "typeshed-client"} <= versions.keys()  # the last by an extra
    assert not {"pytest", "ruff", "mypy", "setuptools"} & versions.keys()


@pytest.mark.parametrize("extra", ["", "all", "test"])
def test_requirements_that_are_left_unread_are_those_of_other_extras(extra):
    lines = [line for name in ("jsonargparse", "lightning", "matplotlib", "torch") for line in requires(name)]
    unread = [line for line in lines if is_for_other_extra(line, extra)]
    assert len(unread) > len(lines) / 4
    assert not any(Requirement(line).marker.evaluate({"extra": extra}) for line in unread)


def test_versions_of_a_package_that_is_not_installed_are_none():
    assert installed_versions("no-such-package") == {}


def test_digest_of_versions_does_not_depend_on_their_order():
    assert versions_sha256({"b": "2", "a": "1"}) == hashlib.sha256(b"a==1\nb==2\n").hexdigest()


def test_lock_is_the_one_that_the_variable_names(monkeypatch, tmp_path):
    (tmp_path / "lock.txt").write_text("torch==2.15.0\n")
    monkeypatch.setenv("LIT_WGAN_LOCK", str(tmp_path / "lock.txt"))
    assert lock_sha256() == hashlib.sha256(b"torch==2.15.0\n").hexdigest()
    monkeypatch.setenv("LIT_WGAN_LOCK", str(tmp_path / "none.txt"))
    assert lock_sha256() is None


def test_variables_of_arithmetic_are_kept_and_no_others():
    given = {"MKL_CBWR": "AVX2", "OPENBLAS_CORETYPE": "Haswell", "HOME": "/", "OMP_NUM_THREADS": "2"}
    assert arithmetic_variables(given) == {"MKL_CBWR": "AVX2", "OPENBLAS_CORETYPE": "Haswell"}


def test_a_record_sets_no_variable_that_names_a_library_a_file_or_a_folder_of_code():
    harmless = {"MKL_CBWR": "AVX2", "CUBLAS_WORKSPACE_CONFIG": ":4096:8", "OPENBLAS_CORETYPE": "Haswell"}
    others = ["PYTHONPATH", "LD_PRELOAD", "OMP_TOOL_LIBRARIES", "CUBLAS_LOGDEST_DBG", "MKL_VERBOSE_OUTPUT_FILE", "PATH"]
    broken = {"MKL_DYNAMIC": 1, "OMP_SCHEDULE": "static\0", "MKL_NUM_THREADS": None}
    assert repeatable_variables(harmless | dict.fromkeys(others, "/planted") | broken) == harmless


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A file in a folder of its own, in place of the package's."""
    file = tmp_path / "checkout" / "record.py"
    file.parent.mkdir()
    file.write_text("")
    monkeypatch.setattr(record, "__file__", str(file))
    monkeypatch.delenv("LIT_WGAN_REVISION", raising=False)
    return file


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@needs_git
def test_revision_of_a_checkout_is_its_commit_and_whether_files_changed(package):
    git(package.parent, "init", "--quiet")
    git(package.parent, "add", ".")
    git(package.parent, "commit", "--quiet", "-m", "one")
    commit = git(package.parent, "rev-parse", "HEAD").strip()
    assert record._revision() == {"git_commit": commit, "git_dirty": False}
    package.write_text("# changed")
    assert record._revision() == {"git_commit": commit, "git_dirty": True}


@needs_git
def test_revision_of_an_installed_package_is_not_that_of_the_checkout_around_it(package):
    git(package.parent, "init", "--quiet")
    git(package.parent, "commit", "--quiet", "--allow-empty", "-m", "one")
    assert record._revision() == {"git_commit": None, "git_dirty": None}


@pytest.mark.parametrize(("given", "dirty"), [("12ab", False), ("12ab-dirty", True)])
def test_revision_of_an_image_is_what_it_was_built_with(given, dirty, package, monkeypatch):
    monkeypatch.setenv("LIT_WGAN_REVISION", given)
    assert record._revision() == {"git_commit": "12ab", "git_dirty": dirty}


def result_of(directory, **networks):
    trainer = SimpleNamespace(global_step=3, callback_metrics={"eval/w1": torch.tensor(0.5)})
    write_result(directory, "config.yaml", SimpleNamespace(**networks), trainer)
    return json.loads((directory / "result.json").read_text())


def test_result_holds_the_last_value_of_each_metric(tmp_path):
    (tmp_path / "metrics.csv").write_text("step,epoch,b,a\n1,0,0.5,\n2,0,,0.25\n3,0,0.75,\n")
    assert result_of(tmp_path)["metrics"] == {"a": 0.25, "b": 0.75}


def test_result_of_a_run_without_metrics_holds_what_the_trainer_knows(tmp_path):
    assert result_of(tmp_path)["metrics"] == {"eval/w1": 0.5}


def test_result_holds_a_digest_for_each_network_there_is(tmp_path):
    generator = nn.Linear(2, 2)
    result = result_of(tmp_path, generator=generator, critic=nn.Linear(2, 1))
    assert result["weights_sha256"].keys() == {"generator", "critic"}
    assert result["weights_sha256"]["generator"] == weights_sha256(generator.state_dict())
    assert result["generator_updates"] == 3
