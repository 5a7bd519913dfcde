"""Puts what was measured into docs/performance.md, between its two marks, and draws the plot beside it."""

from __future__ import annotations

import math
import platform
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import humanize

from bench.chart import draw
from bench.programs import DIVE_VERSION
from bench.results import GROWTH_HEAD, KEY_HEAD, ROW_HEAD, Section, lines, load
from bench.sections import SECTIONS

_DOCS = Path(__file__).parent.parent / "docs"
_MARKS = re.compile(r"(?<=<!-- measured -->\n).*(?=<!-- end -->)", re.DOTALL)


def write() -> None:
    """Write both from the results that are kept."""
    kept = {section.name: section for section in load()}
    sections = [kept[name] for name in SECTIONS if name in kept]
    page = _DOCS / "performance.md"
    text = "\n".join(_text(sections)) + "\n"
    page.write_text(_MARKS.sub(lambda _: text, page.read_text()))
    growth = [point for section in sections for point in section.growth if math.isfinite(point.opened)]
    if growth:
        (_DOCS / "performance.svg").write_text(draw(growth))


def _text(sections: list[Section]) -> Iterator[str]:
    yield _machine()
    yield ""
    yield f"Measured: {'; '.join(f'{section.name} {section.taken}' for section in sections)}."
    yield ""
    yield from lines(ROW_HEAD, [row.cells() for section in sections for row in section.rows])
    yield from ("", "## Keys", "")
    yield from lines(KEY_HEAD, [spread.cells() for section in sections for spread in section.keys])
    yield from ("", "## Growth", "", "![How cost grows with the number of entries](performance.svg)", "")
    yield from lines(GROWTH_HEAD, [point.cells() for section in sections for point in section.growth])


def _machine() -> str:
    processor = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    cores = len(re.findall(r"^processor", Path("/proc/cpuinfo").read_text(), re.MULTILINE))
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    assert memory
    return (
        f"Taken on {cores} cores of {processor[1] if processor else platform.machine()}, "
        f"{humanize.naturalsize(int(memory[1]) * 1024)} of memory, Linux {platform.release()}, "
        f"Python {platform.python_version()}, Textual {version('textual')}, Docker Engine {_engine()}, dive {DIVE_VERSION}."
    )


def _engine() -> str:
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "none"
