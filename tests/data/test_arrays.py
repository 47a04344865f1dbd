import errno
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import Dataset

from lit_wgan.data.arrays import cached_arrays


def cached_array(*arguments, **options):
    return cached_arrays(*arguments, **options).images


class Counted(Dataset[Tensor]):
    """Images whose every pixel is their index; counts how often it is read and may fail or call back at an index."""

    def __init__(self, count=5, shape=(3, 4, 6), at=None, then=None):
        self.count, self.shape, self.at, self.then, self.reads = count, shape, at, then, 0

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.reads += 1
        if index == self.at:
            self.then()
        return torch.full(self.shape, index, dtype=torch.uint8)


def interrupt():
    raise KeyboardInterrupt


def test_array_holds_every_image_in_order(tmp_path):
    array = cached_array(tmp_path / "a.npy", lambda: Counted(70))
    assert array.shape == (70, 3, 4, 6)
    assert array.dtype == np.uint8
    assert (array == np.arange(70)[:, None, None, None]).all()


def test_array_is_memory_mapped_and_read_only(tmp_path):
    array = cached_array(tmp_path / "a.npy", Counted)
    assert isinstance(array, np.memmap)
    assert not array.flags.writeable


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_worker_processes_give_the_same_array(tmp_path):
    alone = cached_array(tmp_path / "a.npy", lambda: Counted(40))
    helped = cached_array(tmp_path / "b.npy", lambda: Counted(40), num_workers=1)
    assert np.array_equal(alone, helped)


def test_second_call_does_not_open_the_dataset(tmp_path):
    first = cached_array(tmp_path / "a.npy", Counted)
    second = cached_array(tmp_path / "a.npy", lambda: pytest.fail("the dataset was opened again"))
    assert np.array_equal(first, second)


def test_each_image_but_the_first_is_read_once(tmp_path):
    dataset = Counted(5)
    cached_array(tmp_path / "a.npy", lambda: dataset)
    assert dataset.reads == 6


@pytest.mark.parametrize("kept_bytes", [0, 5, 60, 200])
def test_damaged_file_is_written_again(tmp_path, kept_bytes):
    path = tmp_path / "a.npy"
    whole = np.array(cached_array(path, Counted))
    path.write_bytes(path.read_bytes()[:kept_bytes])
    assert np.array_equal(cached_array(path, Counted), whole)


def test_file_of_another_kind_is_written_again(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(b"PK not an array at all" * 20)
    assert cached_array(path, Counted).shape == (5, 3, 4, 6)


def test_interrupted_write_leaves_nothing_behind(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        cached_array(tmp_path / "a.npy", lambda: Counted(at=3, then=interrupt))
    assert list(tmp_path.iterdir()) == []


def test_interrupted_rewrite_leaves_the_other_files_alone(tmp_path):
    other = cached_array(tmp_path / "b.npy", Counted)
    with pytest.raises(KeyboardInterrupt):
        cached_array(tmp_path / "a.npy", lambda: Counted(at=3, then=interrupt))
    assert [path.name for path in tmp_path.iterdir()] == ["b.npy"]
    assert np.array_equal(other, cached_array(tmp_path / "b.npy", Counted))


def test_what_a_killed_process_left_is_removed_at_the_next_start(tmp_path):
    whole = np.array(cached_array(tmp_path / "b.npy", Counted))
    (tmp_path / "a.npy.tmp-0123").write_bytes(b"unfinished")
    assert np.array_equal(cached_array(tmp_path / "b.npy", Counted), whole)
    assert [path.name for path in tmp_path.iterdir()] == ["b.npy"]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_process_stopped_while_it_decodes_ends_at_once_and_leaves_nothing_for_good(number, status, tmp_path):
    code = (
        "import os, pathlib, time\n"
        "parent = os.getpid()\n"
        "from torch.utils.data import Dataset\n"
        "import torch\n"
        "from lit_wgan.data.arrays import cached_arrays\n"
        "class Endless(Dataset):\n"
        "    def __len__(self): return 5\n"
        "    def __getitem__(self, index):\n"
        "        if index:\n"
        "            print('decoding', flush=True)\n"
        "            while os.getppid() == parent: time.sleep(0.1)\n"
        "        return torch.zeros(1, 4, 4)\n"
        f"cached_arrays(pathlib.Path({str(tmp_path / 'a.npy')!r}), Endless, num_workers=1)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"decoding\n"
        process.send_signal(number)
        assert process.wait() == status
        cached_array(tmp_path / "b.npy", Counted)
        assert [path.name for path in tmp_path.iterdir()] == ["b.npy"]


def test_a_full_disk_names_the_file_and_the_option(tmp_path):
    def fill():
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match=r"a\.npy, but could not \(No space left on device\)\. .*--data\.cache_dir"):
        cached_array(tmp_path / "a.npy", lambda: Counted(at=3, then=fill))
    assert list(tmp_path.iterdir()) == []


def test_two_writers_at_once_both_get_a_whole_array(tmp_path):
    path, inner = tmp_path / "a.npy", []
    outer = cached_array(path, lambda: Counted(at=3, then=lambda: inner.append(cached_array(path, Counted))))
    assert np.array_equal(outer, inner[0])
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


def test_global_random_state_does_not_depend_on_the_cache(tmp_path):
    before = torch.get_rng_state()
    cached_array(tmp_path / "a.npy", lambda: Counted(at=3, then=lambda: torch.rand(7)))
    assert torch.equal(torch.get_rng_state(), before)


def test_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"Expected data\.cache_dir .* but got .*file/cache .*--data\.cache_dir"):
        cached_array(tmp_path / "file" / "cache" / "a.npy", Counted)


def test_paths_may_lie_in_folders_yet_to_be_made(tmp_path: Path):
    assert len(cached_array(tmp_path / "new" / "er" / "a.npy", Counted)) == 5
