"""Who holds the lock on a file."""

import contextlib
import os
from pathlib import Path
from typing import IO


def lock_holders(lock: IO[str]) -> set[int]:
    """The other processes that hold the lock on a file, as far as Linux shows them; none where there is no ``/proc``.

    A number in the file is not asked: long after its process was killed it may be that of any other.
    """
    wanted = os.fstat(lock.fileno())
    holders = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # another user's, or one that has ended meanwhile
            for opened in (process / "fd").iterdir():
                same = os.path.samestat(opened.stat(), wanted)
                if same and "lock:" in (process / "fdinfo" / opened.name).read_text():
                    holders.add(int(process.name))
    return holders - {os.getpid()}
