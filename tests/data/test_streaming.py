"""Data sets in litdata's chunks: their order, their chunks on disk, and what is told of bad ones."""

import json
import sys
import threading
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from litdata.streaming.downloader import Downloader, register_downloader, unregister_downloader
from litdata.streaming.writer import BinaryWriter
from placed import placed

from lit_wgan import StreamingData
from lit_wgan.data.streaming.held_out import hold_out, share
from lit_wgan.data.streaming.items import to_sample
from lit_wgan.data.streaming.order import ChunkOrder
from lit_wgan.engine.minibatches import CriticBatchStream
from lit_wgan.functional.schedules import Counters
from lit_wgan.functional.streams import RandomStreams

pytestmark = pytest.mark.filterwarnings("ignore:.*buffer is not writable")  # torch's, of tensors that litdata maps


def write(folder, items, chunk_size=10):
    """Write items as a data set in chunks."""
    folder.mkdir(parents=True)
    writer = BinaryWriter(str(folder), chunk_size=chunk_size)
    for number, item in enumerate(items):
        writer[number] = item
    writer.done()
    writer.merge(1)
    return folder


def pairs(count):
    """Vectors that tell their numbers, with classes."""
    return [(np.full(3, number, np.float32), number % 5) for number in range(count)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("stream") / "set", pairs(105))


def numbers(minibatch):
    """Which items a minibatch holds."""
    return minibatch.real[:, 0].long().tolist()


# The order.

STREAMS = RandomStreams(3)
UNEQUAL = [10, 10, 4, 0, 10, 7]


def test_an_epoch_holds_every_item_once_whatever_the_sizes_of_chunks_and_minibatches():
    for batch_size, window in [(1, 1), (4, 2), (9, 3), (41, 2), (6, 50)]:
        order = ChunkOrder(UNEQUAL, batch_size, window, STREAMS)
        rows = torch.cat([order[t] for t in range(41)])[: 41 * (batch_size if batch_size < 41 else 1)]
        for epoch in rows.split(41):
            assert len(epoch.unique(dim=0)) == len(epoch)
            assert all(place < UNEQUAL[chunk] for chunk, place in epoch.tolist())


def test_a_minibatch_depends_on_its_number_alone():
    order = ChunkOrder(UNEQUAL, 6, 2, STREAMS)
    forwards = [order[t] for t in range(30)]
    assert all(torch.equal(ChunkOrder(UNEQUAL, 6, 2, STREAMS)[t], forwards[t]) for t in (29, 0, 17, 3))
    assert not torch.equal(ChunkOrder(UNEQUAL, 6, 2, RandomStreams(4))[0], forwards[0])


def test_few_chunks_are_in_use_and_those_that_follow_are_known():
    order = ChunkOrder([10] * 20, 5, 4, STREAMS)
    for t in range(80):
        known = order.chunks(t)
        assert set(order[t][:, 0].tolist()) <= set(known)
        assert set(order[t + 1][:, 0].tolist()) <= set(known)
        assert len(known) <= 12
    assert len({tuple(sorted(set(order[t][:, 0].tolist()))) for t in range(8)}) > 1
    assert len(torch.cat([order[t] for t in range(8)])[:, 0].unique()) == 4


def test_items_of_a_window_are_mixed():
    first = ChunkOrder([100] * 8, 64, 8, STREAMS)[0]
    assert len(first[:, 0].unique()) == 8


def test_fewer_items_than_a_minibatch_are_refused():
    with pytest.raises(ValueError, match="data.batch_size=42, but got 41"):
        ChunkOrder(UNEQUAL, 42, 2, STREAMS)


# What is held out.


@pytest.mark.parametrize(("number", "spread"), [(5, 2), (12, 6), (40, 2), (41, 1), (1, 8)])
def test_so_many_items_are_held_out_and_of_as_few_chunks_as_hold_them(number, spread):
    held_out = hold_out(UNEQUAL, number, spread)
    assert sum(held_out) == number
    assert all(0 <= each <= count for each, count in zip(held_out, UNEQUAL, strict=True))
    if number == 5:
        assert sorted(held_out)[-2:] == [2, 3]


def test_a_tenth_is_held_out_but_not_many():
    assert [share(number) for number in (2, 50, 10**9)] == [1, 5, 1024]


# The DataModule.


def test_training_and_held_out_items_are_all_items_once(folder):
    data = placed(StreamingData(str(folder), batch_size=5, held_out=25))
    trained = [numbers(data.source(slice(None)).minibatch(t)) for t in range(16)]
    held_out = numbers(data.held_out()[0].read(slice(None)))
    assert sorted(sum(trained, held_out)) == list(range(105))


def test_devices_together_see_the_minibatches_of_one(folder):
    def make():
        return StreamingData(str(folder), batch_size=12, condition_of=1)

    whole = placed(make()).source(slice(None)).minibatch(7)
    assert (whole.condition == whole.real[:, 0] % 5).all()
    for rank in range(3):
        data = placed(make(), rank, 3)
        mine = data.source(data.rows).minibatch(7)
        assert torch.equal(mine.real, whole.real[rank::3])
        assert torch.equal(mine.condition, whole.condition[rank::3])


def test_a_stream_goes_on_where_the_counters_stand(folder):
    data = placed(StreamingData(str(folder), batch_size=8))
    whole = iter(CriticBatchStream(data.source(slice(None)), 2, Counters()))
    expected = [next(whole).real for _ in range(20)]
    resumed = iter(CriticBatchStream(data.source(slice(None)), 2, Counters(12, 24, 0)))
    assert torch.equal(next(resumed).real, expected[12])


def test_images_are_bytes_until_they_are_on_the_device(tmp_path):
    items = [{"image": np.full((6, 5, 3), number, np.uint8), "label": number} for number in range(20)]
    data = placed(StreamingData(str(write(tmp_path / "images", items)), batch_size=4, condition_of="label"))
    batch = next(iter(data.train_dataloader()))
    assert batch.real.dtype == torch.uint8
    assert batch.real.shape == (2, 4, 3, 6, 5)
    minibatch = next(iter(data.on_after_batch_transfer(batch, 0)))
    assert torch.equal(minibatch.real[:, 0, 0, 0], minibatch.condition / 127.5 - 1)
    assert data.real_samples(2, train=False).real.min() >= -1


def test_real_samples_are_the_same_at_every_call_and_come_with_their_conditions(folder):
    data = placed(StreamingData(str(folder), condition_of=1))
    for train in (True, False):
        first, second = (data.real_samples(10, train) for _ in range(2))
        assert torch.equal(first.real, second.real)
        assert (first.condition == first.real[:, 0] % 5).all()
    assert len(data.training_conditions(10**6)) == 95
    samples, conditions = data.held_out()
    assert len(samples) == len(conditions) == 10
    assert (conditions[2:5] == samples[2:5][:, 0] % 5).all()


def test_a_data_set_of_its_own_is_held_out(folder, tmp_path):
    others = write(tmp_path / "others", pairs(7))
    data = placed(StreamingData(str(folder), batch_size=105, held_out=str(others)))
    assert sorted(numbers(data.source(slice(None)).minibatch(0))) == list(range(105))
    assert numbers(data.held_out()[0].read(slice(None))) == list(range(7))


@pytest.mark.parametrize(
    ("value", "shape", "dtype"),
    [
        (np.zeros((2, 3), np.int16), (2, 3), torch.float32),
        (np.zeros((5, 6), np.uint8), (1, 5, 6), torch.uint8),
        (np.zeros(5, np.uint8), (5,), torch.float32),
        (torch.zeros(2, 3, 4, 5, dtype=torch.float64), (2, 3, 4, 5), torch.float32),
        ([1.0, 2.0], (2,), torch.float32),
        (3, (1,), torch.float32),
    ],
)
def test_samples_are_numbers_of_any_shape_and_images_bytes(value, shape, dtype):
    sample = to_sample(value)
    assert (tuple(sample.shape), sample.dtype) == (shape, dtype)


# Chunks at an address.


class Memory(Downloader):
    """The client of addresses that start with ``memory://``: of the files of a folder of this machine."""

    requests: ClassVar[list] = []
    wait: ClassVar = threading.Event()

    def _file(self, url):
        name = url.removeprefix("memory://")
        self.requests.append(name.rpartition("/")[2])
        if name.endswith("silent/index.json"):
            self.wait.wait(60)
        return Path(name)

    def download_fileobj(self, remote_filepath, fileobj):
        fileobj.write(self._file(remote_filepath).read_bytes())

    def download_bytes(self, remote_chunkpath, offset, length, local_chunkpath):
        read = self._file(remote_chunkpath).read_bytes()[offset : offset + length]
        if len(read) < length:
            raise OSError(f"Short range read: expected {length} bytes, received {len(read)}")
        return read


@pytest.fixture
def memory():
    """Lets litdata read ``memory://`` addresses, and lists the files that it asks for."""
    Memory.requests, Memory.wait = [], threading.Event()
    register_downloader("memory://", Memory)
    yield Memory
    Memory.wait.set()
    unregister_downloader("memory://")


def fetched(folder, tmp_path, **options):
    return placed(StreamingData(f"memory://{folder}", cache_dir=str(tmp_path / "cache"), **options))


def chunks_in(path):
    return sorted(file.name for file in path.rglob("*.bin"))


def test_fetched_chunks_give_the_minibatches_of_local_ones(folder, tmp_path, memory):
    local = placed(StreamingData(str(folder), batch_size=7)).source(slice(None))
    remote = fetched(folder, tmp_path, batch_size=7).source(slice(None))
    for t in range(20):
        assert torch.equal(remote.minibatch(t).real, local.minibatch(t).real)
    assert sorted(name for name in memory.requests if name != "index.json") == chunks_in(folder)


def test_another_run_takes_the_chunks_that_are_there(folder, tmp_path, memory):
    for _ in range(2):
        before = len(memory.requests)
        source = fetched(folder, tmp_path, batch_size=95).source(slice(None))
        source.minibatch(0)
    assert set(memory.requests[before:]) == {"index.json"}


def test_chunks_take_no_more_room_than_they_may_and_are_fetched_again(folder, tmp_path, memory):
    size = (folder / "chunk-0-0.bin").stat().st_size
    data = fetched(folder, tmp_path, batch_size=5, shuffle_chunks=1, held_out=5, max_cache_gb=4 * size / 1e9)
    source = data.source(slice(None))
    local = placed(StreamingData(str(folder), batch_size=5, shuffle_chunks=1, held_out=5)).source(slice(None))
    for t in range(60):
        assert torch.equal(source.minibatch(t).real, local.minibatch(t).real)
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.bin")) <= 4 * size  # the last chunk is smaller
    assert len(memory.requests) > 20


def test_room_for_too_few_chunks_is_refused(folder, tmp_path, memory):
    with pytest.raises(ValueError, match="three times data.shuffle_chunks=8 chunks, .* but got 1e-06"):
        fetched(folder, tmp_path, max_cache_gb=1e-6)


def test_processes_that_share_a_cache_fetch_a_chunk_once(folder, tmp_path, memory):
    stores = [fetched(folder, tmp_path).source(slice(None)).items.store for _ in range(4)]
    threads = [threading.Thread(target=store.need, args=(3,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory.requests.count("chunk-0-3.bin") == 1


def test_what_killed_processes_did_not_finish_is_removed(folder, tmp_path, memory):
    store = fetched(folder, tmp_path).source(slice(None)).items.store
    left = store.folder / "chunk-0-9.bin.tmp-0"
    left.touch()
    store.need(3)
    assert not left.exists()


# What is told of bad data sets.


def first_minibatch(data):
    return placed(data).source(slice(None)).minibatch(0)


def refused(match, url, tmp_path, **options):
    with pytest.raises(ValueError, match=match) as told:
        first_minibatch(StreamingData(str(url), cache_dir=str(tmp_path / "cache"), batch_size=95, **options))
    assert "\n" not in str(told.value)


@pytest.fixture
def copy(tmp_path):
    return write(tmp_path / "copy", pairs(105))


def change_index(folder, **changes):
    index = json.loads((folder / "index.json").read_text())
    index["config"] |= changes
    (folder / "index.json").write_text(json.dumps(index))


@pytest.mark.parametrize("address", ["", "memory://"])
def test_a_folder_without_an_index_is_refused(address, tmp_path, memory):
    refused("(Expected|Expected to read) .*/index.json", f"{address}{tmp_path}", tmp_path)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"chunks": [], "config": {}}', '{"chunks": 3, "config": {}}']
)
def test_a_damaged_index_is_refused(content, copy, tmp_path):
    (copy / "index.json").write_text(content)
    refused("index.json as litdata.optimize writes it, but it is damaged", copy, tmp_path)


@pytest.mark.parametrize("name", ["compression", "encryption"])
def test_chunks_that_cannot_be_read_item_by_item_are_refused(name, copy, tmp_path):
    change_index(copy, **{name: "zstd"})
    refused(f"without {name}", copy, tmp_path)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "the chunk .*/chunk-0-4.bin, which the index names"),
        ("memory://", "read memory://.*/chunk-0-4.bin, but got"),
    ],
)
def test_a_missing_chunk_is_named(address, told, copy, tmp_path, memory):
    (copy / "chunk-0-4.bin").unlink()
    refused(told, f"{address}{copy}", tmp_path)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "chunk-0-4.bin to have 258 bytes, but got 100"),
        ("memory://", "chunk-0-4.bin, but got OSError .Short range"),
    ],
)
def test_a_chunk_that_is_cut_short_is_named(address, told, copy, tmp_path, memory):
    chunk = copy / "chunk-0-4.bin"
    size = chunk.stat().st_size
    chunk.write_bytes(chunk.read_bytes()[:100])
    refused(told.replace("258", str(size)), f"{address}{copy}", tmp_path)


@pytest.mark.parametrize("address", ["", "memory://"])
def test_a_damaged_chunk_is_named_and_its_copy_removed(address, copy, tmp_path, memory):
    chunk = copy / "chunk-0-4.bin"
    chunk.write_bytes(b"\xff" * chunk.stat().st_size)
    refused("item . of chunk-0-4.bin in .*, but got .* The chunk is damaged", f"{address}{copy}", tmp_path)
    assert "chunk-0-4.bin" not in chunks_in(tmp_path / "cache")


def test_a_server_that_says_nothing_is_given_up(folder, tmp_path, memory, monkeypatch):
    monkeypatch.setattr("lit_wgan.data.streaming.remote.WORKER_SECONDS", 0.01)
    refused("Expected memory://silent/index.json within 0 s, but it has not come", "memory://silent", tmp_path)


def with_item(tmp_path, item):
    """A data set whose item 2 of chunk-0-1.bin is another one."""
    items = pairs(105)
    items[12] = item
    return write(tmp_path / "odd", items)


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ((np.zeros(4, np.float32), 1), r"every sample to be like the first, floats \(3,\), but got floats \(4,\)"),
        ((np.array([0, np.nan, 0], np.float32), 1), "Expected finite numbers, but got NaN or infinity"),
        ((np.array([0, 0, -np.inf], np.float32), 1), "Expected finite numbers, but got NaN or infinity"),
    ],
)
def test_an_odd_item_is_named(item, told, tmp_path):
    refused(f"{told}.* item 2 of chunk-0-1.bin in .*/odd", with_item(tmp_path, item), tmp_path, condition_of=1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"sample_of": 2}, "data.sample_of to tell what of an item is its sample, but got 2 for item 0"),
        ({"condition_of": "label"}, "data.condition_of to tell what of an item is its condition, but got 'label'"),
        ({"held_out": 105}, "data.held_out to leave items to train on, but got 105 of 105"),
    ],
)
def test_options_that_do_not_fit_the_items_are_refused(options, told, folder, tmp_path):
    refused(told, folder, tmp_path, **options)


def test_keys_that_tell_nothing_are_refused(tmp_path):
    odd = write(tmp_path / "odd", [{"field": np.zeros(2), "other": 1}] * 20)
    refused("a sample under one of the keys .* but got dict with the keys field, other", odd, tmp_path)
    assert placed(StreamingData(str(odd), sample_of="field")).sizes()["data_shape"] == [2]


def test_a_held_out_data_set_of_another_shape_is_refused(folder, tmp_path):
    others = write(tmp_path / "others", [(np.zeros(2, np.float32), 1)] * 12)
    refused("every sample to be like the first", folder, tmp_path, held_out=str(others))


@pytest.mark.parametrize("value", ["text", None, 1j, []])
def test_what_is_no_sample_is_refused(value):
    with pytest.raises(ValueError, match="sample of item to be an image or real numbers"):
        to_sample(value)


def test_an_address_that_cannot_be_read_part_by_part_is_refused(tmp_path):
    refused("^Expected data.url to be a folder or an address .* but got ftp://host.", "ftp://host", tmp_path)


def test_a_client_that_is_not_installed_is_named(tmp_path, memory, monkeypatch):
    def missing(*arguments, **options):
        raise ModuleNotFoundError("pip install google-cloud-storage")

    monkeypatch.setattr(Memory, "__init__", missing)
    refused("^Expected the client of memory://x to be installed, but got: pip", "memory://x", tmp_path)


@pytest.mark.parametrize(
    ("module", "url", "remedy"),
    [
        ("botocore.config", "s3://bucket", r"lit-wgan\[streams\]"),
        ("google.cloud.storage", "gs://bucket", "google-cloud-storage"),
    ],
)
def test_a_package_that_an_address_needs_is_named_with_its_remedy(tmp_path, monkeypatch, module, url, remedy):
    monkeypatch.setitem(sys.modules, module, None)
    refused(f'^Expected the package {module}, which {url} needs, .* pip install "{remedy}"', url, tmp_path)


def test_litdata_that_is_not_installed_is_named(monkeypatch, folder):
    monkeypatch.setitem(sys.modules, "litdata", None)
    with pytest.raises(ValueError, match=r'pip install "lit-wgan\[streams\]"'):
        placed(StreamingData(str(folder)))


# Units.


def test_samples_are_told_in_their_own_units_and_trained_on_in_those_of_the_networks(folder):
    data = placed(StreamingData(str(folder), batch_size=95, transform="standardise", condition_of=1))
    data.system.transform = data.transform
    real = data.real_samples(95, train=True).real
    assert real.max() > 90
    batch = data.on_after_batch_transfer(next(iter(data.train_dataloader())), 0)
    seen = next(iter(batch))
    torch.testing.assert_close(seen.real.mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(data.transform.inverse(seen.real)[:, 0] % 5, seen.condition.float(), atol=1e-4, rtol=0)


def test_sizes_are_those_of_the_first_item(tmp_path):
    items = [{"image": np.zeros((6, 5, 3), np.uint8), "c": np.zeros((2, 2))} for _ in range(20)]
    data = StreamingData(str(write(tmp_path / "images", items)), condition_of="c")
    assert data.sizes() == {
        "data_shape": [3, 6, 5],
        "channels": 3,
        "image_size": [6, 5],
        "shape": [2, 2],
        "condition_dim": 4,
    }
