import subprocess
import sys

import pytest

from lit_wgan.runs.directories import check_writable, claim_version, newest_run

CLAIM = "import sys, pathlib; from lit_wgan.runs.directories import claim_version as c; sys.stdin.read()\n"
CLAIM += "print(*(c(pathlib.Path(sys.argv[1])) for _ in range(100)))"


@pytest.mark.slow
def test_processes_that_start_together_never_share_a_directory(tmp_path):
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", CLAIM, str(tmp_path)], **options) for _ in range(4)]
    for process in processes:
        process.stdin.close()  # go
        process.stdin = None
    claimed = [int(number) for process in processes for number in process.communicate(timeout=600)[0].split()]
    assert sorted(claimed) == list(range(400))


def test_the_next_directory_is_behind_the_last_one(tmp_path):
    (tmp_path / "version_7").mkdir()
    (tmp_path / "version_of_mine").mkdir()
    assert claim_version(tmp_path) == 8


def test_the_newest_run_is_the_last_that_trained(tmp_path):
    assert newest_run(tmp_path) is None
    for name in ("version_2/checkpoints", "version_10/checkpoints", "version_11"):
        (tmp_path / name).mkdir(parents=True)
    assert newest_run(tmp_path) == tmp_path / "version_10"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(ValueError, match="Expected trainer.default_root_dir to be a folder that can be written"):
        check_writable(tmp_path / "runs" / "toy")
