"""The table in docs/sources.md of where the image of a dozen layers is put, made of the tests that find it the same there.

A test says so by the mark ``same``: its ``place``, how it is ``written`` on the command line, and how the layers are
``read``; by the same mark, or by ``form`` on what gives the image to other tests, too, what its ``form`` is there. Marks
of a test and of its parameters add up.
``make sources`` runs these tests, and writes the table once all have passed.
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs/sources.md"
BEGIN, END = "<!-- made by make sources -->\n", "<!-- end -->\n"


class Row(NamedTuple):
    """A place and a form in which it can have the image."""

    place: str
    form: str
    written: str
    read: str


class _Collector:
    rows: dict[Row, None]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take the rows of all marked tests that there are."""
        items = (item for item in session.items if item.get_closest_marker("same"))
        self.rows = dict.fromkeys(map(_row, items))


def _row(item: pytest.Item) -> Row:
    said = {key: text for mark in item.iter_markers("same") for key, text in mark.kwargs.items()}
    forms = [mark.args[0] for mark in item.iter_markers("form")]
    return Row(**{"form": ", ".join(forms), **said})


def table() -> str:
    """The table, each place once, in the order of the tests."""
    collector = _Collector()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        options = ("--collect-only", "--quiet", "-p", "no:cacheprovider", "-m", "same")
        status = pytest.main([*options, str(Path(__file__).parent)], [collector])
    if status:
        raise SystemExit(said.getvalue())
    places = list(dict.fromkeys(row.place for row in collector.rows))
    lines = ["| place | form | written as | how the layers come | `ls -r --json` | `report` |", f"|{' --- |' * 6}"]
    for row in sorted(collector.rows, key=lambda row: places.index(row.place)):
        lines.append(f"| {' | '.join((*row, 'same', 'same'))} |")
    return "\n".join((*lines, ""))


def main() -> None:
    """Write it into the document."""
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}")


if __name__ == "__main__":
    print(table(), end="") if sys.argv[1:] == ["--print"] else main()
