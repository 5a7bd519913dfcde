"""Where a reader has put the borders, from one run to the next: a small file in the platform's folder for such things.

What cannot be read there, or be written, is as if it were not there.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
import platformdirs

from layerview.errors import LayerviewError
from layerview.regular import read_regular
from layerview.tui.panes.arrangement import Arrangement
from layerview.writing import whole_file

_NAME = "panes.json"
_MOST = 1_000
"""Bytes; it has some eighty."""


@cache
def arrangement() -> Arrangement:
    """What one reader wants of all screens with panes, until the program ends."""
    return _kept()


def keep() -> None:
    """Have the next run begin with what the reader wants now, if that is something new."""
    wanted, path = arrangement(), _path()
    if path is None or wanted == _kept() or (path.exists() and not path.is_file()):
        return
    with suppress(LayerviewError, OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(msgspec.json.encode(wanted))


def _kept() -> Arrangement:
    path = _path()
    if path is not None:
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(read_regular(path, _MOST), type=Arrangement)
    return Arrangement()


def _path() -> Path | None:
    """None where nothing tells where that is."""
    try:
        folder = platformdirs.user_state_path("layerview", appauthor=False)
    except RuntimeError:  # without HOME, for a user that the system does not know
        return None
    return folder / _NAME if folder.is_absolute() else None
