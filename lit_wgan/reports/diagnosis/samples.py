"""Rules about what is generated: variety, copies, and whether enough was measured to tell."""

from lit_wgan.reports.diagnosis.courses import callbacks, course, floor, mean
from lit_wgan.reports.diagnosis.finding import Finding, found
from lit_wgan.runs.run import Run

MISSED, NEAR_MODES = 0.01, 0.3
"""Share of samples in the rarest mode, at most, and near any, at least once, late in a training that leaves modes out.
Measured: 0, and a third, of a generator that goes from mode to mode; 0.05 and more in the rarest mode of others."""
HALF = 0.5
"""Of the floor of recall, or of precision."""
COPIES, ABOVE_FLOOR = 0.7, 0.15
"""Share of samples nearer to training than to held-out ones, and how far it is above its floor."""
REPEATED = 0.2
"""Share of samples that another one repeats, above its floor."""
OF_SAMPLES = ("ExactW1", "SampleMetrics")
FEW_SAMPLES = 100
FEW_FOR_INCEPTION = 2048
"""The size of Inception's features: of fewer images their covariance is singular."""


def modes_missed(run: Run) -> Finding | None:
    """Samples are near modes of a mixture, but hardly any near some of them.

    Source: Metz et al. 2017, arXiv:1611.02163v4, Section 3.1.
    """
    shares, near = (course(run, f"eval/{name}").late() for name in ("smallest_mode_share", "share_near_a_mode"))
    if not shares or not near or max(shares) > MISSED or max(near) < NEAR_MODES:
        return None
    return found(
        "modes missed",
        "fault",
        f"At most {100 * max(shares):.1f} % of the samples are in the rarest mode.",
        "Train a WGANGP, show the critic packs of samples by model.view Pack, or lower the learning rates.",
    )


def recall_low(run: Run) -> Finding | None:
    """Samples look real and cover little of what is real: the generator has collapsed to a part of it.

    Source: Kynkaanniemi et al. 2019, arXiv:1904.06991v3, Section 2.
    """
    recall, precision = (mean(course(run, f"eval/{name}").late()) for name in ("recall", "precision"))
    best, best_precision = floor(run, "eval/recall"), floor(run, "eval/precision")
    if recall is None or precision is None or best is None or best_precision is None:
        return None
    if recall > HALF * best or precision < HALF * best_precision:
        return None
    return found(
        "recall low",
        "fault",
        f"Recall is {recall:.2f} and precision {precision:.2f}; recall could be {best:.2f}.",
        "Train a WGANGP, show the critic packs of samples by model.view Pack, or lower the learning rates.",
    )


def copies(run: Run) -> Finding | None:
    """Samples are nearer to training samples than to held-out ones: the generator copies.

    Source: docs/metrics.md, Memorisation; a run of ours with 32 training samples.
    """
    share, expected = mean(course(run, "eval/memorisation").late()), floor(run, "eval/memorisation")
    if share is None or expected is None or share < COPIES or share - expected < ABOVE_FLOOR:
        return None
    return found(
        "copies",
        "fault",
        f"{100 * share:.0f} % of the samples are nearest to a training sample.",
        "Train on more samples, let the critic see them through model.view DiffAugment, or stop earlier.",
    )


def duplicates(run: Run) -> Finding | None:
    """Different noise makes the same sample: the generator has collapsed to a few.

    Source: Arora and Zhang 2017, arXiv:1706.08224v2, Section 2; a run of ours at a learning rate of 1.
    """
    share, expected = mean(course(run, "eval/duplicates").late()), run.metrics.get("eval/duplicates_floor", 0.0)
    if share is None or share < REPEATED + expected:
        return None
    return found(
        "duplicates",
        "fault",
        f"{100 * share:.0f} % of the samples are repeated by another one.",
        "Train a WGANGP, show the critic packs of samples by model.view Pack, or lower the learning rates.",
    )


def few_samples(run: Run) -> Finding | None:
    """Metrics of so few samples vary too much to tell one generator from another.

    Source: a run of ours with 20 samples; for FID Heusel et al. 2017, arXiv:1706.08500v6, and docs/fidelity.md.
    """
    asked = [each.get("num_samples") for each in callbacks(run) if each["class_path"].rpartition(".")[2] in OF_SAMPLES]
    fewest = min((number for number in asked if isinstance(number, int)), default=FEW_SAMPLES)
    images = run.metrics.get("fidelity/num_samples", FEW_FOR_INCEPTION)
    if "fidelity/fid" in run.metrics and images < FEW_FOR_INCEPTION:
        seen = f"FID is of {images:.0f} images, fewer than {FEW_FOR_INCEPTION} features."
    elif fewest < FEW_SAMPLES:
        seen = f"Metrics of {fewest} samples vary too much to tell."
    else:
        return None
    return found("few samples", "hint", seen, "Raise num_samples of the callback, to 500 or more; for FID to 10,000.")
