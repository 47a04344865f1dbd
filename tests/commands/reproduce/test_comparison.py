"""What counts as equal, and how differences are told."""

import pytest

from lit_wgan.commands.reproduce.comparison import compare_environments, compare_results, compare_rows

RESULT = {"generator_updates": 4, "weights_sha256": {"generator": "ab"}, "metrics": {"eval/w1": 1.5}}
ENVIRONMENT = {"packages": {"torch": "2.15"}, "variables": {}, "cpu": "one", "cpu_threads": 2, "command": ["fit"]}


def differences(then, now):
    return [str(figure) for figure in compare_results(then, now) if not figure.equal]


def test_equal_results_have_no_differences():
    assert differences(RESULT, RESULT) == []


def test_every_kind_of_difference_is_named():
    other = {"generator_updates": 5, "weights_sha256": {"generator": "cd"}, "metrics": {"eval/w1": 1.25}}
    assert differences(RESULT, other) == [
        "generator updates: 4 then, 5 now",
        "generator: ab then, cd now",
        "eval/w1: 1.5 then, 1.25 now",
    ]


def test_a_network_or_figure_that_one_run_lacks_is_a_difference():
    other = RESULT | {"weights_sha256": {"generator": "ab", "ema_generator": "ef"}, "metrics": {}}
    assert differences(RESULT, other) == ["ema_generator: none then, ef now", "eval/w1: 1.5 then, none now"]


def test_the_last_bit_of_a_figure_counts_and_a_nan_equals_itself():
    then, now = (RESULT | {"metrics": {"a": value, "b": float("nan")}} for value in (0.1, 0.1 + 2**-56))
    assert len(differences(then, now)) == 1


def test_times_are_not_compared():
    then, now = (RESULT | {"metrics": {"fidelity/seconds": seconds}} for seconds in (1.0, 2.0))
    assert differences(then, now) == []


def rows(*figures):
    return [(step, {"epoch": 0.0, name: float(value)}) for step, name, value in figures]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (rows((1, "a", "0.1"), (2, "a", "0.2"), (2, "b", "0.3")), []),
        (rows((1, "a", "0.5"), (2, "a", "0.2"), (2, "b", "0.3")), ["a at update 1: 0.1 then, 0.5 now"]),
        (rows((1, "a", "0.1"), (2, "a", "0.2")), ["b at update 2: 0.3 then, none now"]),
        (rows((1, "a", "0.1"), (2, "a", "0.2"), (2, "b", "0.3"), (3, "a", "9")), ["a at update 3: none then, 9.0 now"]),
        (rows((1, "a", "0.1"), (2, "a", "0.2"), (2, "b", "0.3"), (5, "a", "9")), []),
    ],
    ids=["equal", "changed", "missing", "added", "after the end"],
)
def test_rows_are_compared_one_by_one(now, told):
    then = rows((1, "a", "0.1"), (2, "a", "0.2"), (2, "b", "0.3"))
    assert [str(figure) for figure in compare_rows(then, now, last=4, ends=set())] == told


def test_what_is_measured_only_because_an_attempt_ended_there_does_not_count():
    then, now = rows((1, "a", "0.1"), (3, "fid", "7"), (4, "a", "0.2")), rows((1, "a", "0.1"), (4, "a", "0.2"))
    assert compare_rows(then, now, last=4, ends={3}) == []
    assert len(compare_rows(then, now, last=4, ends=set())) == 1


def test_environments_differ_in_what_can_change_a_result():
    other = {"packages": {"torch": "2.14", "numpy": "2"}, "variables": {"MKL_CBWR": "AVX2"}, "cpu": "two"}
    other |= {"cpu_threads": 4, "command": ["reproduce"]}
    assert [str(figure) for figure in compare_environments(ENVIRONMENT, other)] == [
        "torch: 2.15 then, 2.14 now",
        "numpy: none then, 2 now",
        "cpu: one then, two now",
        "cpu_threads: 2 then, 4 now",
        "MKL_CBWR: none then, AVX2 now",
    ]
