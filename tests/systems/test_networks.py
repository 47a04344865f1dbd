"""Networks as people bring them: each trains, or is refused in one sentence that says what to do."""

import re
import threading
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from lit_wgan import GAN, WGAN, WGANGP
from lit_wgan.engine.networks import CHANNELS_LAST
from lit_wgan.errors import UsageError


class Made(nn.Module):
    """A network out of a function of its input and its parts."""

    def __init__(self, function, *parts):
        super().__init__()
        self.function, self.parts = function, nn.ModuleList(parts)

    def forward(self, x):
        return self.function(x, *self.parts)


def vectors():
    return nn.Linear(8, 10)


def images():
    return nn.Sequential(nn.Linear(8, 192), nn.Unflatten(1, (3, 8, 8)))


def sequences():
    return nn.Sequential(nn.Linear(8, 60), nn.Unflatten(1, (6, 10)))


def volumes():
    return nn.Sequential(nn.Linear(8, 64), nn.Unflatten(1, (1, 4, 4, 4)))


def head(size):
    return nn.Sequential(nn.Flatten(), nn.Linear(size, 1))


def attended(x, attention, head):
    return head(attention(x, x, x, need_weights=False)[0])


def train(trainer, generator, critic, shape, system=WGANGP, data=None, **options):
    made = system(generator, critic, **{"latent_dim": 8} | options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of lazy layers
        loader = DataLoader(torch.randn(64, *shape) if data is None else data, 8)
        trainer(max_steps=2).fit(made, loader)
    assert all(weight.isfinite().all() for weight in made.state_dict().values())
    return made


class Locked(nn.Linear):
    """Holds what cannot be copied."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.lock = threading.Lock()


OLD_WEIGHT_NORM = "ignore:.*weight_norm.*is deprecated"
TRAINS = {
    "scores (N, 1)": lambda: (vectors(), nn.Linear(10, 1), (10,)),
    "scores (N, 1, 1, 1)": lambda: (images(), nn.Conv2d(3, 1, 8), (3, 8, 8)),
    "a list of scores and features": lambda: (vectors(), Made(lambda x, a: [a(x), x], nn.Linear(10, 1)), (10,)),
    "view of a convolution": lambda: (
        images(),
        Made(lambda x, conv, out: out(conv(x).view(len(x), -1)), nn.Conv2d(3, 8, 4, 2, 1), nn.Linear(128, 1)),
        (3, 8, 8),
    ),
    "view in the generator": lambda: (
        Made(
            lambda z, first, conv: conv(first(z).view(-1, 4, 4, 4)).view(len(z), -1),
            *(nn.Linear(8, 64), nn.ConvTranspose2d(4, 3, 4, 2, 1)),
        ),
        head(192),
        (192,),
    ),
    "volumes": lambda: (volumes(), nn.Sequential(nn.Conv3d(1, 4, 4), head(4)), (1, 4, 4, 4)),
    "view of a volume": lambda: (
        volumes(),
        Made(lambda x, conv, out: out(conv(x).view(len(x), -1)), nn.Conv3d(1, 4, 3), nn.Linear(32, 1)),
        (1, 4, 4, 4),
    ),
    "a weight of five axes": lambda: (
        vectors(),
        Made(lambda x, out, extra: out(x) + extra[0].mean(), head(10), nn.ParameterList([torch.randn(2, 2, 2, 2, 2)])),
        (10,),
    ),
    "attention": lambda: (
        sequences(),
        Made(attended, nn.MultiheadAttention(10, 2, batch_first=True), head(60)),
        (6, 10),
    ),
    "transformer": lambda: (
        sequences(),
        nn.Sequential(nn.TransformerEncoderLayer(10, 2, 16, batch_first=True, norm_first=True), head(60)),
        (6, 10),
    ),
    "recurrent": lambda: (
        sequences(),
        Made(lambda x, layer, out: out(layer(x)[0]), nn.LSTM(10, 10, batch_first=True), head(60)),
        (6, 10),
    ),
    "tanh registered last": lambda: (
        vectors(),
        Made(lambda x, first, out, squash: out(squash(first(x))), nn.Linear(10, 8), nn.Linear(8, 1), nn.Tanh()),
        (10,),
    ),
    "a product with a gate": lambda: (
        vectors(),
        Made(lambda x, a, b: torch.sigmoid(a(x)) * b(x), nn.Linear(10, 1), nn.Linear(10, 1)),
        (10,),
    ),
    "scaled by a weight": lambda: (
        vectors(),
        Made(lambda x, a, scale: scale(torch.tanh(a(x))), nn.Linear(10, 1), nn.Linear(1, 1, bias=False)),
        (10,),
    ),
    "what cannot be copied": lambda: (vectors(), Locked(10, 1), (10,)),
    "clamped below": lambda: (vectors(), Made(lambda x, a: a(x).clamp(min=-1), nn.Linear(10, 1)), (10,)),
    "a gradient inside": lambda: (
        vectors(),
        Made(
            lambda x, a, out: out(torch.func.grad(lambda y: functional.relu(a(y)).square().sum())(x)),
            *(nn.Linear(10, 10), head(10)),
        ),
        (10,),
    ),
    "autograd inside": lambda: (
        vectors(),
        Made(
            lambda x, a: torch.autograd.grad(functional.softplus(a(x)).sum(), x, create_graph=True)[0].sum(1),
            nn.Linear(10, 10),
        ),
        (10,),
    ),
    "lazy layers": lambda: (nn.LazyLinear(10), nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(1)), (10,)),
    "lazy convolution": lambda: (
        images(),
        nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(1)),
        (3, 8, 8),
    ),
    "old weight norm": lambda: (nn.utils.weight_norm(vectors()), nn.utils.weight_norm(nn.Linear(10, 1)), (10,)),
    "old spectral norm": lambda: (nn.utils.spectral_norm(vectors()), nn.utils.spectral_norm(nn.Linear(10, 1)), (10,)),
    "batches of a multiple": lambda: (
        vectors(),
        Made(lambda x, out: out(x.view(8, -1, 10)).view(-1), nn.Linear(10, 1)),
        (10,),
    ),
    "frozen batch norm": lambda: (nn.Sequential(vectors(), nn.BatchNorm1d(10).eval()), head(10), (10,)),
}


@pytest.mark.filterwarnings(OLD_WEIGHT_NORM)
@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("name", TRAINS)
def test_trains(name, trainer):
    generator, critic, shape = TRAINS[name]()
    if name == "autograd inside":  # which needs gradients to its input, as the penalty and the generator's loss give
        critic = Made(lambda x, own: own(x if x.requires_grad else x.detach().requires_grad_()), critic)
    train(trainer, generator, critic, shape, ema_decay=0.9)


BOUNDED = {
    "Sigmoid": lambda: nn.Sequential(nn.Linear(10, 1), nn.Sigmoid()),
    "Sigmoid, then flattened": lambda: nn.Sequential(nn.Linear(10, 1), nn.Sigmoid(), nn.Flatten(0)),
    "Sigmoid as a function": lambda: Made(lambda x, a: torch.sigmoid(a(x)).squeeze(1), nn.Linear(10, 1)),
    "Sigmoid, then a mean": lambda: Made(lambda x, a: torch.sigmoid(a(x)).mean(1), nn.Linear(10, 4)),
    "Tanh in wrappers": lambda: Made(
        lambda x, a: a(x).view(-1, 1), nn.Sequential(nn.Sequential(nn.Linear(10, 1), nn.Tanh()))
    ),
    "Sigmoid, summed and scaled": lambda: Made(lambda x, a: 1 - 2 * torch.sigmoid(a(x)).sum(1) / 4, nn.Linear(10, 4)),
    "LogSigmoid": lambda: nn.Sequential(nn.Linear(10, 1), nn.LogSigmoid()),
    "Softmax": lambda: nn.Sequential(nn.Linear(10, 1), nn.Softmax(1)),
    "Softsign": lambda: nn.Sequential(nn.Linear(10, 1), nn.Softsign()),
    "Hardtanh": lambda: nn.Sequential(nn.Linear(10, 1), nn.Hardtanh()),
    "Clamp": lambda: Made(lambda x, a: a(x).clamp(-1, 1), nn.Linear(10, 1)),
}


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("system", [GAN, WGAN, WGANGP])
def test_a_bounded_head_is_refused_unless_it_is_allowed(name, system, trainer):
    with pytest.raises(
        UsageError, match=rf"unbounded scores, but got one that ends in {name.split()[0].strip(',')}\. "
    ):
        train(trainer, vectors(), BOUNDED[name](), (10,), system)
    if system is WGAN:
        allowed = WGAN(vectors(), BOUNDED[name](), 8, allow=["bounded_head"])
        with pytest.warns(UserWarning, match="unbounded scores"):
            trainer(max_steps=1).fit(allowed, DataLoader(torch.randn(64, 10), 8))


class Conditional(nn.Linear):
    """Wants labels."""

    def forward(self, x, labels):
        return super().forward(x) + labels[:, None]


REFUSED = {
    "a dict of scores": (
        lambda: (vectors(), Made(lambda x, a: {"score": a(x)}, nn.Linear(10, 1))),
        "the critic gave a dict. Let Made.forward return the scores first",
    ),
    "no scores": (lambda: (vectors(), Made(lambda x, a: None, nn.Linear(10, 1))), "the critic gave a NoneType"),
    "features": (lambda: (vectors(), nn.Linear(10, 3)), "one score per sample"),
    "one score of all": (lambda: (vectors(), Made(lambda x, a: a(x).mean(), nn.Linear(10, 1))), "gave the shape ()"),
    "a generator that wants labels": (
        lambda: (Conditional(8, 10), head(10)),
        "a generator whose forward takes (z), but got Conditional.forward(x, labels): missing a required argument",
    ),
    "a critic that wants labels": (
        lambda: (vectors(), Conditional(10, 1)),
        "a critic whose forward takes (x), but got Conditional.forward(x, labels): missing a required argument",
    ),
    "a generator of complex numbers": (
        lambda: (Made(lambda z, a: torch.complex(a(z), a(z)), vectors()), head(10)),
        "Made makes torch.complex64",
    ),
    "a generator of whole numbers": (
        lambda: (Made(lambda z, a: a(z).long(), vectors()), head(10)),
        "makes torch.int64",
    ),
    "weights of another type": (lambda: (vectors(), head(10).double()), "Leave types to trainer.precision"),
    "noise of another shape": (
        lambda: (nn.ConvTranspose2d(8, 3, 8), head(192)),
        "Give model.latent_dim (for convolutions [8, 1, 1]) and the generator one size",
    ),
    "frozen generator": (lambda: (vectors().requires_grad_(False), head(10)), "a generator with weights to train"),
    "frozen weights": (lambda: (vectors(), head(10).requires_grad_(False)), "a critic with weights to train"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name, trainer):
    networks, message = REFUSED[name]
    with pytest.raises(UsageError, match=re.escape(message)) as raised:
        train(trainer, *networks(), (10,))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (torch.ones(64, 10, dtype=torch.int64), "as floats, but got torch.int64"),
        (torch.ones(64, 10, dtype=torch.bool), "as floats, but got torch.bool"),
        (torch.ones(64, 10, dtype=torch.complex64), "torch.view_as_real"),
    ],
)
def test_data_that_are_no_floats_are_refused(data, message, trainer):
    with pytest.raises(UsageError, match=message):
        train(trainer, vectors(), head(10), (10,), data=data)


@pytest.mark.parametrize("latent_dim", [(8, 1, 1), [8, 1, 1]])
def test_noise_may_have_the_shape_of_a_feature_map(latent_dim, trainer):
    system = train(trainer, nn.ConvTranspose2d(8, 3, 8), head(192), (3, 8, 8), latent_dim=latent_dim)
    assert system.sample(slice(5)).shape == (5, 3, 8, 8)
    with pytest.raises(UsageError, match="latent_dim to be above 0, but got 0"):
        WGAN(nn.ConvTranspose2d(8, 3, 8), head(192), latent_dim=(8, 0, 1))


def convolutions(name):
    """A generator, a critic and a sample shape; the last critic cannot take channels last."""
    if name == "volumes":
        critic = nn.Sequential(nn.Conv3d(2, 4, 2), nn.Flatten(), nn.Linear(4, 1))
        return nn.Sequential(nn.Linear(8, 16), nn.Unflatten(1, (2, 2, 2, 2))), critic, (2, 2, 2, 2)
    layers = (nn.Conv2d(3, 8, 4, 2, 1), nn.Linear(128, 1))
    if name == "images":
        return images(), nn.Sequential(layers[0], nn.Flatten(), layers[1]), (3, 8, 8)
    return images(), Made(lambda x, conv, out: out(conv(x).view(len(x), -1)), *layers), (3, 8, 8)


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("name", ["images", "volumes", "images with view"])
def test_filters_are_laid_out_channels_last_where_the_networks_can_take_it(name, channels_last, trainer):
    generator, critic, shape = convolutions(name)
    system = train(trainer, generator, critic, shape, channels_last=channels_last)
    for weight in (weight for weight in system.critic.parameters() if weight.ndim in CHANNELS_LAST):
        converted = weight.is_contiguous(memory_format=CHANNELS_LAST[weight.ndim])
        assert converted == (channels_last and name != "images with view")
        assert weight.is_contiguous() != converted


class Branching(nn.Linear):
    def forward(self, x):
        scores = super().forward(x)
        return scores if scores.sum() > 0 else -scores


@pytest.mark.slow
def test_what_torch_cannot_compile_is_named(trainer):
    with pytest.raises(UsageError) as raised:
        train(trainer, vectors(), Branching(10, 1), (10,), compile=True)
    assert "Data-dependent branching, in `return scores if scores.sum() > 0 else -scores`, " in str(raised.value)
    assert re.search(r"test_networks\.py line \d+\. Set model\.compile to false", str(raised.value))
