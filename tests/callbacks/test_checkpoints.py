import os
import shutil
from pathlib import Path

import pytest
import torch
from lightning.pytorch import Callback
from torch.utils.data import DataLoader

from lit_wgan import WGAN
from lit_wgan.callbacks import Checkpoints
from lit_wgan.callbacks.checkpoint_state import own_state
from lit_wgan.engine.checkpoints import AtomicCheckpointIO


def test_state_is_found_again_under_another_interval():
    keys = {Checkpoints(monitor="eval/w1", every_n_train_steps=interval).state_key for interval in (1, 500)}
    assert keys == {"Checkpoints{'monitor': 'eval/w1', 'mode': 'min'}"}


class LogsLoss(Callback):
    """A metric that only grows, so that the first checkpoint stays the best."""

    def on_train_batch_end(self, trainer, pl_module, *_):
        pl_module.log("metric", float(trainer.global_step), logger=False)


@pytest.fixture
def train(networks, trainer):
    """Trains up to an update, with checkpoints in a folder; returns the updates of the files there."""

    def run(folder, max_steps, ckpt_path=None, **options):
        given = {
            "every_n_train_steps": 2,
            "save_last": True,
            "filename": "{step:07d}",
            "auto_insert_metric_name": False,
        }
        checkpoints = Checkpoints(dirpath=folder, **(given | options))
        made = trainer(
            max_steps, callbacks=[LogsLoss(), checkpoints], enable_checkpointing=True, plugins=[AtomicCheckpointIO()]
        )
        data = DataLoader(torch.randn(800, 2), 8)
        made.fit(WGAN(**networks(), n_critic=1), data, ckpt_path=ckpt_path, weights_only=True)
        files = {path.name: torch.load(path, weights_only=True) for path in Path(folder).glob("*.ckpt")}
        return {name: file["lit_wgan"]["generator_updates"] for name, file in files.items()}

    return run


quiet = pytest.mark.filterwarnings("ignore:.*(pre-optimization|does not have many workers|is not empty|callbacks used)")


@pytest.mark.slow
@quiet
@pytest.mark.parametrize("monitor", [None, "metric"])
def test_last_is_the_last_update_also_where_a_link_is_asked_for(monitor, train, tmp_path):
    """Lightning would link to the newest file that it has written, of whichever update."""
    assert train(tmp_path, 5, save_last="link", monitor=monitor)["last.ckpt"] == 5
    path = tmp_path / ("0000002.ckpt" if monitor else "0000004.ckpt")  # of another state than last.ckpt
    assert train(tmp_path, 7, ckpt_path=path, save_last="link", monitor=monitor)["last.ckpt"] == 7
    assert not (tmp_path / "last.ckpt").is_symlink()


def moved(folder):
    return folder.rename(folder.with_name("elsewhere"))


def linked(folder):
    link = folder.with_name("link")
    link.symlink_to(folder)
    return link


def relative(folder):
    return Path(os.path.relpath(folder))


def copied(folder):
    return Path(shutil.copytree(folder, folder.with_name("copy")))


@quiet
@pytest.mark.parametrize("rename", [moved, linked, relative, copied])
@pytest.mark.parametrize("options", [{}, {"monitor": "metric", "save_top_k": 2}])
def test_a_folder_under_another_name_goes_on_as_it_was(options, rename, train, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(tmp_path / "a", 4, **options)
    folder = rename(tmp_path / "a")
    updates = train(folder, 6, ckpt_path=folder / "last.ckpt", **options)
    kept = {"0000002.ckpt": 2, "0000004.ckpt": 4} if options else {"0000006.ckpt": 6}
    assert updates == {"last.ckpt": 6} | kept


@quiet
def test_last_is_replaced_by_a_run_that_goes_on_with_another_monitor(train, tmp_path):
    train(tmp_path, 4)
    updates = train(tmp_path, 6, ckpt_path=tmp_path / "last.ckpt", monitor="metric")
    assert updates["last.ckpt"] == 6
    assert "last-v1.ckpt" not in updates


@quiet
def test_a_run_in_a_folder_of_its_own_leaves_the_files_of_the_other(train, tmp_path):
    train(tmp_path / "a", 4)
    train(tmp_path / "b", 6, ckpt_path=tmp_path / "a" / "last.ckpt")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["0000004.ckpt", "last.ckpt"]


HOSTILE = {
    "a folder by URL": "local://{victim}",
    "a file by URL": "file://{victim}/keep.ckpt",
    "a folder above": "{own}/../victim",
    "a checkpoint above": "{own}/../victim/keep.ckpt",
    "a path of its own": "{victim}/keep.ckpt",
    "behind a link": "{own}/link/keep.ckpt",
    "a folder inside": "{own}/folder",
    "another file inside": "{own}/notes.txt",
    "a folder with a name": "{own}/folder.ckpt",
}


@pytest.mark.parametrize("path", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("written_in", ["{own}", "{victim}", "/", "local://", ""])
def test_paths_in_a_checkpoint_are_trusted_as_files_of_the_run_alone(path, written_in, tmp_path):
    own, victim = tmp_path / "own", tmp_path / "victim"
    for folder in (victim, own / "folder", own / "folder.ckpt"):
        folder.mkdir(parents=True)
    (victim / "keep.ckpt").touch()
    (own / "notes.txt").touch()
    (own / "link").symlink_to(victim)
    path = path.format(victim=victim, own=own)
    names = ("best_model_path", "kth_best_model_path", "last_model_path")
    state = dict.fromkeys(names, path) | {"best_k_models": {path: torch.tensor(-1.0)}}
    state["dirpath"] = written_in.format(victim=victim, own=own)
    found = own_state(Checkpoints(dirpath=own), state, str(own / "last.ckpt"))
    assert found["best_k_models"] == {}
    assert [found[name] for name in names] == ["", "", str(own / "last.ckpt")]


@quiet
@pytest.mark.parametrize("options", [{}, {"monitor": "metric", "save_top_k": 1, "mode": "max"}])
def test_a_checkpoint_deletes_no_folder(options, train, tmp_path):
    own, victim = tmp_path / "own", tmp_path / "victim"
    train(own, 4, **options)
    victim.mkdir()
    file = torch.load(own / "last.ckpt", weights_only=True)
    (state,) = file["callbacks"].values()
    names = ("best_model_path", "kth_best_model_path", "last_model_path")
    state |= dict.fromkeys(names, f"local://{victim}") | {"best_k_models": {f"local://{victim}": torch.tensor(-1.0)}}
    torch.save(file, own / "last.ckpt")
    train(own, 8, ckpt_path=own / "last.ckpt", **options)
    assert victim.exists()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([1], "it is of type list"),
        ({"best_model_path": 3}, "best_model_path is of type int"),
        ({"best_k_models": {"a": "b"}}, r"best_k_models\['a'\] is of type str"),
        ({"best_k_models": {"a": torch.ones(2)}}, "a score of more than one number"),
    ],
)
def test_a_state_of_other_types_is_refused(state, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        own_state(Checkpoints(dirpath=tmp_path), state, str(tmp_path / "last.ckpt"))
