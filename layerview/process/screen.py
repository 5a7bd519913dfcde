"""What a screen needs of the process, to be quick and to know the terminal's size."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def prepare() -> None:
    """Tell Textual how it is to work, which it asks the environment while it is imported."""
    # It paints 60 pictures a second at most, so that a key waits 16 ms where a progress bar has just been painted.
    os.environ.setdefault("TEXTUAL_FPS", "250")
    os.environ.setdefault("ESCDELAY", "50")  # ms that an Esc waits for the rest of a key, half of what Textual gives it
    # A shell that exports these tells of the size that the terminal had, whatever it has become.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)


@contextmanager
def shared_with_threads() -> Iterator[None]:
    """Work in another thread holds a key up for half a millisecond; for 45 ms in all with what Python gives it."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
