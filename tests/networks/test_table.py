import pytest
import torch
from torch.nn.functional import one_hot
from torch.utils.data import DataLoader

from lit_wgan import WGANGP
from lit_wgan.errors import UsageError
from lit_wgan.networks import Concatenated, TableCritic, TableGenerator, TableHead

COLUMNS = [1, 3, 1, 1, 2]
BLOCKS = {"numbers": [0, 4, 5], "categories": [slice(1, 4), slice(6, 8)]}


def count(network):
    return sum(p.numel() for p in network.parameters())


def rows_of_tables(n):
    numbers = torch.randn(n, 3)
    first, second = torch.randint(3, (n,)), torch.randint(2, (n,))
    return torch.cat([numbers[:, :1], one_hot(first, 3), numbers[:, 1:], one_hot(second, 2)], 1)


def test_blocks_stand_in_the_order_of_the_columns_and_categories_are_one_hot_in_evaluation():
    x = 3 * torch.randn(500, 8)
    made = TableHead(COLUMNS).eval()(x)
    assert torch.equal(made[:, BLOCKS["numbers"]], x[:, BLOCKS["numbers"]])
    for block in BLOCKS["categories"]:
        assert torch.equal(made[:, block].amax(1), torch.ones(500))
        assert torch.equal(made[:, block].sum(1), torch.ones(500))
    assert torch.equal(TableHead(COLUMNS, squash=True)(x)[:, BLOCKS["numbers"]], x[:, BLOCKS["numbers"]].tanh())


def test_in_training_categories_sum_to_one_and_have_gradients_and_a_lower_temperature_is_closer_to_one_hot():
    x = torch.randn(500, 8, requires_grad=True)
    tops = {}
    for tau in (0.2, 1.0):
        made = TableHead(COLUMNS, tau=tau)(x)
        for block in BLOCKS["categories"]:
            torch.testing.assert_close(made[:, block].sum(1), torch.ones(500))
        tops[tau] = made[:, 1:4].amax(1).mean().item()
        (gradient,) = torch.autograd.grad(made[:, 1].sum(), x)
        assert (gradient[:, 1:4].abs().sum(1) > 0).float().mean() > 0.9
        assert (gradient[:, [0, 4, 5, 6, 7]] == 0).all()
    assert tops[1.0] < tops[0.2] < 1


@pytest.mark.parametrize("training", [True, False])
def test_categories_are_drawn_with_the_probabilities_of_their_softmax(training):
    logits = torch.tensor([1.0, 0.0, -1.0])
    drawn = TableHead([3]).train(training)(logits.expand(20_000, 3)).argmax(1)
    shares = torch.bincount(drawn, minlength=3) / 20_000
    torch.testing.assert_close(shares, logits.softmax(0), rtol=0, atol=0.02)


def test_categories_are_finite_in_16_bits():
    assert TableHead([3])(torch.randn(10_000, 3).bfloat16()).isfinite().all()
    assert TableHead([3])(torch.randn(100_000, 3).half()).isfinite().all()


def test_the_random_numbers_are_torchs():
    head, x = TableHead(COLUMNS), torch.randn(20, 8)
    torch.manual_seed(3)
    first = head(x)
    assert not torch.equal(head(x), first)
    torch.manual_seed(3)
    assert torch.equal(head(x), first)


def test_parameter_counts_are_those_of_ctgan():
    generator = (128 * 256 + 256 + 2 * 256) + (384 * 256 + 256 + 2 * 256) + (640 * 8 + 8)
    assert count(TableGenerator(128, COLUMNS)) == generator
    assert count(TableCritic(8)) == (8 * 256 + 256) + (256 * 256 + 256) + (256 + 1)


def test_a_block_stands_beside_its_input_or_is_added_to_it():
    z = torch.randn(6, 4)
    for residual, first in [("concatenate", 0), ("add", 1)]:
        generator = TableGenerator(4, [1, 1], width=4, depth=1, residual=residual, norm="none")
        block = generator.layers[first]
        x = z if not first else generator.layers[0](z)
        y = block.layers(x)
        expected = torch.cat([y, x], 1) if residual == "concatenate" else x + y
        assert torch.equal(generator(z), generator.layers[first + 1](expected))


@pytest.mark.parametrize("options", [{"num_classes": 3}, {"condition_dim": 2}])
def test_a_conditional_network_is_a_plain_one_with_the_condition_in_its_input(options):
    c = torch.tensor([0, 2, 1, 2]) if "num_classes" in options else torch.randn(4, 2)
    size = next(iter(options.values()))
    pairs = [
        (TableGenerator(4, [1, 1], width=8, **options), TableGenerator(4 + size, [1, 1], width=8), torch.randn(4, 4)),
        (TableCritic(8, width=8, **options), TableCritic(8 + size, width=8), torch.randn(4, 8)),
    ]
    for conditional, plain, x in pairs:
        plain.load_state_dict(conditional.state_dict())
        told = Concatenated(plain, options.get("num_classes", 0)).eval()
        assert torch.equal(conditional.eval()(x, c), told(x, c))


def test_dropout_leaves_out_its_share_in_training_alone():
    critic, x = TableCritic(8, width=4000, depth=1, dropout=0.3), torch.randn(1, 8)
    hidden = critic.layers[:-1]
    assert (hidden(x) == 0).float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert (hidden.eval()(x) != 0).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TableHead([]), "Expected columns of a table, but got none"),
        (lambda: TableHead([1, 0]), "Expected columns to be above 0, but got 0"),
        (lambda: TableHead([1, 3], tau=0), "Expected tau to be above 0, but got 0"),
        (lambda: TableGenerator(4, [1], residual="multiply"), "Expected residual in .*, but got 'multiply'"),
        (lambda: TableGenerator(4, [1], norm="group"), "Expected norm in .*, but got 'group'"),
        (lambda: TableCritic(4, dropout=1), r"Expected dropout in \[0, 1\), but got 1"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()


@pytest.mark.parametrize("options", [{}, {"residual": "add", "norm": "layer", "dropout": 0.1, "squash": True}])
def test_tables_train_and_samples_are_encoded_rows(options, trainer):
    system = WGANGP(TableGenerator(4, COLUMNS, width=8, **options), TableCritic(8, width=8), latent_dim=4, n_critic=2)
    trainer(max_steps=3).fit(system, DataLoader(rows_of_tables(64), 16))
    samples = system.sample(slice(20))
    assert samples.isfinite().all()
    assert torch.equal(samples, system.sample(slice(20)))
    assert torch.equal(samples[:, 1:4].amax(1), torch.ones(20))
