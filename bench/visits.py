"""One visit of a program to an image: how long until it is of use, how fast it answers, what it takes."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.memory import PeakMemory
from bench.playback import pictures
from bench.programs import LAYERS, TREE, Program
from bench.terminal import Chunk, Terminal

QUIET = 0.04
"""Seconds without a byte after which what a key has painted is complete."""
PATIENCE = 30.0
"""Seconds after which a key counts as not answered."""
_ENOUGH = 60.0
"""Seconds after which a key that takes long is not pressed again."""
LIMIT = 900.0
"""Seconds after which an image counts as not opened."""

_RAW_TREE = re.compile(TREE.pattern.encode())
_BETWEEN = 0.15
"""Seconds between two keys, so that what follows the cursor a little later is painted."""


class Press(NamedTuple):
    """Keys that are measured together."""

    name: str
    """What they are measured under; empty where they are not."""
    keys: Sequence[str]
    quiet: float = QUIET
    """Seconds without a byte after which what a key has painted is complete."""


@dataclass
class Visit:
    """Times are in seconds since the program was started; None where it did not come to that."""

    layers: float | None = None
    """The layers are on the screen."""
    tree: float | None = None
    """Files are on the screen."""
    answer: float | None = None
    """The cursor has gone down in them, by keys pressed then; not looked for where it cannot be seen."""
    complete: float | None = None
    """All layers are read."""
    peak: int = 0
    """Bytes of memory at most, of all its processes."""
    keys: dict[str, list[float | None]] = field(default_factory=dict)
    """Seconds from each key to the last byte painted."""


def visit(
    program: Program,
    command: Sequence[str],
    environment: Mapping[str, str],
    presses: Iterable[Press] = (),
    *,
    watched: bool = False,
) -> Visit:
    """Open an image, go to the files when they are shown and down there, wait for all layers, then press the keys.

    ``watched``: memory is looked at, which takes up to a twentieth of the time.
    """
    found = Visit()
    with ExitStack() as stack:
        terminal = stack.enter_context(Terminal(command, environment))
        memory = stack.enter_context(PeakMemory(terminal.pid)) if watched else None
        if not _wait_for_tree(terminal):
            return found
        terminal.press("tab")
        pressed = terminal.press("down")
        while not terminal.ended and terminal.now < LIMIT:
            terminal.settle(quiet=1.0, limit=LIMIT)
            _read(found, program, terminal.chunks, pressed)
            given_up = program.cursor is None or terminal.now > pressed + PATIENCE
            if found.complete and (found.answer or given_up):
                break
        for name, keys, quiet in presses:
            enough = terminal.now + _ENOUGH
            for key in keys:
                taken = _press(terminal, key, quiet)
                if name:
                    found.keys.setdefault(name, []).append(taken)
                if taken is None or terminal.now > enough:
                    break
        if memory is not None:
            terminal.settle(quiet=0.2, limit=PATIENCE)
            found.peak = memory.bytes
    return found


def first_frame(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds until a Textual app has painted its first frame."""
    with Terminal(command, environment) as terminal:
        while chunk := terminal.read(PATIENCE):
            if b"\x1b[?2026l" in chunk.data:
                return chunk.time
    raise RuntimeError(f"{command} painted nothing")


def run(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds that a command without a screen takes."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def answers_while_loading(
    program: Program, command: Sequence[str], environment: Mapping[str, str], seconds: float
) -> tuple[list[float], list[float]]:
    """Seconds until the cursor in the tree has moved, for keys pressed before all layers are read, and after."""
    with Terminal(command, environment) as terminal:
        if not _wait_for_tree(terminal):
            return [], []
        for key in ("tab", program.open_all):
            terminal.press(key)
            _read_until(terminal, terminal.now + _BETWEEN)
        presses: list[float] = []
        over = terminal.now + seconds
        while terminal.now < over:
            presses.append(terminal.press("up" if len(presses) % 2 else "down"))
            _read_until(terminal, terminal.now + _BETWEEN)
    seen = [
        (picture.time, row, bool(program.loading and program.loading.search(picture.text)))
        for picture in pictures(terminal.chunks)
        if program.cursor is not None and (row := picture.cursor(program.cursor)) is not None
    ]
    loading: list[float] = []
    idle: list[float] = []
    for pressed in presses:
        before = [(row, busy) for time, row, busy in seen if time <= pressed]
        if not before:
            continue
        row, busy = before[-1]
        answered = next((time for time, now, _ in seen if time > pressed and now != row), None)
        if answered is not None:
            (loading if busy else idle).append(answered - pressed)
    return loading, idle


@contextmanager
def fresh_cache() -> Iterator[Path]:
    """A folder for caches with nothing in it."""
    with tempfile.TemporaryDirectory(prefix="layerview-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def warm(path: Path) -> None:
    """Read a file, so that the programs find it in memory as far as it fits."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 22):
            pass


def _wait_for_tree(terminal: Terminal) -> bool:
    tail = b""
    while not terminal.ended and terminal.now < LIMIT:
        chunk = terminal.read(1.0)
        if chunk is not None:
            tail = tail[-100:] + chunk.data
            if _RAW_TREE.search(tail):
                return True
    return False


def _read(found: Visit, program: Program, chunks: Sequence[Chunk], pressed: float) -> None:
    """Find in what was written when it came to what."""
    start = None
    for picture in pictures(chunks):
        text = picture.text
        found.layers = found.layers or (picture.time if LAYERS.search(text) else None)
        if not TREE.search(text):
            continue
        found.tree = found.tree or picture.time
        row = None if program.cursor is None else picture.cursor(program.cursor)
        if picture.time <= pressed or start is None:
            start = row
        elif found.answer is None and row not in (None, start):
            found.answer = picture.time
        if found.complete is None and not (program.loading and program.loading.search(text)):
            found.complete = picture.time


def _press(terminal: Terminal, key: str, quiet: float) -> float | None:
    _read_until(terminal, terminal.now + _BETWEEN)
    pressed = terminal.press(key)
    first = terminal.read(PATIENCE)
    if first is None:
        return None
    return (terminal.settle(quiet, PATIENCE) or first.time) - pressed


def _read_until(terminal: Terminal, time: float) -> None:
    while not terminal.ended and (left := time - terminal.now) > 0:
        terminal.read(left)
