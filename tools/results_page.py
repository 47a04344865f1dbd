"""Make docs/results.md from what ``lit-wgan figures`` has written.

    python tools/results_page.py [figures]

Copies result.json and picture.png of every experiment into docs/results/, and writes the page anew from these.
"""

import argparse
import ast
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from lit_wgan.experiments import Experiment  # noqa: E402
from lit_wgan.experiments.found import load, names, source  # noqa: E402
from lit_wgan.experiments.outcome import PICTURE, RESULT, Outcome, read_outcome, spread  # noqa: E402

KEPT, PAGE = ROOT / "docs" / "results", ROOT / "docs" / "results.md"
PAPERS = {
    "gan": "Generative adversarial nets (Goodfellow et al. 2014, arXiv:1406.2661)",
    "wgan": "Wasserstein GAN (Arjovsky et al. 2017, arXiv:1701.07875v3)",
    "wgan_gp": "Improved training of Wasserstein GANs (Gulrajani et al. 2017, arXiv:1704.00028v3)",
}
NOT_HERE = {
    "gan": [("Table 2", "compares kinds of models in words; there is nothing to measure")],
    "wgan": [],
    "wgan_gp": [("Figure 4", "needs GPUs for weeks, and the paper does not give the architecture: 128x128 bedrooms")],
}
"""What no experiment repeats, and why."""
INTRODUCTION = """# Results

What the three papers claim, repeated by [`lit-wgan figures`](experiments.md): each claim with the paper's number, the
number measured here as its mean over seeds with the least and the greatest, and whether the claim holds for every
seed. Most experiments are reduced, so that they take minutes on a CPU; what was changed stands beside each.
`lit-wgan figures NAME --seeds 3` repeats a line, and `tools/results_page.py` makes this page of what it writes.
[What the configurations reach](trained.md) is another page.
"""
HEADER = "| experiment | claim | the paper | here | verdict |\n|---|---|---|---|---|"


def main() -> None:
    """Take over new results, if a folder of them is given, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="that lit-wgan figures has written")
    folder = parser.parse_args().folder
    folder = folder and folder.resolve()
    os.chdir(ROOT)
    for result in sorted(folder.glob(f"*/*/{RESULT}")) if folder else ():
        keep(result.parent, KEPT / result.parent.relative_to(folder))
    PAGE.write_text(page())


def keep(folder: Path, kept: Path) -> None:
    """Copy what the page needs of an experiment."""
    kept.mkdir(parents=True, exist_ok=True)
    for name in (RESULT, f"{PICTURE}.png"):
        shutil.copyfile(folder / name, kept / name)


def page() -> str:
    """The text of docs/results.md."""
    parts = [INTRODUCTION]
    sections = []
    for paper, title in PAPERS.items():
        here = [name for name in names() if name.startswith(f"{paper}/")]
        rows = [row(name, load(name), outcome(name)) for name in here]
        rows += [f"| {place} | | | | not repeated: {why} |" for place, why in NOT_HERE[paper]]
        parts.append("\n".join([f"## {title}\n", HEADER, *rows, ""]))
        sections += [section(name, found) for name in here if (found := outcome(name))]
    return "\n".join([*parts, *sections])


def outcome(name: str) -> Outcome | None:
    """What is kept of an experiment; None if it has not been run."""
    path = KEPT / name / RESULT
    return read_outcome(path) if path.is_file() else None


def place(experiment: Experiment) -> str:
    """Where in its paper an experiment stands, such as ``Figure 2``."""
    return experiment.paper.partition("), ")[2]


def row(name: str, experiment: Experiment, found: Outcome | None) -> str:
    """The line of an experiment in its paper's table."""
    if found is None:
        verdict = f"needs {experiment.full_cost}" if not experiment.has_reduced else "not run yet"
        cells = [place(experiment), experiment.claim, experiment.published, "", verdict]
    else:
        link = f"[{place(experiment)}](#{anchor(name)})"
        here = f"{words(found.headline)} {found.measured()}"
        cells = [link, experiment.claim, experiment.published, here, f"**{found.verdict()}**"]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def section(name: str, found: Outcome) -> str:
    """What is to be said of an experiment that was run: its picture, its numbers, and what its file says."""
    docstring = ast.get_docstring(ast.parse(source(name).read_text())) or ""
    numbers = "\n".join(
        f"| {words(number)} | {spread(values)} | {', '.join(f'{value:.4g}' for value in values)} |"
        for number, values in found.numbers.items()
    )
    seeds = ", ".join(map(str, found.seeds))
    return f"""<a id="{anchor(name)}"></a>

## {found.paper.partition(" (")[0]}, {place(load(name))}

{found.claim} In the paper: {found.published}. Here it **{found.verdict()}**.

![{name}](results/{name}/{PICTURE}.png)

| number | mean, least to greatest | seeds {seeds} |
|---|---|---|
{numbers}

{docstring.partition(chr(10))[2].strip()}

`lit-wgan figures {name} --seeds {len(found.seeds)}`{made_on(found)}
"""


def made_on(found: Outcome) -> str:
    """On what machine, and in what time."""
    if not found.environment:
        return "."
    minutes = max(sum(found.seconds) / len(found.seconds) / 60, 0.1)
    processor = " ".join(map(str, found.environment.get("gpus") or [found.environment.get("cpu", "a CPU")]))
    precision = found.environment.get("precision", "")
    return f": {minutes:.1f} minutes of training for a seed on {processor}, {precision}, one thread, beside other work."


def words(number: str) -> str:
    """The name of a number as words."""
    return number.replace("_", " ")


def anchor(name: str) -> str:
    """The name of an experiment as a link's target."""
    return name.replace("/", "-").replace("_", "-")


if __name__ == "__main__":
    main()
