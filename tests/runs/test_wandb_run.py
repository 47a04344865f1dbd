import numpy as np
import pytest
import torch

from lit_wgan.runs.histograms import histogram
from lit_wgan.runs.wandb_run import WandbRun


def test_a_histogram_counts_each_finite_entry_once():
    values = torch.cat([torch.randn(1000), torch.tensor([float("nan"), float("inf")])]).reshape(2, -1)
    counts, edges = histogram(values)
    expected, _ = np.histogram(values[values.isfinite()].numpy(), bins=edges)
    assert counts.sum() == 1000
    assert (counts.shape, edges.shape) == ((64,), (65,))
    assert np.abs(counts - expected).sum() <= 2  # entries next to an edge, in another precision


@pytest.mark.parametrize("values", [torch.full((5,), 0.01), torch.tensor([float("nan")]), torch.empty(0)])
def test_a_histogram_of_equal_or_no_entries_is_one(values):
    counts, edges = histogram(values)
    assert counts.sum() == values.isfinite().sum()
    assert (np.diff(edges) > 0).all()


def test_clipped_weights_are_at_both_ends_of_their_histogram():
    counts, edges = histogram(torch.tensor([-0.01] * 3 + [0.01] * 4))
    assert (counts[0], counts[-1]) == (3, 4)
    assert (edges[0], edges[-1]) == pytest.approx((-0.01, 0.01))


def test_a_trial_is_not_another_trials_continuation(monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_RUN_ID", "second")
    with pytest.raises(ValueError, match="Expected the W&B run first, with which .* Leave --ckpt_path last out"):
        WandbRun(str(tmp_path))._init_options(known="first")
