"""The examples in docstrings give what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [file for folder in ("lit_wgan", "tools") for file in sorted((ROOT / folder).rglob("*.py"))]
NAMES = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in FILES if ">>> " in file.read_text()]


@pytest.mark.parametrize("name", NAMES)
def test_examples_in_docstrings_give_what_they_say(name, monkeypatch):
    monkeypatch.syspath_prepend(ROOT)  # tools/ is no package
    result = doctest.testmod(import_module(name))
    assert result.attempted
    assert not result.failed
