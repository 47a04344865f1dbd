import numpy as np
import pytest

from lit_wgan.errors import UsageError
from lit_wgan.functional.schedules import WarmStart, check_n_critic, n_critic_at


def test_warm_start_is_the_authors_schedule():
    schedule = WarmStart()
    warm = [update for update in range(1501) if schedule(update) == 100]
    assert warm == [*range(25), 500, 1000, 1500]
    assert schedule(25) == schedule(499) == 5


def test_a_number_is_a_constant_schedule():
    assert n_critic_at(3, 0) == n_critic_at(3, 10**6) == 3


def test_a_schedule_without_critic_updates_is_refused():
    with pytest.raises(ValueError, match="Expected n_critic to be above 0, but got 0"):
        WarmStart(n_critic=0)


@pytest.mark.parametrize("updates", [0, -1, 2.5, float("nan")])
def test_a_schedule_that_gives_no_whole_number_of_updates_is_refused_where_it_does(updates):
    with pytest.raises(UsageError, match=f"1 or more, but got {updates} for generator update 7"):
        n_critic_at(lambda generator_update: updates, 7)


def test_a_number_of_updates_that_is_not_whole_is_refused():
    check_n_critic(np.int64(2))
    with pytest.raises(UsageError, match="n_critic to be a whole number, but got 2.5"):
        check_n_critic(2.5)
