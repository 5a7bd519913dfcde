"""``layerview diff``: list what differs between two images."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerview.cli.command import Asked, Command, Parser, Word
from layerview.cli.opening import pair_of, result_of, tell_failures
from layerview.cli.streams import print_lines
from layerview.errors import NotFoundError

if TYPE_CHECKING:
    from layerview.exploration.pair import ImagePair


@dataclass(frozen=True)
class Diff(Asked):
    """What the image is to be compared with, and what of that is to be listed."""

    image2: str
    path: str
    times: bool
    json: bool


def _options(parser: Parser) -> None:
    parser.add_argument("--times", action="store_true", help="also what differs in nothing but its time")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _diff(asked: Diff) -> int:
    from layerview.reports import Listing
    from layerview.wording.changes import compared

    pair = pair_of(asked.request, asked.image2)
    pair.run()
    assert pair.comparison, "a pair that has been compared has it"
    comparison = pair.comparison.with_times(asked.times)
    try:
        listing = Listing(comparison, os.fsencode(asked.path), recursive=True, changes=True)
    except NotFoundError:  # it may be in a layer that could not be read
        _tell_failures(pair, asked)
        raise
    print_lines(listing.json() if asked.json else listing.text())
    if not asked.json and not asked.path:
        print_lines(["", compared(comparison)])
    return _tell_failures(pair, asked)


def _tell_failures(pair: ImagePair, asked: Diff) -> int:
    """Of both images; the exit status."""
    return max(
        tell_failures(result_of(exploration, asked.request), asked.request, name)
        for exploration, name in zip(pair.explorations, (asked.request.reference, asked.image2), strict=True)
    )


COMMAND = Command(
    "diff IMAGE IMAGE2 [PATH] [--times] [--json]",
    "list what differs between two images",
    Diff,
    _diff,
    (
        Word("image", "IMAGE"),
        Word("image2", "IMAGE2", help="what to compare it with: the newer one"),
        Word("path", "PATH", "?", "only what is there (default: the root)"),
    ),
    _options,
)
