"""Ctrl+C, which Python lets break into anything."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it: 128 and the signal's number; also where a pull was stopped."""

_SIGNALS = (signal.SIGINT, signal.SIGALRM)
"""Of Ctrl+C, and of the timer that it is put off by."""
_AGAIN = 0.001
"""Seconds until it is seen whether an import still goes on."""


def spare_imports() -> None:
    """Have Ctrl+C wait for the end of an import.

    What imports may take whatever is raised there for a module that is not to be had: msgspec does, and the process ends by
    a segmentation fault later. Python's own import prints a traceback, and goes on.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as in a shell's background
        for number in _SIGNALS:
            signal.signal(number, _interrupt)


@contextmanager
def held() -> Iterator[None]:
    """Ctrl+C waits for the end of this, as long as there is no other thread that takes it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore() -> None:
    """Have Ctrl+C do nothing more: in a process that ends, or one that another decides for."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _interrupt(number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
            return
        frame = frame.f_back
    raise KeyboardInterrupt
