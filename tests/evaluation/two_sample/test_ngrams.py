"""The Jensen-Shannon divergence of n-grams: closed forms, counts by hand, and what is no text."""

import math
from collections import Counter

import pytest
import torch

from lit_wgan import WGANGP, ExactW1, SampleMetrics, TextData, ToyData
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.two_sample.compare import Comparison
from lit_wgan.evaluation.two_sample.ngrams import ngram_jsd
from lit_wgan.networks import SeriesResNetCritic, SeriesResNetGenerator


def codes(rows, length=8, characters=5):
    return torch.randint(0, characters, (rows, length))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_it_is_that_of_counts_by_hand(n):
    """In base 2, of sets of different sizes."""
    parts = codes(50), codes(60)
    counts = [Counter(tuple(row[i : i + n]) for row in part.tolist() for i in range(9 - n)) for part in parts]
    p, q = ({gram: count / sum(each.values()) for gram, count in each.items()} for each in counts)
    expected = 0.0
    for gram in {*p, *q}:
        middle = (p.get(gram, 0) + q.get(gram, 0)) / 2
        expected += sum(of[gram] * math.log2(of[gram] / middle) / 2 for of in (p, q) if gram in of)
    assert ngram_jsd(parts[0], parts[1].float(), n) == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_it_is_0_of_equal_and_1_of_disjoint_text(n):
    text = codes(20)
    assert ngram_jsd(text, text.flip(0), n) == 0
    assert ngram_jsd(text, text + 32767 - 5, n) == pytest.approx(1)


def test_the_order_of_characters_counts_from_two_on():
    """Of ABAB... and BABA... with a change of phase 1-grams agree; of AABB and ABAB the pairs do not."""
    real, fake = (torch.tensor([[ord(each) for each in text]]) for text in ("aabbaabb", "abababab"))
    assert ngram_jsd(real, fake, 1) == 0
    assert ngram_jsd(real, fake, 2) > 0.3


@pytest.mark.parametrize(
    "samples",
    [
        torch.rand(3, 8) + 1,
        torch.randint(0, 5, (3, 3)),
        -torch.ones(3, 8),
        torch.full((3, 8), 32768),
        torch.ones(3, 8, 5),
    ],
)
def test_what_is_no_text_is_refused(samples):
    with pytest.raises(UsageError, match="Expected text.* codes of .*characters"):
        Comparison(["ngram_jsd"]).measure(samples, samples, samples)


@pytest.fixture
def text(tmp_path):
    lines = [f"the {'quick' if number % 2 else 'lazy'} fox {number}" for number in range(40)]
    (tmp_path / "text.txt").write_text("\n".join(lines))
    return TextData(str(tmp_path / "text.txt"), length=8, batch_size=4, held_out=0.5, cache_dir=str(tmp_path / "cache"))


def system_on(data):
    shape = data.sizes()["data_shape"]
    generator = SeriesResNetGenerator(3, shape, 4, 1, head="softmax")
    return WGANGP(generator, SeriesResNetCritic(shape, 4, 1), latent_dim=3, n_critic=1)


def test_it_is_logged_with_the_floor_of_training_lines(trainer, text):
    run = trainer(max_steps=1, val_check_interval=1, callbacks=[SampleMetrics(["ngram_jsd"], num_samples=20)])
    system = system_on(text)
    run.fit(system, datamodule=text)
    held_out, train = (text.real_samples(20, train).real for train in (False, True))
    for n in (1, 2, 3, 4):
        floor = run.callback_metrics[f"eval/ngram_jsd_{n}_floor"].item()
        assert floor == pytest.approx(ngram_jsd(held_out, train, n), rel=1e-5)
        made = run.callback_metrics[f"eval/ngram_jsd_{n}"].item()
        assert floor < made <= 1
        assert made == pytest.approx(ngram_jsd(held_out, system.sample(slice(20)), n), rel=1e-5)


def test_metrics_of_numbers_are_refused_for_text_and_its_metric_for_numbers(trainer, text, networks):
    refused = [(SampleMetrics(["w1"], 8), "Expected numbers for w1, but got text"), (ExactW1(2), "numbers for ExactW1")]
    for callback, message in refused:
        with pytest.raises(UsageError, match=message):
            trainer(callbacks=[callback]).fit(system_on(text), datamodule=text)
    run = trainer(callbacks=[SampleMetrics(["ngram_jsd"], num_samples=8)])
    data = ToyData("eight_gaussians", batch_size=8, num_held_out=8)
    with pytest.raises(UsageError, match=r"Expected text \(lit_wgan.TextData\) for ngram_jsd, but got numbers"):
        run.fit(WGANGP(**networks()), datamodule=data)
    assert run.global_step == 0
