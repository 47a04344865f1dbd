"""The notebook runs from the first cell to the last, and is kept without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOK = nbformat.read(ROOT / "docs" / "first_steps.ipynb", as_version=4)


def test_the_notebook_is_kept_without_outputs():
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in NOTEBOOK.cells)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the kernel's own
def test_the_notebook_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = nbformat.from_dict(NOTEBOOK)
    short = "options = ['--data.batch_size=8', "
    for cell in notebook.cells:
        cell.source = cell.source.replace("steps = 250", "steps = 5").replace("options = [", short)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    (last,) = [cell for cell in notebook.cells if "above its floor" in cell.source and cell.cell_type == "code"]
    assert "above its floor" in last.outputs[0].text
