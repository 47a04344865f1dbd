import pytest

from lit_wgan.functional.schedules import WarmStart, n_critic_at


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
