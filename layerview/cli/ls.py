"""``layerview ls``: list what an image holds."""

from __future__ import annotations

import os

from layerview.cli.command import Asked, Command, Parser, Word, layer_number, number_of_files
from layerview.cli.opening import explored_of, tell_failures
from layerview.cli.streams import print_lines
from layerview.errors import NotFoundError


class Ls(Asked, frozen=True):
    """What is to be listed."""

    path: str
    recursive: bool
    layer: int | None
    changes: int | None
    stored: bool
    largest: int | None
    json: bool


def _options(parser: Parser) -> None:
    parser.add_argument("-r", "--recursive", action="store_true", help="the path itself and all below it")
    state = parser.add_mutually_exclusive_group()
    state.add_argument(
        "--layer", metavar="N", type=layer_number, help="as of this layer, counted from 1 (default: the last)"
    )
    state.add_argument("--changes", metavar="N", type=layer_number, help="only what this layer changed")
    state.add_argument("--stored", action="store_true", help="each file that any layer stores, hidden or not")
    parser.add_argument(
        "--largest", metavar="N", type=number_of_files, help="the N largest files of it, the largest first"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _ls(asked: Ls) -> int:
    from layerview.filesystem import Comparison
    from layerview.reports import Listing, StoredListing

    explored = explored_of(asked.request)
    status = tell_failures(explored, asked.request)  # before a listing that is empty, or a path that is not there
    layers = explored.stack.layers
    at = asked.layer or asked.changes or layers
    if at > layers:
        raise NotFoundError(
            f"there is no layer {at}",
            f"The image has {layers} layer{'' if layers == 1 else 's'}; layerview history lists them.",
        )
    changes = asked.changes is not None
    path = os.fsencode(asked.path)
    listing: Listing | StoredListing
    if asked.stored:
        listing = StoredListing(explored.stack, path, asked.largest)
    else:
        comparison = Comparison(explored.stack, at - 1 if changes else 0, at)
        listing = Listing(comparison, path, recursive=asked.recursive, changes=changes, largest=asked.largest)
    print_lines(listing.json() if asked.json else listing.text())
    return status


COMMAND = Command(
    "ls IMAGE [PATH] [-r] [--layer N | --changes N | --stored] [--largest N] [--json]",
    "list what an image holds",
    Ls,
    _ls,
    (
        "layerview ls app:1 etc --layer 1",
        "layerview ls app:1 --largest 10",
    ),
    (Word("image", "IMAGE"), Word("path", "PATH", "?", "what to list (default: the root)")),
    _options,
)
