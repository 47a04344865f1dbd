"""The runs of the studies of architectures: what they train, and what is made of their numbers."""

import json
from itertools import product

import pytest
import torch

from experiments.architectures import ARCHITECTURES, METHODS, PAPER, REDUCED, label, networks, options, tiled
from experiments.wgan.figures_5_6_7 import Figures567
from experiments.wgan_gp.figure_2 import TRAINED, Figure2
from lit_wgan import networks as packaged
from lit_wgan.experiments import Result
from lit_wgan.runs.run import Run


def made(given):
    described = json.loads(given)
    with torch.device("meta"):
        return getattr(packaged, described["class_path"].rpartition(".")[2])(**described["init_args"])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("sizes", "shape"), [(REDUCED, (1, 8, 8)), (PAPER, (3, 64, 64))])
def test_networks_of_an_architecture_fit_together(architecture, sizes, shape):
    generator, critic = map(made, networks(architecture, sizes, "layer"))
    images = generator(torch.empty(2, sizes.latent_dim, device="meta"))
    assert images.shape[1:] == shape
    assert critic(images).shape == (2,)


def test_the_residual_networks_of_the_paper_have_101_layers():
    assert [json.loads(each)["init_args"]["depth"] for each in networks("resnet", PAPER, "batch")] == [101, 101]


def test_no_method_has_fewer_updates_than_wgan_gp():
    for architecture in ARCHITECTURES:
        given = {method: options(method, architecture, full=False) for method in METHODS}
        updates = {method: int(each[each.index("--trainer.max_steps") + 1]) for method, each in given.items()}
        assert min(updates, key=updates.__getitem__) == "wgan_gp"


@pytest.fixture
def runs_of(tmp_path):
    """Runs that have logged nothing but what a function of architecture and method says; None has diverged."""

    def make(fid, recall=0.5):
        runs = {}
        for architecture, method in product(ARCHITECTURES, METHODS):
            folder = tmp_path / label(method, architecture)
            folder.mkdir()
            value = fid(architecture, method)
            if value is not None:
                rows = f"fidelity/fid_digits,fidelity/recall_digits,step\n{value},{recall},200\n"
                (folder / "metrics.csv").write_text(rows)
            runs[label(method, architecture)] = Run(folder)
        return runs

    return make


def test_claim_holds_where_only_wgan_gp_trains_all(runs_of):
    def fid(architecture, method):
        return TRAINED - 1 if method == "wgan_gp" or architecture != "tanh" else None

    numbers = Figure2().measure(runs_of(fid))
    assert (numbers["trained_by_wgan_gp"], numbers["trained_by_gan"]) == (7, 6)
    assert Figure2().holds(numbers)
    assert not Figure2().holds(numbers | {"trained_by_lsgan": 7})
    assert not Figure2().holds(numbers | {"trained_by_wgan_gp": 6})


def test_recall_lost_is_that_of_the_worst_generator(runs_of):
    numbers = Figures567().measure(runs_of(lambda architecture, method: 10))
    assert numbers["recall_lost_by_gan"] == 0
    assert not Figures567().holds(numbers)
    assert Figures567().holds(numbers | {"recall_lost_by_gan": 0.4, "recall_lost_by_wgan": 0.1})


def test_picture_has_a_row_for_each_method_a_column_for_each_architecture_and_says_what_diverged(runs_of):
    runs = runs_of(lambda architecture, method: 12.34)  # which have no checkpoints either
    figure = Figure2().draw([Result(0, runs, Figure2().measure(runs))])
    assert len(figure.axes) == 28
    assert figure.axes[0].get_title() == "DCGAN\nFID 12.3"
    assert all(axes.texts[0].get_text() == "diverged" for axes in figure.axes)


def test_sixteen_images_are_tiled_row_by_row_with_grey_lines_between_them():
    images = torch.arange(16.0).view(16, 1, 1, 1).expand(16, 3, 2, 5)
    tiles = tiled(images)
    assert tiles.shape == (12, 24, 3)
    assert tiles[3, 6].tolist() == [3, 3, 3]  # the sixth, (5 + 1) / 2
    assert (tiles[2::3] == 0.5).all()
    assert (tiles[:, 5::6] == 0.5).all()
    assert tiled(images[:, :1]).shape == (12, 24)
