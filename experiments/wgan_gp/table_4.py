"""Table 4 of the WGAN-GP paper: a character language model, which the standard GAN objective does not learn.

The paper trains on the Billion Word corpus, lines cut to 32 characters, with one-dimensional residual networks of width
512 and depth 5 whose generator ends in a softmax, and shows 18 lines. It has no number; its authors' gan_language.py
logs the Jensen-Shannon divergence of n-grams, which is measured here.

Reduced: lines of Python's reference, cut to 8 characters, width 64 and depth 2, three critic updates for one of the
generator instead of ten, 1,200 of the generator instead of 200,000, at ten to twenty times the rate. The GAN has the
same networks and DCGAN's Adam, one update of each.

The more lines, the smaller the divergence: values compare with the floor, that of as many training lines.

With ``--full`` the corpus has to lie in data/, unpacked: https://www.statmt.org/lm-benchmark.
"""

import runpy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lit_wgan.data.transforms import TextTransform
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run
from lit_wgan.trained import find_trained

TEXT = Path("data/gallery/reference.txt")
CORPUS = "data/1-billion-word-language-modeling-benchmark-r13output"
CONFIG = ["--config", "configs/wgan_gp_text.yaml"]
ADAM = '{"class_path": "torch.optim.Adam", "init_args": {"lr": 2.0e-4, "betas": [0.5, 0.999]}}'
GAN = ["--model", "lit_wgan.GAN", "--model.n_critic", "1"]
GAN += ["--model.generator_optimizer", ADAM, "--model.critic_optimizer", ADAM]
ORDERS = (1, 2, 3, 4)
NAMES = {"wgan_gp": "WGAN-GP", "gan": "GAN"}


class Table4(Experiment):
    """WGAN-GP learns characters through a softmax; the GAN does not."""

    paper = "WGAN-GP (arXiv:1704.00028v3), Section 5.5, Table 4"
    claim = "WGAN-GP trains a language model over one-hot characters, where the standard GAN objective fails."
    published = "18 lines of samples, no number; the GAN gave no comparable results"
    headline = "wgan_gp_jsd_2"
    full_cost = "one GPU, days"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """The same networks under both objectives."""
        if not full and not TEXT.exists():
            TEXT.parent.mkdir(parents=True, exist_ok=True)
            runpy.run_path("tools/gallery_data.py")["write_text"](TEXT.parent)
        options = CONFIG + (at_full_size() if full else [])
        return {"text_wgan_gp": options, "text_gan": [*options, *GAN]}

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """The divergences of 1-grams to 4-grams of each, at the end, and their floors; of 2-grams also the first."""
        numbers: dict[str, float] = {}
        for name in NAMES:
            metrics = runs[f"text_{name}"].metrics
            numbers |= {f"{name}_jsd_{n}": metrics[f"eval/ngram_jsd_{n}"] for n in ORDERS}
            numbers[f"{name}_jsd_2_at_first"] = runs[f"text_{name}"].series("eval/ngram_jsd_2")[1][0]
        return numbers | {f"floor_jsd_{n}": metrics[f"eval/ngram_jsd_{n}_floor"] for n in ORDERS}

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Below 0.05 of 1-grams and 0.3 of 2-grams, and falling, for WGAN-GP alone."""
        return learns(numbers, "wgan_gp") and not learns(numbers, "gan")

    def draw(self, results: Sequence[Result]) -> Figure:
        """The divergences over generator updates with their floors, and lines of the first seed beside them."""
        figure = Figure(figsize=(10.5, 6), layout="constrained")
        halves: Any = figure.subfigures(1, 2, width_ratios=(1.2, 1))
        left, right = halves
        for n, axes in zip(ORDERS, left.subplots(2, 2, sharex=True).flatten(), strict=True):
            draw_divergence(axes, results, n)
        handles = axes.get_legend_handles_labels()
        left.legend(*handles, loc="outside upper center", ncols=3, fontsize=8)
        left.supxlabel("generator updates", fontsize=9)
        for place, (name, title) in enumerate(NAMES.items()):
            lines = sample_lines(results[0].runs[f"text_{name}"], 18)
            right.text(0.02 + 0.5 * place, 0.98, f"{title}, seed {results[0].seed}", va="top", weight="bold")
            right.text(
                0.02 + 0.5 * place, 0.91, "\n".join(lines), va="top", family="monospace", size=9, linespacing=1.6,
                parse_math=False,
            )  # fmt: skip
        return figure


def at_full_size() -> list[str]:
    """The paper's corpus, the authors' networks and budget."""
    options = {
        "data.files": f"{CORPUS}/training-monolingual.tokenized.shuffled/*",
        "data.held_out": f"{CORPUS}/heldout-monolingual.tokenized.shuffled/*",
        "data.length": "32",
        "model.n_critic": "10",
        "model.ema_decay": "null",
        "trainer.max_steps": "200000",
        "trainer.val_check_interval": "1000",
    }
    for network in ("generator", "critic"):
        options |= {f"model.{network}.width": "512", f"model.{network}.depth": "5"}
        options[f"model.{network}_optimizer.lr"] = "1e-4"
    return [each for name, value in options.items() for each in (f"--{name}", value)]


def learns(numbers: Mapping[str, float], name: str) -> bool:
    """Whether single characters and pairs come near to those of the text, pairs ever nearer."""
    falls = numbers[f"{name}_jsd_2"] < numbers[f"{name}_jsd_2_at_first"]
    return numbers[f"{name}_jsd_1"] < 0.05 and numbers[f"{name}_jsd_2"] < 0.3 and falls


def draw_divergence(axes: Axes, results: Sequence[Result], n: int) -> None:
    """The divergence of n-grams of each seed, and its floor."""
    for number, result in enumerate(results):
        for name, colour in (("wgan_gp", "tab:purple"), ("gan", "tab:red")):
            label = NAMES[name] if number == 0 else None
            axes.plot(*result.runs[f"text_{name}"].series(f"eval/ngram_jsd_{n}"), color=colour, label=label)
    floor = results[0].numbers[f"floor_jsd_{n}"]
    axes.axhline(floor, color="0.4", linestyle=":", label="floor: training lines")
    axes.set(title=f"JSD of {n}-grams", ylim=(0, 1))


def sample_lines(run: Run, count: int) -> list[str]:
    """The first samples of a run, as text."""
    system = find_trained(run.directory).system()
    assert isinstance(system.transform, TextTransform)
    return system.transform.lines(system.sample(slice(count)))
