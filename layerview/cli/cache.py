"""``layerview cache``: what is kept of layers that were indexed."""

from __future__ import annotations

import argparse
import os
import sys

from layerview.cli.command import Command, Parser
from layerview.cli.opening import cache_of
from layerview.cli.streams import print_lines
from layerview.errors import InputError, NotFoundError
from layerview.text import escape, size


def _cache_options(parser: Parser) -> None:
    parser.add_argument("action", choices=("info", "clear"), nargs="?", default="info")


def _manage_cache(options: argparse.Namespace) -> int:
    cache = cache_of(argparse.Namespace(no_cache=False))
    if cache is None:
        raise NotFoundError("there is no folder for a cache", "Set HOME, or XDG_CACHE_HOME, to a folder's full path.")
    if options.action == "clear":
        print_lines([f"Freed {size(cache.clear())}."])
    else:
        usage = cache.usage()
        holds = f"{usage.files:,} files, {size(usage.bytes)} of {size(usage.limit)} at most"
        print_lines([f"folder  {escape(os.fsencode(usage.folder))}", f"holds   {holds}"])
    for complaint in cache.complaints:
        print(f"layerview: {escape(complaint)}", file=sys.stderr)
    return InputError.exit_status if cache.complaints else 0


CACHE = Command(
    "cache [info | clear]",
    "what is kept of layers that were indexed, or remove it",
    _cache_options,
    _manage_cache,
    pulls=False,
)
