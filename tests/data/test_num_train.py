"""Training on some of the samples alone: which they are, what is told, and what is refused."""

import numpy as np
import pytest
import torch
from placed import placed

from lit_wgan import GAN, ArrayData, ImageData
from lit_wgan.data.held_out import trained_on
from lit_wgan.errors import UsageError
from lit_wgan.networks import MLPCritic, MLPGenerator

VECTORS = np.random.RandomState(0).randn(50, 2).astype(np.float32)
GROUPS = np.arange(50) // 25
MAKERS = {
    "images": lambda folder, n: ImageData("digits", batch_size=8, cache_dir=str(folder), num_train=n),
    "arrays": lambda folder, n: ArrayData(VECTORS, GROUPS, batch_size=8, cache_dir=str(folder), num_train=n),
}


def rows(data, train):
    """All samples of a part with their conditions, as a set of tuples."""
    samples = data.real_samples(data.num_samples(train), train)
    return {(*row.flatten().tolist(), int(told)) for row, told in zip(samples.real, samples.condition, strict=True)}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_some_of_the_training_samples_are_used_and_the_same_are_held_out(make, tmp_path):
    everything, few, fewer = (placed(make(tmp_path, n)) for n in (None, 20, 10))
    assert (few.num_samples(train=True), fewer.num_samples(train=True)) == (20, 10)
    assert rows(fewer, True) < rows(few, True) < rows(everything, True)
    assert rows(few, False) == rows(everything, False)
    assert {label for *_, label in rows(few, True)} == {label for *_, label in rows(everything, True)}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_minibatches_hold_these_samples_and_the_run_says_how_many(make, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("lit_wgan.engine.notices.rank_zero_info", told.append)
    data = placed(make(tmp_path, 10))
    drawn = [minibatch.real for batch, _ in zip(data.train_dataloader(), range(3), strict=False) for minibatch in batch]
    assert len(torch.cat(drawn).flatten(1).unique(dim=0)) == 10
    there, held_out = (1297, 500) if isinstance(data, ImageData) else (45, 5)
    assert told[-1] == f"Training on 10 of {there:,} samples; {held_out} others are held out."


def test_they_are_spread_over_data_in_the_order_of_classes_and_the_same_for_every_seed():
    chosen = trained_on(1000, 100)
    assert 35 < (chosen < 500).sum() < 65
    assert (np.diff(chosen) > 0).all()
    assert np.array_equal(chosen, trained_on(1000, 100))
    assert trained_on(1000, None) is None


def test_the_transform_is_fitted_to_these_alone(tmp_path):
    data = placed(ArrayData(VECTORS, transform="standardise", cache_dir=str(tmp_path), num_train=10))
    inside = data.transform.forward(data.real_samples(10, train=True).real)
    torch.testing.assert_close(inside.mean(0), torch.zeros(2), atol=1e-5, rtol=0)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_more_samples_than_there_are_and_none_are_refused(make, tmp_path):
    with pytest.raises(UsageError, match=r"of at most the (1297|45) samples that are not held out, but got 2000\. Low"):
        placed(make(tmp_path, 2000))
    with pytest.raises(UsageError, match=r"Expected data\.num_train to be above 0, but got 0"):
        make(tmp_path, 0)


def test_a_run_continues_with_as_many_samples_as_it_began(trainer, tmp_path):
    def train(updates, num_train, ckpt_path=None):
        system = GAN(MLPGenerator(2, 2, width=4), MLPCritic(2, width=4), latent_dim=2)
        data = ArrayData(VECTORS, batch_size=8, cache_dir=str(tmp_path), num_train=num_train)
        run = trainer(max_steps=updates)
        run.fit(system, data, ckpt_path=ckpt_path)
        run.save_checkpoint(tmp_path / f"{num_train}.ckpt")

    train(1, 20)
    train(1, None)
    train(2, 20, tmp_path / "20.ckpt")
    for began, asked, words in (
        (20, 30, "20, but got 30"),
        (20, None, "20, but got null"),
        (None, 9, "null, but got 9"),
    ):
        with pytest.raises(UsageError, match=f"Expected the data.num_train that the run began with, {words}"):
            train(3, asked, tmp_path / f"{began}.ckpt")
