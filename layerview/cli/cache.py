"""``layerview cache``: what is kept of layers that were indexed."""

from __future__ import annotations

import os
import sys

from layerview.cli.command import Asked, Command, Word
from layerview.cli.opening import cache_of
from layerview.cli.streams import print_lines
from layerview.errors import InputError, NotFoundError, UsageError
from layerview.text import escape, size


class ManageCache(Asked, frozen=True):
    """What to do with the cache: ``info``, as with nothing, or ``clear``."""

    action: str


def _manage_cache(asked: ManageCache) -> int:
    if asked.action not in ("", "info", "clear"):
        raise UsageError(f"there is no {asked.action!r} of the cache", "There are info and clear.")
    cache = cache_of(asked.request)
    if cache is None:
        raise NotFoundError("there is no folder for a cache", "Set HOME, or XDG_CACHE_HOME, to a folder's full path.")
    if asked.action == "clear":
        print_lines([f"Freed {size(cache.clear())}."])
    else:
        usage = cache.usage()
        holds = f"{usage.files:,} files, {size(usage.bytes)} of {size(usage.limit)} at most"
        print_lines([f"folder  {escape(os.fsencode(usage.folder))}", f"holds   {holds}"])
    for complaint in cache.complaints:
        print(f"layerview: {escape(complaint)}", file=sys.stderr)
    return InputError.exit_status if cache.complaints else 0


COMMAND = Command(
    "cache [info | clear]",
    "what is kept of layers that were indexed, or remove it",
    ManageCache,
    _manage_cache,
    (
        "layerview cache",
        "layerview cache clear",
    ),
    (Word("action", "info|clear", "?"),),
    shared=("--verbose",),
)
