"""``python -m tests.answers``: put every question to both programs, and write the answers into docs/correctness.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.programs import DIVE_VERSION, Program, dive
from bench.results import lines
from tests.answers.cases import SECTIONS, Case
from tests.answers.dive import Dive
from tests.answers.layerview import Layerview

_PAGE = Path(__file__).parents[2] / "docs/correctness.md"
_MARKS = re.compile(r"(?<=<!-- answers -->\n).*(?=<!-- end -->)", re.DOTALL)
_HEAD = ("image", "asked", "right (statement)", f"dive {DIVE_VERSION}", "layerview")


def main() -> int:
    """Ask, print and write; 1 where layerview is wrong."""
    command = dive()
    parts = []
    wrong = 0
    for title, cases in SECTIONS.items():
        rows = []
        for case in cases:
            theirs, ours = _answers(case, command)
            wrong += ours != case.right
            if theirs == case.right:
                print(f"dive is right about {case.name}", file=sys.stderr)
            else:
                rows.append(
                    [
                        case.name,
                        case.question.text,
                        f"{_cell(case.right)} ({case.statement})",
                        *map(_cell, (theirs, ours)),
                    ]
                )
        parts += [f"#### {title}", "", *lines(_HEAD, rows), ""]
    text = "\n".join(parts)
    print(text)
    _PAGE.write_text(_MARKS.sub(lambda _: f"\n{text}\n", _PAGE.read_text()))
    return 1 if wrong else 0


def _answers(case: Case, command: Program) -> Iterator[str]:
    """dive's and layerview's."""
    with TemporaryDirectory() as place:
        path = case.write(Path(place, "image"))
        yield case.question.to(Dive(command, path))
        yield case.question.to(Layerview(path))


def _cell(answer: str) -> str:
    """An answer in the table; what a program does instead of answering is not marked as one."""
    return answer if re.match("refuses|crashes|ends", answer) else f"`{answer}`"


if __name__ == "__main__":
    sys.exit(main())
