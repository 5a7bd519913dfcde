"""dive, asked by its report as JSON and, where that says nothing, by its screen in a terminal."""

from __future__ import annotations

import json
import re
import subprocess
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.playback import Picture, pictures
from bench.programs import Program as Command
from bench.programs import Target, environment
from bench.terminal import Terminal
from tests.answers.asked import RefusedError, Shown

_ALL_CHANGES = "\x01"  # Ctrl+A
_HEAD = "Permission     UID:GID       Size  Filetree"
_ROW = re.compile(r"([d-][-rwxsStT]{9}) +(\d+:\d+) +[\d.]+ [kMGT]?B  ((?:│   |    )*)[├└]─[─⊕] (.*?)(?: → .*)?")
_CHANGES = {"green": "added", "red": "removed", "brown": "modified", "default": "unmodified"}
"""What the colours of a row mean, as pyte names them."""
_CHATTER = re.compile(r"(Image Source|Extracting image|Analyzing image|Building cache|cannot fetch image)")
_ESCAPES = re.compile(r"\x1b(\[[?>]?[\d;]*[a-zA-Z]|[=>]|\(B)")
_QUIET, _PATIENCE = 0.3, 30.0
"""Seconds without a byte after which the screen is complete, and after which nothing more is expected."""

_SILENT = "ends without a word"
_ATTEMPTS = 10
"""Where it crashes it may have ended before it could say so."""


@dataclass(frozen=True)
class Dive:
    """dive, given an image."""

    command: Command
    image: Path

    def tree(self, layer: int | None = None, *, since_the_first: bool = False) -> dict[str, Shown]:
        down = (layer or len(self._report["layer"])) - 1
        for _ in range(_ATTEMPTS):
            with Terminal(self.command.explore(Target.archive(self.image)), self._environment) as terminal:
                if _shows(terminal):
                    rows = _rows(_after(terminal, *["down"] * down, *[_ALL_CHANGES] * since_the_first))
                    assert len(rows) > 1, "of one row alone the change is not told"
                    # The row under the cursor has no colour, and the first one is under it.
                    moved = _rows(_after(terminal, "tab", "down"))
                    return rows | dict(list(moved.items())[:1])
                written = b"".join(chunk.data for chunk in terminal.chunks).decode(errors="replace")
            reason = _reason(written, self.image)
            if reason != _SILENT:
                break
        raise RefusedError(reason)

    def name(self, layer: int) -> bytes:
        (entry,) = self._report["layer"][layer - 1]["fileList"]
        return str(entry["path"]).encode()

    def row(self) -> str:
        return next(iter(self.tree(1)))

    def wasted(self) -> int:
        return int(self._report["image"]["inefficientBytes"])

    def efficiency(self) -> float:
        return float(self._report["image"]["efficiencyScore"])

    @cached_property
    def _report(self) -> dict[str, Any]:
        with TemporaryDirectory() as folder:
            output = Path(folder, "report.json")
            command = self.command.write_report(Target.archive(self.image), output)
            for _ in range(_ATTEMPTS):
                done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
                if output.exists():
                    found: dict[str, Any] = json.loads(output.read_text())
                    return found
                reason = _reason(done.stdout + done.stderr, self.image)
                if reason != _SILENT:
                    break
            raise RefusedError(reason)

    @property
    def _environment(self) -> dict[str, str]:
        """Without what its user has configured."""
        return {**environment(), "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}


def _shows(terminal: Terminal) -> bool:
    """Wait for the file tree; whether it has come."""
    while terminal.now < _PATIENCE and not terminal.ended:
        terminal.settle(_QUIET, _PATIENCE)
        if _HEAD in _picture(terminal).text:
            return True
    return False


def _after(terminal: Terminal, *keys: str) -> Picture:
    """The screen when these keys have been answered."""
    for key in keys:
        terminal.press(key)
        terminal.settle(_QUIET, _PATIENCE)
    return _picture(terminal)


def _picture(terminal: Terminal) -> Picture:
    """The screen as it is."""
    return deque(pictures(terminal.chunks), maxlen=1).pop()


def _rows(picture: Picture) -> dict[str, Shown]:
    """The file tree."""
    lines = picture.text.splitlines()
    top = next(number for number, line in enumerate(lines) if _HEAD in line)
    left = lines[top].index(_HEAD)
    rows = {}
    folders: list[str] = []
    for number, line in enumerate(lines[top + 1 :], top + 1):
        found = _ROW.fullmatch(line[left:].rstrip())
        if found is None:
            break
        permission, owner, branches, name = found.groups()
        folders[len(branches) // 4 :] = [name]
        rows["/".join(folders)] = Shown(_CHANGES[picture.colour(number, left)], f"{permission} {owner}")
    return rows


def _reason(said: str, image: Path) -> str:
    """Why it shows nothing, as far as it says."""
    lines = [line.strip() for line in _ESCAPES.sub("", said).splitlines()]
    if panic := next((line for line in lines if line.startswith("panic: ")), None):
        return f"crashes: {panic.removeprefix('panic: ')}"
    told = [line for line in lines if line and not _CHATTER.match(line)]
    return f"refuses: {told[0].replace(str(image), 'FILE')}" if told else _SILENT
