"""``layerview demo``: explore a sample image."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from layerview.cli.command import Command, Parser
from layerview.cli.explore import require_terminal, show
from layerview.cli.streams import print_lines
from layerview.text import escape


def _demo_options(parser: Parser) -> None:
    parser.add_argument("--archive", metavar="FILE", type=Path, help="keep the archive there, and do not open it")


def _demo(options: argparse.Namespace) -> int:
    from layerview.demo import write_demo
    from layerview.writing import whole_file

    if options.archive:
        with whole_file(options.archive) as file:
            write_demo(file)
        name = escape(os.fsencode(options.archive))
        print_lines([f"Wrote {name}; layerview {name} opens it."])
        return 0
    require_terminal("layerview demo --archive FILE, then layerview report FILE")
    with tempfile.TemporaryDirectory(prefix="layerview-") as folder:
        options.image = str(Path(folder, "demo.tar"))
        with Path(options.image).open("wb") as file:
            write_demo(file)
        return show(options, "demo")


DEMO = Command(
    "demo [--archive FILE]",
    "explore a small, wasteful sample image, without any engine",
    _demo_options,
    _demo,
    pulls=False,
)
