"""The time that a run has trained."""

import struct

import pytest
from torch.utils.tensorboard import SummaryWriter

from lit_wgan.runs.training_time import training_seconds


def test_the_time_is_that_between_the_records_of_each_attempt(tmp_path):
    for name, times in (("1", (100.0, 104.0, 130.0)), ("2", (900.0, 912.0))):
        with SummaryWriter(tmp_path / name) as writer:
            for step, time in enumerate(times):
                writer.add_scalar("x", 1.0, step, walltime=time)
        records = next((tmp_path / name).iterdir()).read_bytes()
        of_format = struct.unpack_from("<Q", records)[0] + 16  # the first record, whose time is now
        (tmp_path / f"events.out.tfevents.{name}").write_bytes(records[of_format:])
    assert training_seconds(tmp_path) == 30 + 12


OTHERS = [b"", b"no events at all, but some other file", struct.pack("<Q", 2**63) + b"\x09" * 20]


@pytest.mark.parametrize("contents", OTHERS)
def test_a_file_of_something_else_tells_no_time(tmp_path, contents):
    (tmp_path / "events.out.tfevents.1").write_bytes(contents)
    assert training_seconds(tmp_path) is None
    assert training_seconds(tmp_path / "not there") is None
