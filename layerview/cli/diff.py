"""``layerview diff``: list what differs between two images."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerview.cli.command import Asked, Command, Parser, Word
from layerview.cli.opening import pair_of, result_of, tell_failures
from layerview.cli.streams import print_lines

DIFFERENT = 1
"""Exit status with ``--exit-code`` where anything differs, as git and diff have it."""

if TYPE_CHECKING:
    from layerview.exploration.pair import ImagePair


class Diff(Asked, frozen=True):
    """What the image is to be compared with, and what of that is to be listed."""

    image2: str
    path: str
    times: bool
    json: bool
    exit_code: bool


def _options(parser: Parser) -> None:
    parser.add_argument("--times", action="store_true", help="also what differs in nothing but its time")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--exit-code", action="store_true", help="end with status 1 where anything differs")


def _diff(asked: Diff) -> int:
    from layerview.image import changed_settings
    from layerview.reports import Listing, settings
    from layerview.wording.changes import compared

    pair = pair_of(asked.request, asked.image2)
    pair.run()
    assert pair.comparison, "a pair that has been compared has it"
    comparison = pair.comparison.with_times(asked.times)
    status = _tell_failures(pair, asked)  # before a listing that is empty, or a path that is not there
    listing = Listing(comparison, os.fsencode(asked.path), recursive=True, changes=True)
    print_lines(listing.json() if asked.json else listing.text())
    before, after = (exploration.image for exploration in pair.explorations)
    assert before and after, "images that have been compared are known"
    changed = () if asked.path else changed_settings(before, after)  # which have no path
    if asked.json:
        print_lines(settings.json(changed))
    elif not asked.path:
        one, other = (exploration.account for exploration in pair.explorations)
        assert one and other, "images that have been compared are read"
        summary = compared(comparison, len(changed), (one.wasted_bytes, other.wasted_bytes))
        print_lines(["", *settings.text(changed), *[""] * bool(changed), ", ".join(summary)])
    return status or (DIFFERENT if asked.exit_code and (changed or not listing.is_empty) else 0)


def _tell_failures(pair: ImagePair, asked: Diff) -> int:
    """Of both images; the exit status."""
    return max(
        tell_failures(result_of(exploration), asked.request, name)
        for exploration, name in zip(pair.explorations, (asked.request.reference, asked.image2), strict=True)
    )


COMMAND = Command(
    "diff IMAGE IMAGE2 [PATH] [--times] [--json] [--exit-code]",
    "list what differs between two images",
    Diff,
    _diff,
    (
        "layerview diff app:1 app:2 etc",
        "layerview diff app:1 app:2 --exit-code",
    ),
    (
        Word("image", "IMAGE"),
        Word("image2", "IMAGE2", help="what to compare it with: the newer one"),
        Word("path", "PATH", "?", "only what is there (default: the root)"),
    ),
    _options,
)
