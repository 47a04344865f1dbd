"""ArrayData: which samples are held out, their order, units, conditions and weights, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.pytorch import Trainer

from lit_wgan import WGANGP, ArrayData, ClassLabels, SeveralConditions, Values
from lit_wgan.callbacks.pictures import drawing_of
from lit_wgan.data.parts import open_parts
from lit_wgan.data.parts.opening import Files
from lit_wgan.data.sampler import WeightedSampler
from lit_wgan.engine.minibatches import CriticBatches
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.networks import MLPCritic, MLPGenerator

SERIES = 1000 + 50 * np.random.RandomState(0).randn(200, 6, 2).astype(np.float32)
NUMBERS = np.arange(200) / 10


@pytest.fixture(autouse=True)
def files(monkeypatch, tmp_path):
    """Arrays and a table in the folder of the test, and a cache folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    np.save("series.npy", SERIES)
    np.save("numbers.npy", NUMBERS)
    np.save("classes.npy", np.arange(200) % 3)
    rows = [f"{row * 0.5},{'red' if row % 3 else 'blue'},{row},{int(row % 4 == 0)}" for row in range(200)]
    (tmp_path / "table.csv").write_text("\n".join(["height,colour,count,test", *rows]))


def opened(samples="series.npy", transform=None, per=None, **files):
    return open_parts(Files(samples, **files), transform, per, None, Path("cache"))


def trained(data, steps=2, condition=None, ckpt_path=None, folder=None):
    """A system trained on data, with its trainer."""
    sizes = data.sizes()
    torch.manual_seed(0)
    generator = MLPGenerator(3, sizes["data_shape"], width=8, condition_dim=sizes.get("condition_dim", 0))
    critic = MLPCritic(sizes["data_shape"], width=8, condition_dim=sizes.get("condition_dim", 0))
    system = WGANGP(generator, critic, latent_dim=3, n_critic=2, condition=condition)
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    quiet |= {"enable_checkpointing": False, "num_sanity_val_steps": 0}
    trainer = Trainer(accelerator="cpu", max_steps=steps, max_epochs=-1, default_root_dir=folder, **quiet)
    trainer.fit(system, datamodule=data, ckpt_path=ckpt_path)
    return system, trainer


def test_every_sample_is_either_trained_on_or_held_out():
    parts = opened(held_out=0.25)
    assert (len(parts.train), len(parts.held_out)) == (150, 50)
    assert sorted([*parts.train.rows, *parts.held_out.rows]) == list(range(200))
    assert np.array_equal(opened(held_out=0.25).train.rows, parts.train.rows)


def test_groups_are_held_out_together():
    np.save("groups.npy", np.arange(200) // 10)
    parts = opened(held_out=0.2, groups="groups.npy")
    assert len(parts.held_out) == 40
    assert not set(parts.held_out.rows // 10) & set(parts.train.rows // 10)


def test_samples_are_held_out_by_a_column_or_a_file(tmp_path):
    parts = opened("table.csv", held_out="table.csv:test")
    assert parts.held_out.rows.tolist() == list(range(0, 200, 4))
    assert parts.train.samples.table.names == ["height", "colour", "count"]
    np.save("others.npy", SERIES[:7] + 1)
    (tmp_path / "others.csv").write_text("colour,height,count,test\nblue,0.5,3,0\nred,1.5,4,0\n")
    rows = opened("table.csv", held_out="others.csv").held_out
    assert rows.take(torch.arange(2)).real.tolist() == [[0.5, 0, 3, 0], [1.5, 1, 4, 0]]  # columns as in table.csv
    other = opened(held_out="others.npy")
    assert (len(other.train), len(other.held_out)) == (200, 7)
    assert torch.equal(other.held_out.take(torch.arange(7)).real, torch.from_numpy(SERIES[:7] + 1))


@pytest.mark.parametrize("samples", [["table.csv", "more.csv"], "*.csv"], ids=str)
def test_several_tables_are_one(samples, tmp_path):
    (tmp_path / "more.csv").write_text("height,colour,count,test\n7.5,red,3,1\n8.5,blue,4,0\n")
    parts = opened(samples)
    assert len(parts.train) + len(parts.held_out) == 202
    assert parts.train.samples.table.names == ["height", "colour", "count", "test"]
    columns = [f"{name}:colour" for name in samples] if isinstance(samples, list) else f"{samples}:colour"
    told = opened(samples, conditions=[columns] if isinstance(samples, list) else columns)
    assert told.train.samples.table.names == ["height", "count", "test"]
    assert told.sizes()["num_classes"] == 2


def test_minibatches_are_the_rows_of_the_file_with_their_conditions_in_networks_units():
    data = ArrayData("series.npy", "numbers.npy", transform="standardise", batch_size=8)
    seen = []

    class Spy(WGANGP):
        def accept(self, given):
            seen.append(given)
            return super().accept(given)

    sizes = data.sizes()
    assert sizes["data_shape"] == [6, 2]
    generator = MLPGenerator(3, sizes["data_shape"], width=8, condition_dim=1)
    system = Spy(generator, MLPCritic([6, 2], width=8, condition_dim=1), latent_dim=3, condition=Values(1))
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    Trainer(
        accelerator="cpu", max_steps=1, max_epochs=-1, enable_checkpointing=False, num_sanity_val_steps=0, **quiet
    ).fit(system, data)
    rows = (seen[0].condition.flatten() * 10).round().long()
    assert len(seen) == 5
    assert set(rows.tolist()) <= set(data.parts.train.rows.tolist())
    train = torch.from_numpy(SERIES)[data.parts.train.rows]
    assert torch.allclose(
        seen[0].real, (torch.from_numpy(SERIES)[rows] - train.mean()) / train.std(correction=0), atol=1e-4
    )


def test_samples_and_real_samples_are_in_the_datas_units(tmp_path):
    data = ArrayData("series.npy", transform="standardise", per="last_axis")
    system, trainer = trained(data, folder=tmp_path)
    assert system.sample(slice(50)).mean().item() == pytest.approx(1000, abs=60)
    assert system.samples.network_samples(slice(50)).mean().item() == pytest.approx(0, abs=1.5)
    real = data.real_samples(20, train=False).real
    assert {tuple(row.flatten().tolist()) for row in real} <= {tuple(row.flatten().tolist()) for row in SERIES}
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    again = WGANGP(MLPGenerator(3, [6, 2], width=8), MLPCritic([6, 2], width=8), latent_dim=3, n_critic=2)
    checkpoint = torch.load(tmp_path / "a.ckpt", weights_only=True)
    again.on_load_checkpoint(checkpoint)
    again.load_state_dict(checkpoint["state_dict"])
    assert torch.equal(again.sample(slice(9)), system.sample(slice(9)))  # without the data at hand


def test_a_run_continues_exactly_and_with_the_transform_of_its_start(tmp_path):
    make = lambda: ArrayData("series.npy", "numbers.npy", transform="quantile")  # noqa: E731
    whole, _ = trained(make(), 4, Values(1, transform="standardise"), folder=tmp_path)
    _, trainer = trained(make(), 2, Values(1, transform="standardise"), folder=tmp_path)
    trainer.save_checkpoint(tmp_path / "half.ckpt")
    np.save("series.npy", np.concatenate([SERIES, SERIES + 500]))
    np.save("numbers.npy", np.concatenate([NUMBERS, NUMBERS]))
    more, _ = trained(make(), 3, Values(1, transform="standardise"), tmp_path / "half.ckpt", tmp_path)
    assert torch.equal(more.transform.numbers["knots"], whole.transform.numbers["knots"])
    np.save("series.npy", SERIES)
    np.save("numbers.npy", NUMBERS)
    resumed, _ = trained(make(), 4, Values(1, transform="standardise"), tmp_path / "half.ckpt", tmp_path)
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name
    with pytest.raises(UsageError, match=r"transform of those .*, quantile, but got minmax"):
        trained(
            ArrayData("series.npy", "numbers.npy", transform="minmax"), 4, Values(1), tmp_path / "half.ckpt", tmp_path
        )


def test_conditions_are_told_in_networks_units_and_asked_in_the_datas(tmp_path):
    source = Values(1, transform="standardise")
    system, _ = trained(ArrayData("series.npy", "numbers.npy"), condition=source, folder=tmp_path)
    told = system.told(system.condition_asked(10.0, 3))
    assert told.flatten().tolist() == pytest.approx([(10 - NUMBERS.mean()) / NUMBERS.std()] * 3, abs=0.05)
    assert 0 <= system.condition_of_samples(slice(50)).min() <= system.condition_of_samples(slice(50)).max() < 20
    assert torch.equal(system.sample(slice(3), condition=10.0), system.sample(slice(3), condition=[10.0, 10.0, 10.0]))


def test_vectors_have_a_column_for_each_number_so_that_networks_of_tables_take_them():
    np.save("vectors.npy", np.ones((200, 3), dtype=np.float32))
    assert opened("vectors.npy").sizes() == {"data_shape": [3], "columns": [1, 1, 1]}


def test_sizes_are_those_of_the_networks():
    sizes = opened("table.csv", transform="standardise", conditions="table.csv:count").sizes()
    assert sizes == {"data_shape": [4], "columns": [1, 2, 1], "shape": [1], "condition_dim": 1}
    assert opened(conditions="classes.npy").sizes()["num_classes"] == 3
    assert opened(conditions="table.csv:colour").sizes()["num_classes"] == 2


def test_classes_and_numbers_are_several_conditions():
    parts = opened(conditions=["table.csv:colour", "numbers.npy"])
    classes, numbers = parts.train.take_conditions(torch.arange(5))
    assert classes.dtype == torch.int64
    assert classes.tolist() == [int(row % 3 > 0) for row in parts.train.rows[:5]]
    assert numbers.shape == (5, 1)
    told = SeveralConditions([ClassLabels(2), Values(1)]).of_batch((classes, numbers), 5)
    assert torch.equal(told[0], classes)


def test_weights_say_how_often_a_sample_is_drawn():
    weights = np.arange(200.0)
    weights[50:] = 0
    np.save("weights.npy", weights)
    part = opened(weights="weights.npy").train
    sampler = WeightedSampler(part.weights, 1000, RandomStreams(0))
    drawn = part.rows[torch.cat([sampler[t] for t in range(40)])]
    shares = np.bincount(drawn, minlength=200) / len(drawn)
    expected = np.where(np.isin(np.arange(200), part.rows), weights, 0) / weights[part.rows].sum()
    assert drawn.max() < 50
    assert np.abs(shares - expected).max() < 0.005
    assert torch.equal(sampler[3], WeightedSampler(part.weights, 1000, RandomStreams(0))[3])


def test_data_on_the_device_give_the_same_run(tmp_path):
    runs = [
        trained(
            ArrayData("series.npy", "numbers.npy", transform="minmax", on_device=where), 3, Values(1), folder=tmp_path
        )
        for where in (True, False)
    ]
    for name, weight in runs[0][0].state_dict().items():
        assert torch.equal(weight, runs[1][0].state_dict()[name]), name


def test_files_are_read_and_fitted_once(monkeypatch):
    first = opened(transform="standardise").transform
    monkeypatch.setattr("lit_wgan.data.parts.fitting.finite_chunks", None)  # which a second reading would call
    assert torch.equal(opened(transform="standardise").transform.numbers["scale"], first.numbers["scale"])
    for file in Path("cache").glob("fit-*.pt"):
        file.write_bytes(b"damaged")
    with pytest.raises(TypeError):
        opened(transform="standardise")


@pytest.mark.parametrize("transform", [None, "standardise", "quantile", ["log1p", "minmax"]], ids=str)
@pytest.mark.parametrize("row", [3, 150])
def test_numbers_that_are_not_finite_are_refused_by_row_and_place(row, transform):
    samples = np.abs(SERIES)
    samples[row, 4, 1] = np.nan if row == 3 else np.inf
    np.save("wrong.npy", samples)
    with pytest.raises(UsageError, match=rf"(nan|inf) in row {row}, place \(4, 1\) of wrong.npy"):
        opened("wrong.npy", transform)
    numbers = NUMBERS.copy()
    numbers[row] = np.inf
    np.save("wrong.npy", numbers)
    with pytest.raises(UsageError, match=f"inf in row {row} of wrong.npy"):
        opened(conditions="wrong.npy")


REFUSED = {
    "a share of all": ({"held_out": 1.0}, "share above 0 and below 1"),
    "a share of none": ({"held_out": 0.0}, "share above 0 and below 1"),
    "other lengths": ({"conditions": np.zeros(7)}, "200 samples of .*, but .* has 7"),
    "marks of other numbers": ({"held_out": np.arange(200)}, "to be 1 for the samples to hold out"),
    "nothing marked": ({"held_out": np.zeros(200)}, "to be 1 for the samples to hold out"),
    "one group": ({"groups": np.zeros(200)}, "at least 2 groups"),
    "a weight below 0": ({"weights": np.linspace(-1, 1, 200)}, "-1 in row 0"),
    "no weight": ({"weights": np.zeros(200)}, "nothing but 0"),
    "a table without a column": ({"conditions": "table.csv"}, "Write it as table.csv:COLUMN"),
    "columns of both kinds": (
        {"conditions": "table.csv:colour,height"},
        "one column of categories, or some of numbers",
    ),
    "held-out samples of another shape": ({"held_out": np.zeros((9, 5))}, r"of shape \(6, 2\)"),
    "held-out samples without conditions": (
        {"conditions": NUMBERS, "held_out": SERIES[:9]},
        r"with 1 conditions, but got \(6, 2\) with 0",
    ),
    "conditions held out twice": ({"conditions": NUMBERS, "held_out_conditions": NUMBERS}, "keep their conditions"),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED)
def test_files_that_do_not_fit_are_refused_in_a_line(given, message):
    with pytest.raises(UsageError, match=message):
        opened(**given)


def test_batches_hold_stored_types():
    """What travels to the device is as small as in the file."""
    np.save("bytes.npy", (SERIES / 10).astype(np.uint8))
    part = opened("bytes.npy").train
    assert part.take(torch.arange(3)).real.dtype == torch.uint8
    assert isinstance(CriticBatches(part.take(torch.arange(3)).real[None], 0), CriticBatches)


def test_pictures_take_the_held_out_samples_there_are(tmp_path):
    data = ArrayData(torch.randn(40, 2), held_out=0.2, batch_size=8, cache_dir=str(tmp_path))
    system, _ = trained(data, folder=tmp_path)
    for file, drawing in (("series.png", drawing_of((8,))), ("points.png", drawing_of((2,)))):
        drawing.draw(drawing.generated(system, 16, data), tmp_path / file)
        assert (tmp_path / file).exists()
    assert len(data.held_out_samples(16).real) == 8
    assert torch.equal(data.held_out_samples(5).real, data.real_samples(5, train=False).real)
