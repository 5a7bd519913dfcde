"""``python -m bench [SECTION …] [--quick] [--write]``: measure, print, and write down what was measured."""

from __future__ import annotations

import argparse
import os
import subprocess
from datetime import UTC, datetime

from bench import document
from bench.results import GROWTH_HEAD, KEY_HEAD, ROW_HEAD, Section, keep, lines
from bench.sections import QUICK, SECTIONS, Bench


def main() -> None:
    """Measure the sections that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure layerview beside dive.")
    parser.add_argument("sections", metavar="SECTION", nargs="*", help=f"of {', '.join(SECTIONS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="each measurement once, nothing that takes minutes")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md from what was measured last")
    options = parser.parse_args()
    unknown = set(options.sections) - SECTIONS.keys()
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    if options.sections or not options.write:
        bench = Bench(options.quick)
        for name in options.sections or (QUICK if options.quick else SECTIONS):
            section = Section(name, f"{datetime.now(UTC):%Y-%m-%d}, {_commit()}, load {os.getloadavg()[0]:.1f}")
            SECTIONS[name](bench, section)
            _print(section)
            if not options.quick:
                keep(section)
    if options.write:
        document.write()


def _print(section: Section) -> None:
    for head, rows in ((ROW_HEAD, section.rows), (KEY_HEAD, section.keys), (GROWTH_HEAD, section.growth)):
        if rows:
            print("\n".join(["", *lines(head, [row.cells() for row in rows])]), flush=True)
    print(flush=True)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
