"""Small networks, and Inception with random weights in the format of the true file."""

import importlib.util
import runpy
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def small():
    """The definitions of measure.py, which also runs as a program of its own."""
    spec = importlib.util.spec_from_file_location("measure", HERE / "measure.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def inception_file(tmp_path_factory):
    """A file of weights."""
    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    runpy.run_path(str(HERE.parents[1] / "benchmarks" / "random_inception.py"))["write_random_inception"](path)
    return path
