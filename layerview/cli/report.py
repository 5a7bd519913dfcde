"""``layerview report``: say what an image holds and what it wastes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layerview.cli.command import Asked, Command, Parser, Word
from layerview.cli.opening import add_dockerfile, explored_of, tell_failures
from layerview.cli.streams import output_width, standard_output
from layerview.errors import UsageError

_STANDARD_OUTPUT = "-"
"""Stands for it, in place of a file's name."""


class Report(Asked, frozen=True):
    """In which formats the report is wanted, and where; on standard output where no file is named."""

    output: Sequence[tuple[str, Path | None]] | None
    json: bool


def _options(parser: Parser) -> None:
    add_dockerfile(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FORMAT[=FILE]",
        action="append",
        type=_output,
        help="text or json, to standard output or to a file (default: text; may be given several times)",
    )
    parser.add_argument("--json", action="store_true", help="the same as -o json")


def _report(asked: Report) -> int:
    from layerview.reports import FORMATS
    from layerview.text import UNLIMITED
    from layerview.writing import whole_file

    told = [*(asked.output or ()), *[("json", None)] * asked.json] or [("text", None)]
    outputs = list(dict.fromkeys(told))  # what is told twice is wanted once
    for format_, _ in outputs:
        if format_ not in FORMATS:
            raise UsageError(f"there is no format {format_!r}", f"There are: {', '.join(FORMATS)}.")
    if len(printed := {format_ for format_, path in outputs if path is None}) > 1:
        raise UsageError(
            f"{' and '.join(sorted(printed))} cannot both go to standard output", "Send one to a file: -o json=FILE."
        )
    explored = explored_of(asked.request)
    status = tell_failures(explored, asked.request)
    for format_, path in outputs:
        text = FORMATS[format_](explored, output_width() if path is None else UNLIMITED)
        if path is None:
            with standard_output() as output:
                output.write(text)
                output.flush()  # a file may be where it goes, too
        else:
            with whole_file(path) as file:
                file.write(text.encode())
    return status


def _output(text: str) -> tuple[str, Path | None]:
    format_, equals, file = text.partition("=")
    if equals and not file:
        raise UsageError(f"{text!r} names no file", f"Write {format_}=FILE, or {format_} for standard output.")
    return format_, None if file in ("", _STANDARD_OUTPUT) else Path(file)


COMMAND = Command(
    "report IMAGE [--dockerfile FILE] [-o FORMAT[=FILE]]... [--json]",
    "say what an image holds and what it wastes",
    Report,
    _report,
    (
        "layerview report app:1",
        "layerview report app:1 -o text -o json=report.json",
    ),
    (Word("image", "IMAGE"),),
    _options,
)
