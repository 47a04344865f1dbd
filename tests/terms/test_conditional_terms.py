"""Terms that look at conditions: each against its definition, and where it is refused."""

import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import WGAN, WGANGP, ClassLabels, Values
from lit_wgan.functional.penalties import joint_gradient_norm
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.systems.judging import judge_both
from lit_wgan.terms import L1, MSE, AuxiliaryClassifier, EnsembleMean, FeatureMatching, GradientPenalty


class Generator(nn.Module):
    """Points ``(N, 2)`` of noise ``(N, 3)`` and a number each."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)

    def forward(self, z, c):
        return self.layer(torch.cat([z, c], 1))


class Critic(nn.Module):
    """Scores of points and their number, and two features."""

    def __init__(self):
        super().__init__()
        self.hidden, self.score = nn.Linear(3, 5), nn.Linear(5, 1)

    def forward(self, x, c):
        hidden = self.hidden(torch.cat([x, c], 1)).relu()
        return self.score(hidden), hidden, hidden.square()


def numbers(n=32):
    c = torch.linspace(-1, 1, n)[:, None]
    return TensorDataset(torch.cat([c, c.square()], 1), c)


def system(**options):
    torch.manual_seed(0)
    return WGAN(Generator(), Critic(), latent_dim=3, condition=Values(1), n_critic=1, **options)


def first_losses(term, trainer):
    """The term's logged value in the first generator update, beside what went into it."""
    run, made = trainer(max_steps=1, log_every_n_steps=1), system(generator_terms=[term])
    before = system()
    run.fit(made, DataLoader(numbers(), 8))
    x, c = numbers()[:8]
    z = RandomStreams(0).normal("z/generator", 0, (8, 3))
    return run.callback_metrics[f"generator/{term.name}"], before.generator, made.critic, x, c, z


def test_l1_and_mse_compare_each_sample_with_the_real_one_of_its_condition(trainer):
    value, generator, _, x, c, z = first_losses(L1(weight=3.0), trainer)
    torch.testing.assert_close(value, (generator(z, c) - x).abs().mean())
    value, generator, _, x, c, z = first_losses(MSE(), trainer)
    torch.testing.assert_close(value, (generator(z, c) - x).square().mean())


def test_feature_matching_compares_what_the_critic_gives_behind_its_scores(trainer):
    value, generator, critic, x, c, z = first_losses(FeatureMatching(), trainer)
    pairs = zip(critic(generator(z, c), c)[1:], critic(x, c)[1:], strict=True)
    first, second = ((fake - real).abs().mean() for fake, real in pairs)
    torch.testing.assert_close(value, (first + second) / 2)


def test_the_ensemble_mean_is_that_of_k_samples_of_one_condition(trainer):
    value, generator, _, x, c, z = first_losses(EnsembleMean(samples=3), trainer)
    streams = RandomStreams(0)
    others = [streams.normal(f"generator/ensemble_mean{end}", 0, (8, 3)) for end in ("", "/1")]
    mean = sum(generator(noise, c) for noise in (z, *others)) / 3
    torch.testing.assert_close(value, (mean - x).square().mean())


def test_the_classifier_learns_from_real_samples_and_teaches_the_generator():
    logits = {1.0: torch.randn(4, 3), 2.0: torch.randn(4, 3)}
    labels = torch.tensor([0, 2, 1, 1])

    def critic(x, condition):
        return x.sum(1), logits[x[0, 0].item()]

    for trains, value in (("critic", 1.0), ("generator", 2.0)):
        step = judge_both(critic, torch.ones(4, 2), torch.full((4, 2), 2.0), labels, trains=trains)
        loss, metrics = AuxiliaryClassifier()(step)
        chosen = logits[value].log_softmax(1)[torch.arange(4), labels]
        torch.testing.assert_close(loss, -chosen.mean())
        assert torch.equal(metrics["auxiliary_accuracy"], logits[value].argmax(1).eq(labels).float())


@pytest.mark.parametrize(
    ("condition", "extras", "message"),
    [
        (None, (torch.zeros(4, 3),), "Expected class numbers as condition for AuxiliaryClassifier, but got none"),
        (torch.zeros(4, 1), (torch.zeros(4, 3),), "class numbers as condition for AuxiliaryClassifier, but got others"),
        (torch.zeros(4).long(), (), "Expected a critic that gives scores and class logits .*, but got scores alone"),
        (torch.zeros(4).long(), (torch.zeros(4),), r"got the shape \(4,\) behind the scores"),
    ],
)
def test_the_classifier_refuses_what_it_cannot_judge(condition, extras, message):
    step = judge_both(lambda x, *c: (x.sum(1), *extras), torch.ones(4, 2), torch.ones(4, 2), condition)
    with pytest.raises(ValueError, match=message):
        AuxiliaryClassifier()(step)


def test_the_penalty_over_samples_and_condition_is_that_of_a_linear_critics_whole_slope():
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([4.0])
    x, c = torch.randn(6, 2), torch.randn(6, 1)
    torch.testing.assert_close(joint_gradient_norm(lambda x, c: x @ a + c @ b, x, c), torch.full((6,), 5.0))
    step = judge_both(lambda x, c: x @ a + c @ b, x, x, c)
    eps = torch.rand(6)
    value, _ = GradientPenalty(over="samples_and_condition")(step, eps)
    torch.testing.assert_close(value, torch.tensor((5.0 - 1) ** 2))
    value, _ = GradientPenalty()(step, eps)
    torch.testing.assert_close(value, torch.tensor((3.0 - 1) ** 2))


def test_the_joint_penalty_takes_several_conditions_and_images():
    x, image, number = torch.randn(6, 2), torch.randn(6, 1, 2, 2), torch.randn(6, 1)

    def critic(x, image, number):
        return 2 * x[:, 0] + 2 * image[:, 0, 1, 1] + number[:, 0]

    value, _ = GradientPenalty(over="samples_and_condition")(judge_both(critic, x, x, (image, number)), torch.rand(6))
    torch.testing.assert_close(value, torch.tensor((3.0 - 1) ** 2))


def test_the_joint_penalty_of_class_numbers_is_refused():
    step = judge_both(lambda x, c: x.sum(1), torch.ones(4, 2), torch.ones(4, 2), torch.zeros(4).long())
    with pytest.raises(ValueError, match="numbers for gp_over=samples_and_condition, but got class numbers"):
        GradientPenalty(over="samples_and_condition")(step, torch.rand(4))
    with pytest.raises(ValueError, match="Expected gp_over to be one of samples, samples_and_condition, but got both"):
        GradientPenalty(over="both")


def test_a_term_without_its_pair_or_its_network_is_refused():
    def made(**options):
        return WGANGP(nn.Linear(3, 2), nn.Linear(2, 1), latent_dim=3, **options)

    with pytest.raises(ValueError, match="which L1 compares, but got no condition"):
        made(generator_terms=[L1()])
    uniform = ClassLabels(3, for_generator="uniform")
    with pytest.raises(ValueError, match="which EnsembleMean compares, but got labels that are drawn"):
        made(generator_terms=[EnsembleMean()], condition=uniform)
    with pytest.raises(ValueError, match="Expected MSE among the generator_terms, but got it among the critic_terms"):
        made(critic_terms=[MSE()], condition=Values(1))
    with pytest.raises(ValueError, match="Expected samples to be at least 2, but got 1"):
        EnsembleMean(samples=1)


def test_feature_matching_without_features_is_refused():
    step = judge_both(lambda x, c: x.sum(1), torch.ones(4, 2), torch.ones(4, 2), torch.zeros(4, 1))
    with pytest.raises(ValueError, match="gives features behind its scores for FeatureMatching, but got scores alone"):
        FeatureMatching()(step)


class Untold(nn.Module):
    """AC-GAN's critic: scores and logits of samples alone."""

    def __init__(self, logits=True):
        super().__init__()
        self.layer, self.logits = nn.Linear(2, 4), logits

    def forward(self, x):
        out = self.layer(x)
        return (out[:, 0], out[:, 1:]) if self.logits else out[:, 0]


class Told(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3 + 3, 2)

    def forward(self, z, label):
        return self.layer(torch.cat([z, one_hot(label, 3).to(z)], 1))


def test_a_critic_need_not_take_a_condition_that_a_term_tells_it(trainer):
    labels = torch.arange(32) % 3
    loader = DataLoader(TensorDataset(torch.randn(32, 2), labels), 8)
    terms = {"critic_terms": [AuxiliaryClassifier()], "generator_terms": [AuxiliaryClassifier(0.1)]}
    run = trainer(max_steps=2, log_every_n_steps=1)
    run.fit(WGANGP(Told(), Untold(), 3, condition=ClassLabels(3, for_generator="uniform"), n_critic=1, **terms), loader)
    assert 0 <= run.callback_metrics["critic/auxiliary_accuracy"] <= 1
    with pytest.raises(ValueError, match="Expected a critic whose forward takes"):
        trainer().fit(WGANGP(Told(), Untold(logits=False), 3, condition=ClassLabels(3)), loader)
