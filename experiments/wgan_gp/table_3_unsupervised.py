"""Table 3 of the WGAN-GP paper, its unsupervised column: Inception Scores on CIFAR-10.

Setting: Section 5.4 and Appendix F, with the values of the authors' gan_cifar_resnet.py (igul222/improved_wgan_training
at fa66c57, ``CONDITIONAL = False``), all in configs/wgan_gp_cifar10_resnet.yaml: residual networks of width 128, batch
norm in the generator alone, Adam of 2e-4 (0, 0.9) that falls to 0 over 100,000 generator updates, minibatches of 64.

Deviations: bfloat16 and compiled objectives (configs/trainer/fast_gpu.yaml). A value x becomes the byte
floor(127.5 x + 128), the authors' floor((x + 1) 255.99 / 2). Inception's weights are those of torch-fidelity, which are
the authors' in another format; the score is of 50,000 samples in 10 splits, as theirs.

Traps: the score counts after the last update, not at the best of a run. And there is no reduced version: few updates of
narrow networks say nothing about 7.86. ``benchmarks/cifar.sh`` shows how far some minutes lead. Needed are CIFAR-10 in
data/ and Inception's weights (docs/fidelity.md).
"""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run
from lit_wgan.trained import find_trained

OTHERS = {"ALI": 5.34, "BEGAN": 5.62, "DCGAN": 6.16, "Improved GAN": 6.86, "EGAN-Ent-VI": 7.07, "DFM": 7.72}
"""Scores of other methods, as the table lists them."""
PUBLISHED = 7.86
SCORE, FID = "fidelity/inception_score_mean", "fidelity/fid"
LABEL = "cifar10_resnet"
MEASURED = {"metrics": "[fid, isc]", "num_samples": "50000", "every_n_updates": "5000"}
SIDE = 8


class Table3Unsupervised(Experiment):
    """An unsupervised WGAN-GP of residual networks against the scores that were published before."""

    paper = "WGAN-GP (arXiv:1704.00028v3), Table 3, unsupervised"
    claim = "Residual networks under WGAN-GP have a higher Inception Score on CIFAR-10 than any method before."
    published = "Inception Score 7.86 +- 0.07; the best other, DFM, 7.72"
    headline = "inception_score"
    full_cost = "one GPU, about a day"
    has_reduced = False

    def runs(self, full: bool) -> dict[str, list[str]]:
        """The packaged configuration, measured every 5,000 updates."""
        options = ["--config", "configs/wgan_gp_cifar10_resnet.yaml", "--config", "configs/trainer/fast_gpu.yaml"]
        options += ["--trainer.callbacks+=lit_wgan.FidelityCallback"]
        return {LABEL: options + [f"--trainer.callbacks.{name}={value}" for name, value in MEASURED.items()]}

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """``inception_score`` and ``fid`` after the last update, and the highest score on the way."""
        scores = runs[LABEL].series(SCORE)[1]
        return {
            "inception_score": scores[-1],
            "best_inception_score": max(scores),
            "fid": runs[LABEL].series(FID)[1][-1],
        }

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Above the best of the others."""
        return numbers["inception_score"] > max(OTHERS.values())

    def draw(self, results: Sequence[Result]) -> Figure:
        """Scores over updates beside those of the table, and samples of the first seed."""
        figure = Figure(figsize=(10, 4.4), layout="constrained")
        curves, samples = figure.subplots(1, 2, width_ratios=[1.2, 1])
        for result in results:
            curves.plot(*result.runs[LABEL].series(SCORE), label=f"seed {result.seed}")
        curves.axhline(PUBLISHED, color="black", lw=1)
        above = {"xytext": (2, 3), "textcoords": "offset points", "fontsize": 8}
        curves.annotate(f"the paper, {PUBLISHED}", (0, PUBLISHED), **above)
        for name, score in OTHERS.items():
            curves.axhline(score, color="0.7", lw=0.7, ls="--")
            place = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "bottom"}
            curves.annotate(f"{name}, {score}", (0.99, score), fontsize=7, color="0.4", **place)
        curves.set(xlabel="generator updates", ylabel="Inception Score", title="CIFAR-10, unsupervised")
        curves.legend(fontsize=8, loc="lower center")
        system = find_trained(results[0].runs[LABEL].directory).system()
        images = system.sample(slice(SIDE**2)).unflatten(0, (SIDE, SIDE))  # (row, column, C, H, W)
        grid = images.permute(0, 3, 1, 4, 2).flatten(0, 1).flatten(1, 2)
        samples.imshow(((grid + 1) / 2).clamp(0, 1).cpu().numpy())
        samples.set_title("samples", fontsize=10)
        samples.axis("off")
        return figure
