"""Ctrl+C, which Python lets break into anything."""

from __future__ import annotations

import signal
from types import FrameType

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it: 128 and the signal's number; also where a pull was stopped."""

_AGAIN = 0.001
"""Seconds until it is seen whether an import still goes on."""


def spare_imports() -> None:
    """Have Ctrl+C wait for the end of an import.

    What imports may take whatever is raised there for a module that is not to be had: msgspec does, and the process ends by
    a segmentation fault later. Python's own import prints a traceback, and goes on.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as in a shell's background
        signal.signal(signal.SIGINT, _interrupt)
        signal.signal(signal.SIGALRM, _interrupt)


def ignore() -> None:
    """Have Ctrl+C do nothing more, for a process that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
            return
        frame = frame.f_back
    raise KeyboardInterrupt
