import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from lit_wgan.functional.double_backward import DoubleBackward
from lit_wgan.functional.penalties import gradient_penalty
from lit_wgan.networks import CIFARResNetCritic, DCGANCritic, ResNet64Critic, ResNetCritic

NETWORKS = {
    "strides, groups and dilation": (
        [nn.Conv2d(3, 8, 5, 2, 2), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1, dilation=2, groups=2), nn.LeakyReLU(0.2)],
        (3, 13, 12),
    ),
    "in place": ([nn.Conv2d(3, 8, 3), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(8, 4, 3), nn.ReLU(True)], (3, 8, 8)),
    "padding by name": ([nn.Conv2d(3, 4, 3, padding="same"), nn.ReLU()], (3, 8, 8)),
    "pooling": ([nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AvgPool2d(3, 2, 1, ceil_mode=True), nn.Conv2d(8, 4, 1)], (3, 8, 8)),
    "curved layers": ([nn.Conv2d(3, 8, 3), nn.GroupNorm(1, 8), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.Tanh()], (3, 8, 8)),
    "no bias": ([nn.Conv2d(3, 8, 3, bias=False), nn.SiLU(), nn.Conv2d(8, 4, 3, bias=False), nn.ReLU()], (3, 8, 8)),
    "one axis": ([nn.Conv1d(3, 8, 4, 3, 1), nn.ReLU(), nn.Conv1d(8, 4, 3)], (3, 16)),
    "three axes": ([nn.Conv3d(2, 4, 3, 2, 1), nn.LeakyReLU(0.1), nn.Conv3d(4, 4, 2)], (2, 6, 5, 4)),
    "pooling series": (
        [nn.Conv1d(3, 8, 3), nn.ReLU(), nn.AvgPool1d(3, 2, 1, ceil_mode=True), nn.Conv1d(8, 4, 1)],
        (3, 9),
    ),
    "pooling volumes": ([nn.Conv3d(2, 4, 2), nn.ReLU(), nn.AvgPool3d((2, 1, 2), ceil_mode=True)], (2, 6, 5, 4)),
    "vectors": ([nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU()], (5,)),
}


def made(name):
    layers, shape = NETWORKS[name]
    torch.manual_seed(0)
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(1), nn.Flatten(0)).double(), torch.randn(
        6, *shape
    ).double()


def autograds_penalty(critic, x):
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def derivatives(penalty, critic, x):
    critic.zero_grad()
    value = penalty(critic, x)
    value.backward()
    return [value.detach(), *(torch.zeros_like(p) if p.grad is None else p.grad for p in critic.parameters())]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_penalty_and_its_gradients_are_those_of_autograd(name):
    critic, x = made(name)
    critic(x)
    ours, theirs = derivatives(gradient_penalty, critic, x), derivatives(autograds_penalty, critic, x)
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)
    assert any(gradient.abs().max() > 1e-3 for gradient in theirs[1:])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["in place", "pooling", "pooling series", "pooling volumes", "curved layers"])
def test_compiled_it_has_the_same_gradients(name):
    critic, x = made(name)
    critic(x)
    compiled = torch.compile(gradient_penalty, backend="aot_eager", fullgraph=True)
    eager = derivatives(gradient_penalty, critic, x)
    torch.testing.assert_close(derivatives(compiled, critic, x), eager, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_give_the_same_outputs_and_leave_the_same_in_place(name):
    critic, x = made(name)
    expected = critic(x)
    with DoubleBackward():
        torch.testing.assert_close(critic(x), expected, rtol=1e-12, atol=1e-12)
    features = torch.randn(3, 4)
    with DoubleBackward():
        assert nn.functional.leaky_relu(features, 0.2, inplace=True) is features
    assert features.max() > 0 > features.min() > -1


def test_in_mixed_precision_it_is_near_float32():
    torch.manual_seed(0)
    critic, x = DCGANCritic(8, 1, extra_layers=1), torch.randn(16, 1, 8, 8)
    exact = derivatives(gradient_penalty, critic, x)
    with torch.autocast("cpu", torch.bfloat16):
        value = gradient_penalty(critic, x)
    critic.zero_grad()
    value.backward()
    for ours, theirs in zip((p.grad for p in critic.parameters() if p.grad is not None), exact[1::2], strict=True):
        assert ours.dtype == torch.float32
        assert torch.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0) > 0.99


class Work(TorchDispatchMode):
    """Counts multiplications and additions."""

    def __init__(self):
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if func._overloadpacket in flop_registry:
            self.operations += flop_registry[func._overloadpacket](*args, **(kwargs or {}), out_val=out)
        return out


@pytest.mark.parametrize(
    ("critic", "shape", "share"),
    [
        (CIFARResNetCritic(width=8), (3, 32, 32), 0.7),
        (DCGANCritic(32, 3, width=8), (3, 32, 32), 0.7),
        (DCGANCritic([8, 8, 8], 2, width=8), (2, 8, 8, 8), 0.7),
        (ResNetCritic([64], 2, width=8, norm="none"), (2, 64), 0.7),
        (ResNet64Critic(width=4), (3, 64, 64), 1.01),
    ],
)
def test_networks_of_straight_pieces_need_a_third_less_work(critic, shape, share):
    x = torch.randn(4, *shape)
    counts = []
    for penalty in (gradient_penalty, autograds_penalty):
        with Work() as work:
            derivatives(penalty, critic, x)
        counts.append(work.operations)
    assert counts[0] <= share * counts[1]


class Made(nn.Module):
    """A network out of a function of its input and its parts."""

    def __init__(self, function, *parts):
        super().__init__()
        self.function, self.parts = function, nn.ModuleList(parts)

    def forward(self, x):
        return self.function(x, *self.parts).flatten(1).sum(1)


WHAT_TORCH_TAKES = {
    "sum with its own rectified values": lambda: Made(lambda x, a: (lambda y: y.add_(y.relu()))(a(x)), nn.Linear(6, 4)),
    "leaky, then in place": lambda: Made(lambda x, a: functional.leaky_relu(a(x), 0.2).mul_(2).sin(), nn.Linear(6, 4)),
    "vmap": lambda: Made(lambda x, a: torch.vmap(lambda row: functional.relu(a(row)).square())(x), nn.Linear(6, 4)),
    "vmap over convolutions": lambda: Made(
        lambda x, a: torch.vmap(lambda row: functional.leaky_relu(a(row[None, None])).square())(x), nn.Conv2d(1, 2, 3)
    ),
    "gradient": lambda: Made(
        lambda x, a: torch.func.grad(lambda y: functional.relu(a(y[:, None])).pow(3).sum())(x), nn.Conv2d(1, 2, 3)
    ),
    "jacobian": lambda: Made(
        lambda x, a: torch.vmap(torch.func.jacrev(lambda row: functional.relu(a(row)).square()))(x), nn.Linear(6, 3)
    ),
    "complex convolution": lambda: Made(
        lambda x, a: a(torch.complex(x, x.sin())[:, None]).abs(), nn.Conv2d(1, 2, 3, dtype=torch.complex128)
    ),
    "recurrent": lambda: Made(lambda x, a: a(x)[0], nn.LSTM(6, 4, batch_first=True)),
}


@pytest.mark.parametrize("name", WHAT_TORCH_TAKES)
def test_what_torch_can_differentiate_twice_gives_the_same_here(name):
    torch.manual_seed(0)
    critic = WHAT_TORCH_TAKES[name]().double()
    x = torch.randn(5, 6, 6, dtype=torch.float64)
    ours = derivatives(gradient_penalty, critic, x)
    assert all(torch.allclose(a, b) for a, b in zip(ours, derivatives(autograds_penalty, critic, x), strict=True))


def attend(x, layer):
    return layer(x, x, x, need_weights=False)[0]


ATTENTION = {
    "scaled dot product": lambda: Made(lambda x: functional.scaled_dot_product_attention(x, x, x)),
    "several heads": lambda: Made(attend, nn.MultiheadAttention(6, 2, batch_first=True)),
    "encoder": lambda: nn.TransformerEncoderLayer(6, 2, 8, dropout=0, batch_first=True, norm_first=True),
    "decoder": lambda: Made(lambda x, a: a(x, x), nn.TransformerDecoderLayer(6, 2, 8, dropout=0, batch_first=True)),
}


@pytest.mark.parametrize("name", ATTENTION)
def test_attention_has_a_second_derivative_inside_the_penalty(name):
    torch.manual_seed(0)
    critic = Made(lambda x, layer: layer(x), ATTENTION[name]()) if name == "encoder" else ATTENTION[name]()
    critic, x = critic.double(), torch.randn(5, 3, 6, dtype=torch.float64)
    ours = derivatives(gradient_penalty, critic, x)
    with sdpa_kernel(SDPBackend.MATH):
        expected = derivatives(autograds_penalty, critic, x)
    assert all(torch.allclose(a, b) for a, b in zip(ours, expected, strict=True))


def test_recurrent_layers_do_without_cudnn_inside_the_penalty(monkeypatch):
    seen = []
    layer = nn.GRU(6, 4, batch_first=True)
    critic = Made(lambda x, a: (lambda y: seen.append(a) or y)(a(x)[0]), layer)
    flags = torch.backends.cudnn.flags

    def recorded(**options):
        seen.append(options)
        return flags(**options)

    monkeypatch.setattr(torch.backends.cudnn, "flags", recorded)
    gradient_penalty(critic, torch.randn(5, 3, 6))
    assert seen == [{"enabled": False}, layer]
