"""``layerview``: choose an image from those at hand, and come back for another."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from layerview.cli.explore import show, show_both
from layerview.errors import LayerviewError, UsageError

if TYPE_CHECKING:
    from layerview.tui.choose.choice import Choice


def can_choose() -> bool:
    """Whether there is a terminal to show a list on, and to take keys from."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)) and os.environ.get("TERM") != "dumb"


def choose_images(options: argparse.Namespace) -> int:
    """Show the images at hand, and do what the reader wants with them, until that is to end; the exit status."""
    from layerview.inquiry import Inquiry
    from layerview.sources.listing import engines
    from layerview.tui.choose import choose
    from layerview.tui.choose.catalog import Catalog
    from layerview.tui.choose.choice import Leave, Pull
    from layerview.tui.running import Left

    inquiry = Inquiry([engine for engine in engines() if options.source in (None, engine.name)])
    if options.source and not inquiry.names:
        raise UsageError(f"{options.source!r} lists no images", "Docker, Podman and containerd do, where they are.")
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
        if isinstance(choice, Pull):
            catalog.ask_again()


def _do(choice: Choice, options: argparse.Namespace) -> None:
    """What the reader wants, until they come back. Raises Left where they do not, and LayerviewError."""
    from layerview.tui.choose.choice import Compare, Open, Pull

    match choice:
        case Open(reference):
            show(_meaning(options, reference), reference, chosen=True)
        case Compare(reference, other):
            both = _meaning(options, reference)
            both.image2 = other
            show_both(both, chosen=True)
        case Pull(name, engine):
            wanted = _meaning(options, f"{engine}:{name}" if engine else name)
            wanted.pull = True
            show(wanted, name, chosen=True)


def _meaning(options: argparse.Namespace, image: str) -> argparse.Namespace:
    """The options, as if this image had been asked for."""
    return argparse.Namespace(**{**vars(options), "image": image, "source": None})
