"""``layerview ls``: list what an image holds."""

from __future__ import annotations

import argparse
import os

from layerview.cli.command import Command, Parser, layer_number
from layerview.cli.opening import findings_of, tell_failures
from layerview.cli.streams import print_lines
from layerview.errors import NotFoundError


def _ls_options(parser: Parser) -> None:
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("path", metavar="PATH", nargs="?", default="", help="what to list (default: the root)")
    parser.add_argument("-r", "--recursive", action="store_true", help="the path itself and all below it")
    state = parser.add_mutually_exclusive_group()
    state.add_argument(
        "--layer", metavar="N", type=layer_number, help="as of this layer, counted from 1 (default: the last)"
    )
    state.add_argument("--changes", metavar="N", type=layer_number, help="only what this layer changed")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _ls(options: argparse.Namespace) -> int:
    from layerview.filesystem import Comparison
    from layerview.reports import Listing

    findings = findings_of(options)
    layers = findings.stack.layers
    at = options.layer or options.changes or layers
    if at > layers:
        raise NotFoundError(f"there is no layer {at}", f"The image has {layers} layers; layerview history lists them.")
    changes = options.changes is not None
    comparison = Comparison(findings.stack, at - 1 if changes else 0, at)
    try:
        listing = Listing(comparison, os.fsencode(options.path), recursive=options.recursive, changes=changes)
    except NotFoundError:  # it may be in a layer that could not be read
        tell_failures(findings, options)
        raise
    print_lines(listing.json() if options.json else listing.text())
    return tell_failures(findings, options)


LS = Command("ls IMAGE [PATH] [-r] [--layer N | --changes N] [--json]", "list what an image holds", _ls_options, _ls)
