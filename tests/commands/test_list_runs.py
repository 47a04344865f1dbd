"""``lit-wgan list``: every run with its state and its main metrics, whatever lies in the folder."""

import fcntl
import json
import subprocess
import sys

import pytest

ROWS = "eval/w1,eval/w1_floor,fidelity/fid_digits,step\n{0},2,9,10\n{1},2,8,20\n"


@pytest.fixture
def runs(tmp_path):
    """Makes a run of 20 of 30 updates under a name."""

    def make(name, first=4.0, last=3.0, config="trainer: {max_steps: 30}\n"):
        directory = tmp_path / "runs" / name / "version_0"
        directory.mkdir(parents=True)
        (directory / "config.yaml").write_text(config)
        (directory / "metrics.csv").write_text(ROWS.format(first, last))
        return directory

    return make


def test_a_run_is_told_with_its_state_updates_best_last_and_floor(command, runs):
    runs("a", first=2.5)
    (runs("b") / "result.json").write_text(json.dumps({"generator_updates": 20}))
    status, out, _ = command("list")
    words = [line.split() for line in out.splitlines()]
    assert status == 0
    assert words[1][:10] == ["a/version_0", "stopped", "20", "of", "30", "eval/w1", "2.5", "10", "3", "2"]
    assert words[2] == ["fidelity/fid_digits", "8", "20", "8"]
    assert words[3][:2] == ["b/version_0", "finished"]


def test_a_run_that_another_process_trains_is_told_as_such(command, runs):
    lock = runs("a") / ".lock"
    runs("b")
    code = f"import fcntl; f = open({str(lock)!r}, 'w'); fcntl.flock(f, {fcntl.LOCK_EX}); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        states = [run["state"] for run in json.loads(command("list", "--json")[1])]
        holder.communicate(b"\n")
    assert states == ["trains", "stopped"]


@pytest.mark.parametrize(("by", "order"), [("w1", "bca"), ("eval/w1", "bca"), ("fid", "abc"), ("name", "abc")])
def test_the_best_run_comes_first_if_a_metric_is_asked_for(command, runs, by, order):
    for name, best in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        runs(name, last=best)
    found = json.loads(command("list", "runs", "--sort", by, "--json")[1])
    assert "".join(run["name"][0] for run in found) == order


def test_json_has_all_metrics_in_plain_types(command, runs):
    directory = runs("a")
    (run,) = json.loads(command("list", "--json")[1])
    assert run["metrics"]["eval/w1"] == {"best": 3.0, "best_at": 20, "last": 3.0, "last_at": 20, "floor": 2.0}
    assert run["size"] == sum(path.stat().st_size for path in directory.iterdir())
    assert (run["updates"], run["max_updates"], run["directory"]) == (20, 30, "runs/a/version_0")


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("config.yaml", "[", "which is not YAML"),
        ("config.yaml", "[" * 100_000, "which is not YAML"),
        ("config.yaml", "a", "holds a str"),
        ("metrics.csv", "step\nx\n", "to hold steps and numbers"),
        ("result.json", "[", "to be JSON"),
    ],
)
def test_a_broken_run_is_listed_with_its_fault_beside_the_others(command, runs, file, text, fault):
    (runs("a") / file).write_text(text)
    runs("b")
    status, out, err = command("list")
    assert (status, err) == (0, "")
    assert "a/version_0  broken" in out
    assert fault in out
    assert "b/version_0  stopped" in out


def test_sections_that_hold_no_options_are_taken_as_empty(command, runs):
    runs("a", config="trainer: 3\ncheckpoint: [eval/w1]\n")
    assert "stopped  20 " in command("list")[1]


def test_an_empty_folder_is_answered_with_what_to_type(command, tmp_path):
    said = "No runs in runs. This trains one: lit-wgan fit --config configs/wgan_gp_digits.yaml\n"
    assert command("list") == (0, said, "")
    (tmp_path / "runs").mkdir()
    assert command("list") == (0, said, "")
    assert command("list", "--json") == (0, "[]\n", "")


def test_what_cannot_be_listed_or_sorted_by_is_told_in_a_line(command, runs):
    status, _, err = command("list", "elsewhere")
    assert (status, err.count("\n")) == (2, 1)
    assert "Expected a folder of runs, but got elsewhere, which is no folder. Name another." in err
    runs("a")
    status, _, err = command("list", "--sort", "kid")
    assert (status, err.count("\n")) == (2, 1)
    assert "or a metric of these runs (eval/w1, fidelity/fid_digits), but got 'kid'." in err


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["list"], ["list", "--help"], ["compare", "a", "b"]])
def test_neither_torch_nor_lightning_is_imported(runs, tmp_path, arguments):
    runs("a"), runs("b")
    code = (
        f"import sys; sys.argv = ['lit-wgan', *{arguments}]\n"
        "from lit_wgan.cli import main\n"
        "try: main()\n"
        "finally: print({'torch', 'lightning', 'numpy'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert result.stdout.endswith("set()\n")
