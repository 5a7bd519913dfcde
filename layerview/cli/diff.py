"""``layerview diff``: list what differs between two images."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from layerview.cli.command import Command, Parser
from layerview.cli.opening import findings_from, pair_of, tell_failures
from layerview.cli.streams import print_lines
from layerview.errors import NotFoundError

if TYPE_CHECKING:
    from layerview.exploration.pair import ImagePair


def _diff_options(parser: Parser) -> None:
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("image2", metavar="IMAGE2", help="what to compare it with: the newer one")
    parser.add_argument("path", metavar="PATH", nargs="?", default="", help="only what is there (default: the root)")
    parser.add_argument("--times", action="store_true", help="also what differs in nothing but its time")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _diff(options: argparse.Namespace) -> int:
    from layerview.reports import Listing

    pair = pair_of(options)
    pair.run()
    assert pair.comparison, "a pair that has been compared has it"
    comparison = pair.comparison.with_times(options.times)
    try:
        listing = Listing(comparison, os.fsencode(options.path), recursive=True, changes=True)
    except NotFoundError:  # it may be in a layer that could not be read
        _tell_failures(pair, options)
        raise
    print_lines(listing.json() if options.json else listing.text())
    if not options.json and not options.path:
        print_lines(["", str(comparison)])
    return _tell_failures(pair, options)


def _tell_failures(pair: ImagePair, options: argparse.Namespace) -> int:
    """Of both images; the exit status."""
    return max(
        tell_failures(findings_from(exploration, options), options, name)
        for exploration, name in zip(pair.explorations, (options.image, options.image2), strict=True)
    )


DIFF = Command(
    "diff IMAGE IMAGE2 [PATH] [--times] [--json]", "list what differs between two images", _diff_options, _diff
)
