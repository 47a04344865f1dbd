"""The packaged networks with a condition: classes, vectors, projection, and the auxiliary classifier."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot

from lit_wgan.errors import UsageError
from lit_wgan.functional.penalties import gradient_penalty
from lit_wgan.networks import (
    CIFARResNetCritic,
    CIFARResNetGenerator,
    DCGANCritic,
    DCGANGenerator,
    MLPCritic,
    MLPGenerator,
    ResNet64Critic,
    ResNet64Generator,
)

GENERATORS = {
    "mlp": lambda **kw: MLPGenerator(6, (1, 4, 4), width=8, **kw),
    "dcgan 4": lambda **kw: DCGANGenerator(16, 1, 6, width=4, **kw),
    "dcgan 5, layer": lambda **kw: DCGANGenerator(16, 1, 6, width=4, norm="layer", kernel_size=5, extra_layers=1, **kw),
    "cifar": lambda **kw: CIFARResNetGenerator(6, width=4, **kw),
    "64": lambda **kw: ResNet64Generator(6, width=2, **kw),
}
CRITICS = {
    "mlp": (lambda **kw: MLPCritic((1, 4, 4), width=8, **kw), (1, 4, 4)),
    "dcgan": (lambda **kw: DCGANCritic(16, 1, width=4, **kw), (1, 16, 16)),
    "dcgan, layer": (lambda **kw: DCGANCritic(16, 1, width=4, norm="layer", kernel_size=5, **kw), (1, 16, 16)),
    "cifar": (lambda **kw: CIFARResNetCritic(width=4, **kw), (3, 32, 32)),
    "64": (lambda **kw: ResNet64Critic(width=2, **kw), (3, 64, 64)),
}
IMAGE_GENERATORS = [name for name in GENERATORS if name != "mlp"]
IMAGE_CRITICS = [name for name in CRITICS if name != "mlp"]
CONDITIONS = {
    "classes": ({"num_classes": 5}, torch.tensor([0, 1, 4, 1])),
    "vectors": ({"condition_dim": 3}, torch.tensor([[0.0, 1, 2], [1, 1, -1], [3, 0, 1], [1, 1, -1]])),
    "a number": ({"condition_dim": 1}, torch.tensor([0.5, -1, 2, -1])),
}


SUMS = {
    "mlp": 120.343727,
    "dcgan 4": 33.075606,
    "dcgan 5, layer": 255.729737,
    "cifar": 289.297982,
    "64": 1096.141642,
    "mlp critic": 102.576956,
    "dcgan critic": 11.206077,
    "dcgan, layer critic": 160.413152,
    "cifar critic": 241.244510,
    "64 critic": 985.727555,
}
"""Absolute weights summed, seed 0, before networks took conditions."""


def count(network):
    return sum(p.numel() for p in network.parameters())


def meta(network, *args, **kwargs):
    with torch.device("meta"):
        return network(*args, **kwargs)


def start_affine_(network):
    """Radford's gains of batch norm start random; here they start at 1, as conditional ones do."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.ones_(layer.weight)
    return network


def features_of(critic, x):
    *body, head = critic.layers
    for layer in body:
        x = layer(x)
    return x, head


def test_state_of_networks_without_a_condition_has_the_names_it_always_had():
    # Checkpoints are read by these names.
    critic = list(meta(CIFARResNetCritic).state_dict())
    assert critic[:4] == [
        "layers.0.residual.0.weight",
        "layers.0.residual.0.bias",
        "layers.0.residual.2.weight",
        "layers.0.residual.2.bias",
    ]
    assert critic[-2:] == ["layers.7.weight", "layers.7.bias"]
    norm = [f"layers.2.residual.0.{what}" for what in ("weight", "bias")]
    norm += [f"layers.2.residual.0.{what}" for what in ("running_mean", "running_var", "num_batches_tracked")]
    assert list(meta(CIFARResNetGenerator).state_dict())[2:7] == norm
    assert list(meta(ResNet64Critic).state_dict())[-2:] == ["layers.6.weight", "layers.6.bias"]
    dcgan = ["layers.0.weight", "layers.2.weight", "layers.2.bias"]
    dcgan += [f"layers.2.{what}" for what in ("running_mean", "running_var", "num_batches_tracked")]
    assert list(meta(DCGANGenerator, 8, 1, 6).state_dict()) == [*dcgan, "layers.4.weight"]
    assert list(meta(DCGANCritic, 8, 1).state_dict()) == [
        "layers.0.weight",
        "layers.0.bias",
        "layers.3.weight",
        "layers.3.bias",
    ]
    names = [f"layers.{i}.{what}" for i in (0, 2) for what in ("weight", "bias")]
    assert list(MLPGenerator(2, 2, depth=1).state_dict()) == names
    assert list(MLPCritic(2, depth=1).state_dict()) == [n.replace("2", "3").replace("0", "1") for n in names]


def test_initial_weights_without_a_condition_are_drawn_as_ever():
    sums = {}
    for name, make in {**GENERATORS, **{f"{name} critic": make for name, (make, _) in CRITICS.items()}}.items():
        torch.manual_seed(0)
        sums[name] = sum(p.double().abs().sum().item() for p in make().parameters())
    assert sums == pytest.approx(SUMS, rel=1e-6)


def test_parameter_counts_with_ten_classes_are_those_of_gan_cifar_resnet():
    # cond_batchnorm.py has 10 rows of 128 gains and of offsets in each of six norms, batchnorm.py one in the last.
    plain, classes = meta(CIFARResNetGenerator), meta(CIFARResNetGenerator, num_classes=10)
    assert count(classes) == count(plain) + 6 * 2 * 128 * (10 - 1) == 1_218_307
    plain, acgan = meta(CIFARResNetCritic), meta(CIFARResNetCritic, num_classes=10, auxiliary_classifier=True)
    assert count(acgan) == count(plain) + 128 * 10 + 10 == 1_055_115


@pytest.mark.parametrize(("options", "rows"), [({"num_classes": 10}, 10), ({"condition_dim": 3}, 3)])
def test_parameter_counts_follow_from_the_norms_and_the_features(options, rows):
    affine = rows + (1 if "condition_dim" in options else 0)  # a linear map has a bias beside its rows
    for generator, args, channels in [
        (DCGANGenerator, (64, 3, 100), 512 + 256 + 128 + 64),
        (CIFARResNetGenerator, (), 6 * 128),
        (ResNet64Generator, (), 512 + 512 + 512 + 256 + 256 + 128 + 128 + 64),
    ]:
        grown = count(meta(generator, *args, **options)) - count(meta(generator, *args))
        assert grown == 2 * channels * (affine - 1)
    for critic, args, features in [
        (DCGANCritic, (64, 3), 512 * 16),
        (CIFARResNetCritic, (), 128),
        (ResNet64Critic, (), 512 * 16),
    ]:
        assert count(meta(critic, *args, **options)) - count(meta(critic, *args)) == rows * features
    assert count(MLPGenerator(6, 2, width=8, **options)) - count(MLPGenerator(6, 2, width=8)) == 8 * rows
    assert count(MLPCritic(2, width=8, **options)) - count(MLPCritic(2, width=8)) == 8 * rows


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("name", IMAGE_GENERATORS)
def test_a_conditional_generator_starts_as_the_plain_one_with_the_same_weights(name, condition):
    options, c = CONDITIONS[condition]
    plain, conditional = start_affine_(GENERATORS[name]()), GENERATORS[name](**options)
    # Running statistics, gains and offsets have other names there; all start at what they are in the plain one.
    missing = conditional.load_state_dict(plain.state_dict(), strict=False).missing_keys
    assert all(name.split(".")[-2] in ("norm", "gain", "offset") for name in missing)
    z = torch.randn(4, 6)
    torch.testing.assert_close(conditional(z, c), plain(z))


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("name", GENERATORS)
def test_after_one_step_rows_of_equal_noise_differ_by_their_condition_alone(name, condition):
    options, c = CONDITIONS[condition]
    generator = GENERATORS[name](**options)
    z = torch.randn(1, 6).expand(4, 6)
    target = torch.randn_like(generator(z, c))
    step = torch.optim.SGD(generator.parameters(), 1.0)
    (generator(torch.randn(4, 6), c) - target).square().mean().backward()
    step.step()
    samples = generator.eval()(z, c).detach()
    torch.testing.assert_close(samples[1], samples[3])  # of one condition
    assert (samples[0] - samples[1]).abs().max() > 1e-4
    assert (samples[2] - samples[1]).abs().max() > 1e-4


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("name", IMAGE_CRITICS)
def test_scores_are_those_of_the_projection(name, condition):
    # arXiv:1802.05637, Section 3: psi(phi(x)) + <embedding(c), phi(x)>.
    options, c = CONDITIONS[condition]
    make, shape = CRITICS[name]
    critic, x = make(**options).double(), torch.randn(4, *shape, dtype=torch.float64)
    phi, head = features_of(critic, x)
    told = one_hot(c, 5).double() if condition == "classes" else c.double().view(4, -1)
    embedded = told @ head.embedding.weight
    expected = phi @ head.weight[0] + (0 if head.bias is None else head.bias) + (embedded * phi).sum(1)
    torch.testing.assert_close(critic(x, c), expected)
    assert embedded.abs().sum() > 0


def test_the_embedding_of_a_projection_starts_uniform_and_scaled_by_fan():
    for options, rows in [({"num_classes": 300}, 300), ({"condition_dim": 300}, 300)]:
        for critic in (CIFARResNetCritic(width=150, **options), DCGANCritic(8, 1, width=16, **options)):
            weight = critic.layers[-1].embedding.weight
            assert weight.shape[0] == rows
            std = (2 / sum(weight.shape)) ** 0.5
            assert weight.std().item() == pytest.approx(std, rel=0.02)
            assert weight.abs().max().item() == pytest.approx(3**0.5 * std, rel=0.01)


@pytest.mark.parametrize("kernel_size", [4, 5])
def test_gains_start_at_one_and_offsets_at_zero_whoever_initialises_the_rest(kernel_size):
    for options, c in CONDITIONS.values():
        norm = DCGANGenerator(16, 1, 6, width=4, kernel_size=kernel_size, **options).layers[2]
        c = c.view(4, 1) if c.is_floating_point() and c.ndim == 1 else c
        assert (norm.gain(c) == 1).all()
        assert (norm.offset(c) == 0).all()


def test_all_norms_of_blocks_are_conditional_and_the_last_before_the_image_is_not():
    # gan_cifar_resnet.py: Normalize('Generator.OutputN', output) has no labels.
    for generator, norms in [
        (CIFARResNetGenerator(width=2, num_classes=3), 6),
        (ResNet64Generator(width=2, num_classes=3), 8),
    ]:
        affine = [layer.affine for layer in generator.modules() if isinstance(layer, nn.BatchNorm2d)]
        assert affine == norms * [False] + [True]
    dcgan = DCGANGenerator(32, 1, 6, width=2, extra_layers=1, num_classes=3)
    assert [layer.affine for layer in dcgan.modules() if isinstance(layer, nn.BatchNorm2d)] == 4 * [False]


def test_conditional_batch_norm_takes_running_statistics_in_evaluation_mode():
    generator = DCGANGenerator(8, 1, 6, width=4, num_classes=3)
    norm, x = generator.layers[2], 3 + 2 * torch.randn(64, 4, 4, 4)
    for _ in range(200):
        norm(x, torch.zeros(64, dtype=torch.int64))
    nn.init.normal_(norm.gain.weight)
    nn.init.normal_(norm.offset.weight)
    c = torch.tensor([2])
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
    expected = (x[:1] - mean.view(1, 4, 1, 1)) / (var.view(1, 4, 1, 1) + 1e-5).sqrt()
    expected = norm.gain.weight[2].view(1, 4, 1, 1) * expected + norm.offset.weight[2].view(1, 4, 1, 1)
    torch.testing.assert_close(generator.eval().layers[2](x[:1], c), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", IMAGE_CRITICS)
def test_an_auxiliary_classifier_is_one_more_linear_layer_on_the_features_of_the_score(name):
    make, shape = CRITICS[name]
    critic, x = make(num_classes=5, auxiliary_classifier=True), torch.randn(4, *shape)
    scores, logits = critic(x)
    phi, head = features_of(critic, x)
    torch.testing.assert_close(scores, nn.functional.linear(phi, head.weight, head.bias)[:, 0])
    torch.testing.assert_close(logits, phi @ head.classifier.weight.T + head.classifier.bias)
    told = critic(x, torch.tensor([0, 1, 2, 3]))
    assert torch.equal(told[0], scores)
    assert torch.equal(told[1], logits)


def critics_of_all_kinds():
    for name, (make, shape) in CRITICS.items():
        for kind, (options, c) in CONDITIONS.items():
            yield pytest.param(lambda make=make, o=options: make(**o), shape, c, id=f"{name}, {kind}")
        if name != "mlp":
            options = {"num_classes": 5, "auxiliary_classifier": True}
            yield pytest.param(lambda make=make, o=options: make(**o), shape, None, id=f"{name}, classifier")
    image = torch.randn(4, 2, 4, 4)
    yield pytest.param(lambda: DCGANCritic(16, 1, width=4, condition_channels=2), (1, 16, 16), image, id="an image")


def scored(critic, condition):
    def score(x):
        output = critic(x, condition)
        return output[0] if isinstance(output, tuple) else output

    return score


def autograds_penalty(score, x):
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(score(x).sum(), x, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


@pytest.mark.parametrize(("make", "shape", "condition"), list(critics_of_all_kinds()))
def test_the_penalty_through_a_conditional_critic_is_autograds(make, shape, condition):
    critic, x = make().double(), torch.randn(4, *shape, dtype=torch.float64)
    derivatives = []
    for penalty in (gradient_penalty, autograds_penalty):
        critic.zero_grad()
        value = penalty(scored(critic, condition), x)
        value.backward()
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in critic.parameters()]
        derivatives.append([value.detach(), *gradients])
    torch.testing.assert_close(*derivatives, rtol=1e-10, atol=1e-12)
    for name, weight in critic.named_parameters():
        assert "embedding" not in name or weight.grad.abs().max() > 0


@pytest.mark.slow
@pytest.mark.parametrize(("make", "shape", "condition"), list(critics_of_all_kinds()))
def test_compiled_a_conditional_critic_has_the_same_penalty(make, shape, condition):
    critic, x = make().double(), torch.randn(4, *shape, dtype=torch.float64)

    def penalty(x, condition):
        return gradient_penalty(scored(critic, condition), x)

    torch._dynamo.reset()  # or the critics before this one count as compiling it anew
    compiled = torch.compile(penalty, backend="aot_eager", fullgraph=True, dynamic=False)
    torch.testing.assert_close(compiled(x, condition), penalty(x, condition), rtol=1e-10, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("name", GENERATORS)
def test_compiled_a_conditional_generator_makes_the_same(name, condition):
    options, c = CONDITIONS[condition]
    generator, z = GENERATORS[name](**options), torch.randn(4, 6)
    torch._dynamo.reset()
    backend = "inductor" if name == "dcgan 4" else "aot_eager"
    compiled = torch.compile(generator, backend=backend, fullgraph=True, dynamic=False)
    torch.testing.assert_close(compiled(z, c), generator(z, c))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_off_the_cpu_no_value_of_a_condition_is_waited_for(condition):
    # A meta tensor has no values at all, so that looking at one fails.
    options, c = CONDITIONS[condition]
    for make in GENERATORS.values():
        assert meta(make, **options)(torch.empty(4, 6, device="meta"), c.to("meta")).shape[0] == 4
    for make, shape in CRITICS.values():
        assert meta(make, **options)(torch.empty(4, *shape, device="meta"), c.to("meta")).shape == (4,)
    x, critic = torch.empty(4, 1, 16, 16, device="meta"), meta(DCGANCritic, 16, 1, condition_channels=2)
    assert critic(x, torch.empty(4, 2, 5, 4, device="meta")).shape == (4,)


@pytest.mark.slow
@pytest.mark.parametrize("condition", CONDITIONS)
def test_exported_a_conditional_generator_takes_any_number_of_samples(condition):
    options, c = CONDITIONS[condition]
    generator, z = GENERATORS["dcgan 4"](**options).eval(), torch.randn(4, 6)
    rows = {0: torch.export.Dim.DYNAMIC}
    exported = torch.export.export(generator, (z, c), dynamic_shapes=(rows, rows)).module()
    z, c = torch.cat([z, -z]), torch.cat([c, c])
    torch.testing.assert_close(exported(z, c), generator(z, c))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_copies_and_states_of_conditional_networks_give_the_same(condition):
    options, c = CONDITIONS[condition]
    z = torch.randn(4, 6)
    for name, make in GENERATORS.items():
        first, second = make(**options).eval(), make(**options).eval()
        for weight in first.parameters():
            nn.init.normal_(weight, 0, 0.1)
        second.load_state_dict(first.state_dict())
        assert torch.equal(first(z, c), second(z, c)), name
        assert torch.equal(first(z, c), copy.deepcopy(first)(z, c)), name
    for name, (make, shape) in CRITICS.items():
        x = torch.randn(4, *shape)
        first, second = make(**options), make(**options)
        second.load_state_dict(first.state_dict())
        assert torch.equal(first(x, c), second(x, c)), name
        assert torch.equal(first(x, c), copy.deepcopy(first)(x, c)), name


def test_in_mixed_precision_features_keep_their_type_through_a_conditional_norm():
    generator = DCGANGenerator(8, 1, 6, width=4, num_classes=3)
    seen = []
    generator.layers[2].register_forward_hook(lambda layer, given, output: seen.append(output.dtype))
    with torch.autocast("cpu", torch.bfloat16):
        generator(torch.randn(4, 6), torch.tensor([0, 1, 2, 0]))
    assert seen == [torch.bfloat16]


def networks_of_two_kinds():
    for make, given in [
        (lambda **kw: MLPGenerator(6, 2, width=4, **kw), (4, 6)),
        (lambda **kw: MLPCritic(2, width=4, **kw), (4, 2)),
        (lambda **kw: DCGANGenerator(8, 1, 6, width=2, **kw), (4, 6)),
        (lambda **kw: DCGANCritic(8, 1, width=2, **kw), (4, 1, 8, 8)),
    ]:
        yield pytest.param(make, torch.randn(given), id=type(make()).__name__)


@pytest.mark.parametrize(("make", "x"), list(networks_of_two_kinds()))
def test_a_condition_that_is_not_the_networks_is_refused_with_a_remedy(make, x):
    labels = torch.tensor([0, 1, 2, 0])
    name = type(make()).__name__
    with pytest.raises(UsageError, match=rf"Expected no condition, since {name} .*, but got torch.int64, shape \(4,\)"):
        make()(x, labels)
    classes, vectors, number = make(num_classes=3), make(condition_dim=2), make(condition_dim=1)
    with pytest.raises(UsageError, match=rf"class numbers of shape \(4,\).*{name}'s.*, but got none\. Set model\.cond"):
        classes(x)
    for wrong in (labels.float(), labels.int(), labels[:3], labels.view(4, 1), torch.randn(4, 3), (labels, labels), 2):
        with pytest.raises(
            UsageError, match=rf"Expected class numbers of shape \(4,\).*but got .*\. Set {name}'s num_c"
        ):
            classes(x, wrong)
    for wrong in (labels, torch.randn(4), torch.randn(4, 3), torch.randn(3, 2), torch.randn(4, 2, 1), None):
        with pytest.raises(UsageError, match=r"Expected floats of shape \(4, 2\).*but got .*\. Set "):
            vectors(x, wrong)
    for wrong in (labels, torch.randn(3), torch.randn(4, 2)):
        with pytest.raises(UsageError, match=r"Expected floats of shape \(4, 1\).*but got .*\. Set "):
            number(x, wrong)
    assert torch.equal(number.eval()(x, labels.float()), number(x, labels.float().view(4, 1)))


@pytest.mark.parametrize(("make", "x"), list(networks_of_two_kinds()))
def test_classes_out_of_range_are_refused_on_a_cpu(make, x):
    network = make(num_classes=3)
    for labels, got in [([0, 1, 3, 0], "0 to 3"), ([0, -1, 2, 0], "-1 to 2")]:
        with pytest.raises(UsageError, match=rf"from 0 to 2 for {type(network).__name__}, but got {got}\. Set its num"):
            network(x, torch.tensor(labels))


@pytest.mark.parametrize(("make", "x"), list(networks_of_two_kinds()))
def test_two_kinds_of_condition_and_negative_sizes_are_refused(make, x):
    with pytest.raises(UsageError, match=r"at most one kind of condition, but got num_classes=3 and condition_dim=2\."):
        make(num_classes=3, condition_dim=2)
    with pytest.raises(UsageError, match=r"Expected num_classes of at least 0, but got -1\. Set it to 0"):
        make(num_classes=-1)


@pytest.mark.parametrize("make", [lambda **kw: DCGANGenerator(8, 1, 6, **kw), CIFARResNetGenerator, ResNet64Generator])
def test_a_conditional_generator_without_norm_is_refused_with_what_to_do(make):
    with pytest.raises(UsageError, match=r"Expected norm in \{'batch', 'layer'\}.*but got 'none'\. Choose.*Concatenat"):
        make(width=2, norm="none", num_classes=3)


@pytest.mark.parametrize("critic", [lambda **kw: DCGANCritic(8, 1, **kw), CIFARResNetCritic, ResNet64Critic])
def test_an_auxiliary_classifier_needs_classes(critic):
    for options in ({}, {"condition_dim": 2}):
        with pytest.raises(UsageError, match=r"Expected num_classes for an auxiliary_classifier, but got 0\. Set it"):
            critic(width=2, auxiliary_classifier=True, **options)
