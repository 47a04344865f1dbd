"""What docs/export.md and a model card show runs as it stands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

PAGE = Path(__file__).parents[3] / "docs" / "export.md"
ALONE = "import os, sys; sys.modules['lit_wgan'] = sys.modules['lightning'] = None"
"""So that importing either fails."""
CHECK = "assert tuple(samples.shape) == (16, 1, 8, 8)"


def python_of(page):
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


@pytest.mark.slow
def test_every_snippet_of_the_page_and_of_a_card_runs(digits, command, tmp_path):
    """The command; ONNX, torch and weights in a process that cannot import lit_wgan; then what needs lit_wgan."""
    (tmp_path / "runs" / "digits").rename(tmp_path / "runs" / "wgan_gp_digits")
    pip, export = re.search(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL).group(1).splitlines()
    assert pip == 'pip install "lit-wgan[export]"'
    assert command(*shlex.split(export)[1:])[0] == 0

    of_page, of_card = python_of(PAGE), python_of(tmp_path / "exported" / "README.md")
    assert (len(of_page), len(of_card)) == (5, 4)
    assert all(len(each.splitlines()) == 3 for each in of_card)
    alone = [[each for each in snippets if "lit_wgan" not in each] for snippets in (of_page, of_card)]
    assert list(map(len, alone)) == [2, 3]
    lines = [ALONE]
    for snippets, folder in zip(alone, (".", "exported"), strict=True):
        lines += [f"os.chdir({folder!r})", *(f"{each}{CHECK if 'samples' in each else ''}" for each in snippets)]
    subprocess.run([sys.executable, "-W", "ignore", "-c", "\n".join(lines)], cwd=tmp_path, check=True)

    for code in of_page:
        if "lit_wgan" in code:
            names: dict = {}
            # The run of this test is of smaller networks than that of the page.
            exec(code.replace('norm="batch", extra_layers=1', "width=4"), names)
            assert "network" in names or names["samples"].shape == (16, 1, 8, 8)
            assert "same" not in names or names["same"].equal(names["generator"].sample(16, seed=1))

    file = tmp_path / "exported" / "generator.onnx"
    assert [(each.name, each.shape) for each in onnxruntime.InferenceSession(file).get_inputs()] == [("z", ["N", 64])]
    assert not any(path in file.read_bytes() for path in (str(tmp_path).encode(), b"/lit_wgan/"))
