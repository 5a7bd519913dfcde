"""``layerview demo``: explore a sample image."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from msgspec.structs import replace

from layerview.cli.command import Asked, Command, Parser
from layerview.cli.explore import require_terminal, show
from layerview.cli.streams import print_lines
from layerview.text import escape


class Demo(Asked, frozen=True):
    """Where the archive is to be kept, if it is."""

    archive: Path | None


def _options(parser: Parser) -> None:
    parser.add_argument("--archive", metavar="FILE", type=Path, help="keep the archive there, and do not open it")


def _demo(asked: Demo) -> int:
    import tempfile

    from layerview.demo import write_demo
    from layerview.writing import whole_file

    if asked.archive:
        with whole_file(asked.archive) as file:
            write_demo(file)
        name = escape(os.fsencode(asked.archive))
        print_lines([f"Wrote {name}; layerview {shlex.quote(name)} opens it."])
        return 0
    require_terminal("layerview demo --archive FILE, then layerview report FILE")
    with tempfile.TemporaryDirectory(prefix="layerview-") as folder:
        path = Path(folder, "demo.tar")
        with path.open("wb") as file:
            write_demo(file)
        return show(replace(asked.request, reference=str(path)), "demo")


COMMAND = Command(
    "demo [--archive FILE]",
    "explore a small, wasteful sample image, without any engine",
    Demo,
    _demo,
    (
        "layerview demo",
        "layerview demo --archive demo.tar",
    ),
    options=_options,
    shared=("--no-cache", "--max-size", "--keys", "--verbose"),
)
