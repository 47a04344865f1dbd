"""A trained generator alone."""

import pickle

import pytest
import torch
import yaml
from torch import nn

from lit_wgan import WGANGP, load_generator
from lit_wgan.data.conditions import ClassLabels, Values
from lit_wgan.data.transforms import make_transform
from lit_wgan.errors import UsageError
from lit_wgan.runs.run import Run
from lit_wgan.systems.resuming import run_state
from lit_wgan.trained import TrainedGenerator, find_trained

MLP = {"latent_dim": 3, "data_shape": [2], "width": 8, "depth": 1}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of a tiny system with a moving average, of 7 updates."""
    monkeypatch.chdir(tmp_path)
    directory = tmp_path / "runs" / "toy" / "version_0"
    (directory / "checkpoints").mkdir(parents=True)
    critic = {"data_shape": [2], "width": 8, "depth": 1}
    networks = {
        "generator": {"class_path": "lit_wgan.networks.MLPGenerator", "init_args": MLP},
        "critic": {"class_path": "lit_wgan.networks.MLPCritic", "init_args": critic},
    }
    arguments = networks | {"latent_dim": 3, "ema_decay": 0.9}
    config = {"model": {"class_path": "lit_wgan.WGANGP", "init_args": arguments}}
    (directory / "config.yaml").write_text(yaml.safe_dump(config))
    from lit_wgan.networks import MLPCritic, MLPGenerator

    system = WGANGP(MLPGenerator(**MLP), MLPCritic(**critic), latent_dim=3, ema_decay=0.9)
    nn.init.ones_(next(system.ema_generator.parameters()))
    system.counters.generator_updates = 7
    system.transform = make_transform("standardise")
    system.transform.fit(lambda: [torch.tensor([[0.0, 4.0], [2.0, 8.0]], dtype=torch.float64)], 2)
    contents = {"lit_wgan": run_state(system), "state_dict": system.state_dict()}
    torch.save(contents, directory / "checkpoints" / "last.ckpt")
    return directory, system


@pytest.mark.parametrize("where", ["toy", "runs/toy", "runs/toy/version_0", "runs/toy/version_0/checkpoints/last.ckpt"])
def test_a_run_is_found_by_its_name_its_directories_and_its_checkpoint(run, where):
    directory, system = run
    found = find_trained(where)
    assert found.checkpoint.resolve() == directory / "checkpoints" / "last.ckpt"
    assert found.run.directory.resolve() == directory
    generator = load_generator(where)
    assert torch.equal(generator.sample(5), system.sample(slice(5)))
    assert generator.updates == 7


@pytest.mark.parametrize("where", ["other", "runs/other", "/nowhere", "runs"])
def test_what_is_no_run_is_told(run, where):
    with pytest.raises(UsageError, match=f"Expected a run, but got {where}, which .*lit-wgan list shows"):
        find_trained(where)


@pytest.mark.parametrize(
    ("where", "meant"),
    [
        ("toys", "toys, which is not there. Did you mean toy?"),
        ("runs/toys", "Did you mean runs/toy?"),
        ("toy/version_1", "Did you mean toy/version_0?"),
        ("toy/version_0/checkpoints/lost.ckpt", "Did you mean toy/version_0/checkpoints/last.ckpt?"),
    ],
)
def test_near_names_of_runs_and_checkpoints_are_suggested(run, where, meant):
    with pytest.raises(UsageError) as told:
        find_trained(where)
    assert meant in str(told.value)


def test_a_run_whose_checkpoints_are_all_damaged_is_told_and_nothing_is_to_be_removed(run):
    (run[0] / "checkpoints" / "last.ckpt").write_bytes(b"PK")
    with (
        pytest.warns(UserWarning, match="no intact"),
        pytest.raises(UsageError, match="got none among 1. Give another run."),
    ):
        find_trained("toy")


def test_a_run_without_a_checkpoint_is_told(run):
    (run[0] / "checkpoints" / "last.ckpt").unlink()
    with pytest.raises(UsageError, match="Expected a run with a checkpoint, but got .*version_0, which has none"):
        find_trained("toy")


def test_a_generator_gives_the_datas_own_units_and_takes_the_average_unless_told_otherwise(run):
    _, system = run
    z = system.samples.noise(slice(4))
    averaged, itself = system.ema_generator, system.generator
    assert not torch.equal(averaged(z), itself(z))
    for live, network in [(False, averaged), (True, itself)]:
        generator = TrainedGenerator(system, live)
        assert not generator.training
        assert not any(each.requires_grad for each in generator.parameters())
        with torch.no_grad():
            expected = system.transform.inverse(network(z))
        assert torch.equal(generator(z), expected)
        assert torch.equal(generator.sample(4), expected)


def test_another_seed_gives_other_samples_and_the_same_seed_the_same(run):
    generator = load_generator("toy")
    assert torch.equal(generator.sample(6, seed=5), generator.sample(6, seed=5))
    assert not torch.isclose(generator.sample(6, seed=5), generator.sample(6)).any()


class Told(nn.Module):
    """Noise plus what the generator is told, which it has to be told in the networks' units."""

    def forward(self, z, condition):
        return z[:, :2] + condition.reshape(len(z), -1)


@pytest.mark.parametrize("several", [False, True])
def test_a_conditional_generator_takes_conditions_in_their_own_units(several):
    source = ClassLabels(3) if several else Values([1])
    system = WGANGP(Told(), nn.Flatten(), latent_dim=2, condition=source)
    generator = TrainedGenerator(system)
    asked = 2 if several else 0.5
    drawn = generator.sample(4, condition=asked)
    assert torch.equal(drawn, system.sample(slice(4), condition=asked))
    z, condition = system.samples.noise(slice(4)), system.condition_asked(asked, 4)
    assert torch.equal(generator(z, condition), drawn)


def test_a_run_reads_its_files_where_a_checkpoint_is_given(run):
    assert find_trained(run[0] / "checkpoints" / "last.ckpt").run == Run(run[0])


def test_latent_and_conditions_are_those_of_the_samples(run):
    generator = load_generator("toy")
    assert torch.equal(generator(generator.latent(5)), generator.sample(5))
    assert torch.equal(generator(generator.latent(5, seed=3)), generator.sample(5, seed=3))
    assert generator.conditions(5) == ()
    classes = ClassLabels(3)
    classes.learn_(torch.tensor([0, 1, 1, 2]))
    conditional = TrainedGenerator(WGANGP(Told(), nn.Flatten(), latent_dim=2, condition=classes))
    assert torch.equal(conditional(conditional.latent(5), *conditional.conditions(5)), conditional.sample(5))


def test_a_wrong_number_of_conditions_is_told(run):
    generator = load_generator("toy")
    with pytest.raises(UsageError, match=r"Expected noise and 0 condition\(s\), .* but got 1"):
        generator(generator.latent(2), torch.zeros(2))
    conditional = TrainedGenerator(WGANGP(Told(), nn.Flatten(), latent_dim=2, condition=ClassLabels(3)))
    with pytest.raises(UsageError, match=r"Expected noise and 1 condition\(s\), .* Give generator\(z, condition\)"):
        conditional(conditional.latent(2))
    with pytest.raises(UsageError, match="Expected a condition, since it is not known how often"):
        conditional.sample(2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_in_16_bits_samples_are_in_units_that_16_bits_do_not_reach(run, dtype):
    """65535 is infinite in float16, and a year is none in bfloat16."""
    _, system = run
    system.transform.fit(lambda: [torch.tensor([[0.0, 1999.0], [131070.0, 2001.0]], dtype=torch.float64)], 2)
    generator = TrainedGenerator(system).to(dtype)
    assert generator.latent(3).dtype == dtype
    samples = generator(generator.latent(3))
    assert samples.dtype == torch.float32
    assert samples.isfinite().all()
    torch.testing.assert_close(samples, TrainedGenerator(system)(generator.latent(3).float()), rtol=0.05, atol=2000)
    assert torch.equal(samples, generator.sample(3))


def test_a_generator_is_pickled_whole_and_its_state_is_that_of_its_network(run):
    generator = load_generator("toy")
    again = pickle.loads(pickle.dumps(generator))
    assert torch.equal(again.sample(4), generator.sample(4))
    names = {f"network.{name}" for name in generator.network.state_dict()}
    assert generator.state_dict().keys() == names
