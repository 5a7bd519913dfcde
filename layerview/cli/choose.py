"""``layerview``: choose an image from those at hand, and come back for another."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from layerview.cli.explore import show
from layerview.errors import LayerviewError, UsageError

if TYPE_CHECKING:
    from layerview.tui import Choice


def can_choose() -> bool:
    """Whether there is a terminal to show a list on, and to take keys from."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)) and os.environ.get("TERM") != "dumb"


def choose_images(options: argparse.Namespace) -> int:
    """Show the images at hand, and do what the reader wants with them, until that is to end; the exit status."""
    from layerview.inquiry import Inquiry
    from layerview.sources.listing import engines
    from layerview.tui import Catalog, Leave, Left, choose

    inquiry = Inquiry([engine for engine in engines() if options.source in (None, engine.name)])
    if options.source and not inquiry.names:
        raise UsageError(f"{options.source!r} lists no images", "Engines that may be here do.")
    catalog = Catalog(inquiry.names)
    error: LayerviewError | None = None
    while True:
        choice = choose(catalog, inquiry, error=error)
        if isinstance(choice, Leave):
            return choice.status
        try:
            _do(choice, options)
        except Left as left:
            return left.status
        except LayerviewError as failed:
            error = failed
        else:
            error = None


def _do(choice: Choice, options: argparse.Namespace) -> None:
    """What the reader wants, until they come back. Raises Left where they do not, and LayerviewError."""
    from layerview.tui import Compare, Open, Pull

    match choice:
        case Open(reference):
            _open(reference, options)
        case Pull(name, engine):
            _open(f"{engine}:{name}" if engine else name, options)
        case Compare():
            pass


def _open(reference: str, options: argparse.Namespace) -> None:
    show(argparse.Namespace(**{**vars(options), "image": reference, "source": None}), reference, chosen=True)
