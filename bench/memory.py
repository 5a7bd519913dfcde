"""How much memory a program and all its processes take at most."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_SHARE = 0.05
"""Of the time that may go into looking, since a process of gigabytes stands still while it is looked at."""


class PeakMemory:
    """Watches a session of processes from its leader on, while it is entered."""

    def __init__(self, leader: int) -> None:
        self.bytes = 0
        """The most that all processes had at one time, pages that several share counted once."""
        self._leader = leader
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = 0.0
        while not self._over.wait(pause):
            began = time.perf_counter()
            self.bytes = max(self.bytes, _pss(self._leader))
            pause = max((time.perf_counter() - began) / _SHARE, 0.02)


def _pss(session: int) -> int:
    total = 0
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with suppress(OSError):  # it has ended
            after_name = (process / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[3]) == session and (found := _PSS.search((process / "smaps_rollup").read_text())):
                total += int(found[1]) * 1024
    return total
