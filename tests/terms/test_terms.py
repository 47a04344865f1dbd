"""How terms enter an objective: weights, intervals, random numbers, names, and what a term of one's own can see."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import GAN, LSGAN, WGAN, WGANGP
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.terms import DRAGAN, R1, R2, Drift, GradientPenalty, Term

SYSTEMS = [GAN, LSGAN, WGAN, WGANGP]


def loader(n=320, m=8):
    return DataLoader(torch.randn(n, 2, generator=torch.Generator().manual_seed(2)), m)


def weights(system):
    return [p.detach().clone() for p in system.parameters()]


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def fitted(system, run, **kwargs):
    run.fit(system, loader(**kwargs))
    return system


@pytest.mark.slow
@pytest.mark.parametrize("system_class", SYSTEMS)
@pytest.mark.parametrize("term", [R1(), R2(), DRAGAN(), Drift()], ids=lambda term: term.name)
def test_every_system_takes_every_term_and_logs_it_by_name(system_class, term, networks, trainer):
    run = trainer(max_steps=2, log_every_n_steps=1)
    system = fitted(system_class(**networks(), critic_terms=[term]), run)
    assert run.callback_metrics[f"critic/{term.name}"] >= 0
    assert not same(weights(system), weights(fitted(system_class(**networks()), trainer())))


def test_wgan_gp_is_wgan_without_clipping_and_with_the_penalty_as_a_term(networks, trainer):
    class Unclipped(WGAN):
        def constrain_critic(self):
            pass

    optimizers = {f"{name}_optimizer": lambda p: torch.optim.SGD(p, lr=0.1) for name in ("critic", "generator")}
    by_term = Unclipped(**networks(), **optimizers, critic_terms=[GradientPenalty(weight=7.0)])
    by_name = WGANGP(**networks(), **optimizers, gp_weight=7.0)
    assert same(weights(fitted(by_term, trainer(max_steps=3))), weights(fitted(by_name, trainer(max_steps=3))))


class Pull(Term):
    """Pulls each generated sample to the real one of its row."""

    name = "pull"

    def __call__(self, step):
        return (step.fake.samples - step.real.samples).square().mean(), {"real_score": step.real.scores}


def test_a_generator_term_sees_the_paired_real_minibatch_and_changes_the_generator_alone(networks, trainer):
    class Watched(WGAN):
        def update_generator(self, minibatch):
            critic = [p.clone() for p in self.critic.parameters()]
            super().update_generator(minibatch)
            assert same(critic, self.critic.parameters())

    run = trainer(max_steps=2, log_every_n_steps=1)
    system = fitted(Watched(**networks(), generator_terms=[Pull(weight=3.0)], generator_batch_multiple=2), run)
    logged = run.callback_metrics
    assert logged["generator/pull"] > 0
    assert "generator/real_score" in logged
    assert not same(weights(system), weights(fitted(WGAN(**networks(), generator_batch_multiple=2), trainer())))


def test_a_generators_loss_is_its_own_and_its_weighted_terms(networks, trainer):
    real = torch.randn(8, 2)
    system = WGAN(**networks(), n_critic=1, generator_terms=[Pull(weight=3.0)])
    run = trainer(max_steps=1, log_every_n_steps=1)
    run.fit(system, DataLoader(real, 8))
    z = RandomStreams(0).normal("z/generator", 0, (8, 3))
    fake = networks()["generator"](z)
    expected = -system.critic(fake).mean() + 3 * (fake - real).square().mean()
    torch.testing.assert_close(run.callback_metrics["generator/loss"], expected)


def test_a_lazy_term_is_taken_at_every_kth_update_with_k_times_its_weight(networks, trainer):
    seen = []

    class Watched(GAN):
        def critic_objective(self, *arguments):
            loss, metrics = super().critic_objective(*arguments)
            seen.append((loss.item(), metrics["r1"].item() if "r1" in metrics else None))
            return loss, metrics

        def critic_loss(self, step):
            loss = super().critic_loss(step)
            bare.append(loss.item())
            return loss

    bare = []
    fitted(Watched(**networks(), critic_terms=[R1(weight=2.0, interval=3)]), trainer(max_steps=7))
    assert [r1 is not None for _, r1 in seen] == [True, False, False, True, False, False, True]
    for (loss, r1), own in zip(seen, bare, strict=True):
        assert loss == pytest.approx(own + 3 * 2.0 * (r1 or 0.0), rel=1e-5)


class TwoDraws(Term):
    name = "two_draws"

    def __init__(self):
        super().__init__(weight=1.0)
        self.drawn = []

    def draw(self, draws, real):
        self.drawn.append((draws.uniform(), draws.uniform(3)))
        return self.drawn[-1]

    def __call__(self, step, first, second):
        return 0 * (first.mean() + second.mean()), {}


def test_random_numbers_of_terms_are_fresh_in_every_update_draw_and_network(networks, trainer):
    critics, generators = TwoDraws(), TwoDraws()
    fitted(WGAN(**networks(), n_critic=2, critic_terms=[critics], generator_terms=[generators]), trainer(max_steps=2))
    assert [first.shape for first, _ in critics.drawn] == [(8,)] * 4
    assert [second.shape for _, second in critics.drawn] == [(8, 3)] * 4
    firsts = [numbers.flatten() for draws in (*critics.drawn, *generators.drawn) for numbers in draws]
    assert len({tuple(numbers[:3].tolist()) for numbers in firsts}) == len(firsts)


def test_two_terms_of_one_name_are_refused(networks):
    with pytest.raises(ValueError, match=r"Expected critic_terms of different names, but got gradient_penalty"):
        WGANGP(**networks(), critic_terms=[GradientPenalty()])


@pytest.mark.parametrize("term", [R1, R2, DRAGAN, Drift, GradientPenalty])
@pytest.mark.parametrize("option", ["weight", "interval"])
def test_numbers_out_of_range_are_refused_by_name(term, option):
    with pytest.raises(ValueError, match=rf"Expected {option} .* but got 0"):
        term(**{option: 0})


@pytest.mark.parametrize("term", [R1(), R2(), DRAGAN()], ids=lambda term: term.name)
def test_batch_norm_under_a_penalty_on_gradients_is_refused(term, networks):
    critic = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    with pytest.raises(ValueError, match="without batch norm under a gradient penalty, but got BatchNorm1d in '1'"):
        GAN(**networks() | {"critic": critic}, critic_terms=[term])


def test_a_term_without_a_formula_says_so():
    with pytest.raises(NotImplementedError):
        Term(weight=1.0)(None)


class Learned(nn.Module, Term):
    """A term with a module of its own, which is moved and saved with the system."""

    name = "learned"

    def __init__(self):
        nn.Module.__init__(self)
        Term.__init__(self, weight=0.5)
        self.features = nn.Linear(2, 4).requires_grad_(False)

    def forward(self, step):
        return self.features(step.fake.samples).square().mean(), {}


def test_a_term_that_is_a_module_belongs_to_the_system(networks, trainer):
    system = fitted(WGAN(**networks(), generator_terms=[Learned()]), trainer())
    assert "generator_term_learned.features.weight" in system.state_dict()


@pytest.mark.slow
def test_terms_and_conditions_compile_whole_and_train_the_same_networks(trainer):
    from lit_wgan.data.conditions import ClassLabels

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Linear(3 + 4, 2)

        def forward(self, z, label):
            return self.layers(torch.cat([z, nn.functional.one_hot(label, 4).to(z)], 1))

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(2 + 4, 8), nn.ReLU(), nn.Linear(8, 1))

        def forward(self, x, label):
            return self.layers(torch.cat([x, nn.functional.one_hot(label, 4).to(x)], 1)), x

    def run(**options):
        torch.manual_seed(0)
        terms = {"critic_terms": [R1(interval=2), Drift()], "generator_terms": [Pull(weight=1.0)]}
        optimizers = {f"{name}_optimizer": lambda p: torch.optim.SGD(p, lr=0.01) for name in ("critic", "generator")}
        system = WGANGP(
            Generator(), Critic(), latent_dim=3, n_critic=2, condition=ClassLabels(4), **terms, **optimizers, **options
        )
        data = torch.utils.data.TensorDataset(torch.randn(64, 2), torch.arange(64) % 4)
        trainer(max_steps=4).fit(system, DataLoader(data, 8))
        return weights(system)

    torch._dynamo.reset()
    for eager, compiled in zip(run(), run(compile=True), strict=True):
        torch.testing.assert_close(eager, compiled, rtol=0, atol=1e-5)
    torch._dynamo.reset()
