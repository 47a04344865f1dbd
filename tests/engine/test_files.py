import fcntl
import os
import signal
import subprocess
import sys

import pytest

from lit_wgan.engine.files import atomic_write, is_local, leftovers, make_writable, remove_leftovers, writing


def write(path, content):
    with atomic_write(path) as file:
        file.write(content)


def test_a_file_is_there_when_it_is_complete(tmp_path):
    path = tmp_path / "a"
    with atomic_write(path) as file:
        file.write(b"new")
        assert not path.exists()
        assert len(list(leftovers(tmp_path, "a"))) == 1
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_write_that_fails_leaves_the_earlier_file_and_nothing_else(step, tmp_path, monkeypatch):
    path = tmp_path / "a"
    write(path, b"old")

    def fail(*_):
        raise KeyboardInterrupt

    def new():
        with atomic_write(path) as file:
            file.write(b"new")
            if step == "write":
                fail()
            monkeypatch.setattr(os, step, fail)

    with pytest.raises(KeyboardInterrupt):
        new()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_killed_while_it_writes_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "a"
    write(path, b"old")
    code = (
        "import os, pathlib, signal\n"
        "from lit_wgan.engine.files import atomic_write\n"
        f"with atomic_write(pathlib.Path({str(path)!r})) as file:\n"
        "    file.write(b'new')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    (unfinished,) = leftovers(tmp_path, "a")
    assert {path, unfinished} == set(tmp_path.iterdir())
    remove_leftovers(tmp_path, "a")
    assert list(tmp_path.iterdir()) == [path]


def test_the_unfinished_file_of_a_living_process_is_no_leftover(tmp_path):
    path = tmp_path / "a"
    code = (
        "import pathlib, sys\n"
        "from lit_wgan.engine.files import atomic_write\n"
        f"with atomic_write(pathlib.Path({str(path)!r})) as file:\n"
        "    file.write(b'new')\n"
        "    print('writing', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"writing\n"
        remove_leftovers(tmp_path, "a")
        process.communicate()
    assert process.returncode == 0
    assert path.read_bytes() == b"new"


def test_a_file_that_was_taken_for_a_leftover_before_it_was_locked_is_made_anew(tmp_path, monkeypatch):
    flock = fcntl.flock
    taken = []

    def late(file, operation):
        if not taken:
            taken.append(file.name)
            os.unlink(file.name)
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert taken


def test_the_last_of_two_writers_wins(tmp_path):
    path = tmp_path / "a"
    with atomic_write(path) as outer:
        outer.write(b"outer")
        write(path, b"inner")
        assert path.read_bytes() == b"inner"
    assert path.read_bytes() == b"outer"
    assert list(tmp_path.iterdir()) == [path]


def test_content_and_name_reach_the_disk(tmp_path, monkeypatch):
    flushed = []
    fsync = os.fsync

    def note(descriptor):
        flushed.append(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    write(tmp_path / "a", b"new")
    assert [path.partition(".tmp-")[0] for path in flushed] == [str(tmp_path / "a"), str(tmp_path)]


def test_rights_of_a_file_are_those_of_any_new_file(tmp_path):
    write(tmp_path / "a", b"")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    make_writable(tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        make_writable(tmp_path / "file" / "folder")


def test_an_error_about_another_file_passes(tmp_path):
    for error in (FileNotFoundError(2, "No such file", "/elsewhere/image.png"), OSError("no image")):
        with pytest.raises(type(error)) as raised, writing(tmp_path / "a"):
            raise error
        assert raised.value is error


def test_an_error_of_a_write_names_file_and_remedy(tmp_path):
    @writing(tmp_path / "a", "Do this.")
    @writing(tmp_path / "b")
    @writing(tmp_path / "a", "Do that.")
    def fail():
        raise OSError(28, "No space")

    with pytest.raises(OSError, match=r"Expected to write .*/a, but could not \(No space\)\. Do that\.") as raised:
        fail()
    assert (raised.value.errno, raised.value.strerror, raised.value.filename) == (28, "No space", str(tmp_path / "a"))


def test_urls_are_not_local(tmp_path):
    assert is_local(tmp_path)
    assert is_local("runs/last.ckpt")
    assert not is_local("s3://bucket/last.ckpt")
