"""``layerview history``: list the instructions that made an image."""

from __future__ import annotations

from layerview.cli.command import Asked, Command, Parser, Word
from layerview.cli.opening import add_dockerfile, amendment_of, explored_from, source_of, tell_failures, tell_warnings
from layerview.cli.streams import output_width, print_lines


class History(Asked, frozen=True):
    """How the history is to be shown."""

    no_trunc: bool
    json: bool


def _options(parser: Parser) -> None:
    add_dockerfile(parser)
    parser.add_argument("--no-trunc", action="store_true", help="what the builder recorded, in full")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _history(asked: History) -> int:
    from layerview.reports import history

    source = source_of(asked.request)
    image, amend = source.describe(), amendment_of(asked.request)
    sizes: dict[int, int | None]
    if image is not None and all(layer.size is not None for layer in image.layers):
        image = amend(image) if amend else image
        tell_warnings(image, asked.request)
        sizes = {layer.number: layer.size for layer in image.layers}
        status = 0
    else:
        explored = explored_from(source, asked.request)
        image, stack = explored.image, explored.stack
        sizes = {n: None if n in stack.missing else stack.stored(n) for n in range(1, stack.layers + 1)}
        status = tell_failures(explored, asked.request)
    if asked.json:
        print_lines(history.json(image, sizes))
    else:
        print_lines(history.text(image, sizes, None if asked.no_trunc else output_width()))
    return status


COMMAND = Command(
    "history IMAGE [--dockerfile FILE] [--no-trunc] [--json]",
    "list the instructions that made an image",
    History,
    _history,
    (
        "layerview history app:1",
        "layerview history app:1 --no-trunc",
    ),
    (Word("image", "IMAGE"),),
    _options,
)
