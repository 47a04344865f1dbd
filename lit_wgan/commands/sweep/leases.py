"""What keeps machines that share a sweep out of each other's way: a lock, and a lease on every trial that runs.

No clocks are compared: a process judges by its own how long it has seen no change.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from uuid import uuid4

from optuna.exceptions import DuplicatedStudyError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

BEAT_SECONDS = 15.0
"""A process renews its leases this often."""
LEASE_SECONDS = 120.0
"""A trial whose lease was not renewed for so long has lost its process, and is taken up by another."""
LOCK_SECONDS = 60.0
"""A lock that was held for so long belongs to a process that is gone; it is held for a second or two."""
WAIT_SECONDS = 0.05
OWNER, BEAT, HOLDER = "owner", "beat", "holder"


class Lock(NamedTuple):
    """A lock as its study has it: the study's number, and who made it."""

    study: int
    holder: str | None


class Leases:
    """The leases of this process on trials, and what it knows of those of others.

    Args:
        storage: that all processes share.
        name: of the study in it.
    """

    def __init__(self, storage: BaseStorage, name: str):
        self.storage = storage
        self.name = name
        self._token = uuid4().hex
        self._owned: dict[int, int] = {}
        self._seen: dict[int, tuple[object, float]] = {}
        self._ends = threading.Event()
        threading.Thread(target=self._renew_all, daemon=True).start()

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Let no other process of the sweep in at the same time.

        The lock is a study of its own, which a storage lets one process alone create.
        """
        lock = self._acquire()
        try:
            yield
        finally:
            self._remove(lock)

    def _acquire(self) -> Lock:
        name = f"{self.name} is locked"
        found, since = Lock(-1, None), time.monotonic()
        while True:
            with suppress(DuplicatedStudyError):
                lock = Lock(self.storage.create_new_study([StudyDirection.MINIMIZE], name), uuid4().hex)
                self.storage.set_study_user_attr(lock.study, HOLDER, lock.holder)
                return lock
            with suppress(KeyError):  # released meanwhile
                study = self.storage.get_study_id_from_name(name)
                held = Lock(study, self.storage.get_study_user_attrs(study).get(HOLDER))
                if held != found:
                    found, since = held, time.monotonic()
                elif time.monotonic() - since > LOCK_SECONDS:
                    self._remove(held)
            time.sleep(WAIT_SECONDS)

    def _remove(self, lock: Lock) -> None:
        """Remove a lock unless it is another's by now: SQLite gives numbers again."""
        with suppress(KeyError):
            if self.storage.get_study_user_attrs(lock.study).get(HOLDER) == lock.holder:
                self.storage.delete_study(lock.study)

    def take(self, number: int, trial: int) -> None:
        """Take the lease of a trial; to be called :meth:`exclusively`.

        Args:
            number: of the trial in its study.
            trial: its number in the storage.
        """
        self.storage.set_trial_user_attr(trial, OWNER, self._token)
        self._owned[number] = trial

    def holds(self, number: int, ask: bool) -> bool:
        """Whether this process still has the lease of a trial, as the storage says now, or said at the last renewal."""
        if ask and number in self._owned:
            self._renew(number)
        return number in self._owned

    def release(self, number: int) -> None:
        """Leave a trial that has not ended to whoever wants it, at once."""
        if self.holds(number, ask=True):
            self.storage.set_trial_user_attr(self._owned[number], OWNER, "")
        self.forget(number)

    def forget(self, number: int) -> None:
        """Renew the lease of a trial no longer."""
        self._owned.pop(number, None)

    def is_abandoned(self, trial: FrozenTrial) -> bool:
        """Whether a trial that has not ended has no process: it was released, or its lease is over."""
        attrs = trial.user_attrs
        if trial.number in self._owned:
            return False
        state = attrs.get(OWNER), attrs.get(BEAT)
        if trial.number not in self._seen or self._seen[trial.number][0] != state:
            self._seen[trial.number] = state, time.monotonic()
        return attrs.get(OWNER) == "" or time.monotonic() - self._seen[trial.number][1] > LEASE_SECONDS

    def close(self) -> None:
        """Renew nothing any more."""
        self._ends.set()

    def _renew_all(self) -> None:
        """Renew the leases from a thread of their own, however long the main one waits."""
        while not self._ends.wait(BEAT_SECONDS):
            for number in list(self._owned):
                with suppress(Exception):  # of any database; the main thread meets the same, if it lasts
                    self._renew(number)

    def _renew(self, number: int) -> None:
        """Renew the lease of a trial, or give it up if another process has taken it."""
        trial = self._owned[number]
        if self.storage.get_trial(trial).user_attrs.get(OWNER) == self._token:
            self.storage.set_trial_user_attr(trial, BEAT, uuid4().hex)
        else:
            self.forget(number)
