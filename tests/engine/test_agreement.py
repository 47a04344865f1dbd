"""What is told of processes that differ, without processes."""

import pytest

from lit_wgan.engine import agreement
from lit_wgan.engine.agreement import Told, check_agreement, differences, in_words
from lit_wgan.errors import UsageError


def told(*ranks, is_place=False):
    return [{name: Told(text, is_place) for name, text in rank.items()} for rank in ranks]


def test_equal_processes_do_not_differ():
    assert differences(told({"a": "1", "b": "2"}, {"b": "2", "a": "1"})) == []


def test_a_value_that_a_rank_lacks_is_told_as_nothing():
    assert differences(told({"a": "1"}, {})) == [("a", ["1", "nothing"])]


def test_places_may_differ_but_not_from_what_is_no_place():
    places = told({"root": "/scratch/1"}, {"root": "/scratch/2"}, is_place=True)
    assert differences(places) == []
    assert differences([places[0], *told({"root": "null"})]) == [("root", ["/scratch/1", "null"])]


def test_ranks_with_one_value_are_told_together_and_many_differences_are_counted():
    found = [("a", ["1", "2", "1"]), ("b", ["0"] * 6 + ["1"]), ("c", ["x", "y"]), ("d", ["x", "y"]), ("e", ["x", "y"])]
    assert in_words(found) == (
        "a 1 on ranks 0, 2 and 2 on rank 1; b 0 on ranks 0, 1, 2, 3, ... and 1 on rank 6; c x on rank 0 and y on rank "
        "1; and 2 other differences"
    )


@pytest.fixture
def exchanges(monkeypatch):
    """Lets two processes be stood in for by two descriptions; lists how many values each exchange has sent."""
    sent = []

    def check(own, other, **options):
        others = {}

        def gather(function):
            mine = function()
            sent.append(1 if isinstance(mine, str) else len(mine))
            if isinstance(mine, str):
                return [mine, mine if own == other else "another digest"]
            others.update({name: Told(agreement.in_text(value), mine[name].is_place) for name, value in other.items()})
            return [mine, others]

        monkeypatch.setattr(agreement, "rank_and_world", lambda: (0, 2))
        monkeypatch.setattr(agreement, "gather", gather)
        check_agreement("options", lambda: own, "Mend it.", **options)

    return check, sent


def test_values_are_sent_only_where_digests_differ(exchanges):
    check, sent = exchanges
    check({"a": 1, "b": None}, {"a": 1, "b": None})
    assert sent == [1]
    with pytest.raises(
        UsageError, match=r"^Expected the same options in all processes, but got b null on rank 0 and 2\.0 on rank 1\."
    ):
        check({"a": 1, "b": None}, {"a": 1, "b": 2.0})
    assert sent == [1, 1, 2]


def test_places_are_compared_where_they_have_to_be_equal(exchanges):
    check, _ = exchanges
    check({"ckpt": "/a/1"}, {"ckpt": "/b/1"})
    with pytest.raises(UsageError, match="but got ckpt /a/1 on rank 0 and /b/1 on rank 1. Mend it"):
        check({"ckpt": "/a/1"}, {"ckpt": "/b/1"}, places_may_differ=False)


def test_one_process_describes_nothing():
    check_agreement("options", lambda: pytest.fail("asked"), "")
