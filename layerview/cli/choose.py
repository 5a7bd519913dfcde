"""``layerview``: choose an image from those at hand, and come back for another."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from layerview.cli.command import refuse_pull
from layerview.cli.explore import show, show_both
from layerview.errors import LayerviewError, UsageError
from layerview.tui.wishes import wishes

if TYPE_CHECKING:
    from layerview.cli.request import Request
    from layerview.tui.choose.choice import Choice


def can_choose() -> bool:
    """Whether there is a terminal to show a list on, and to take keys from."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)) and os.environ.get("TERM") != "dumb"


def choose_images(request: Request) -> int:
    """Show the images at hand, and do what the reader wants with them, until that is to end; the exit status."""
    from layerview.inquiry import Inquiry
    from layerview.sources.listing import engines
    from layerview.tui.choose import choose
    from layerview.tui.choose.catalog import Catalog
    from layerview.tui.choose.choice import Leave, Pull
    from layerview.tui.running import Left

    refuse_pull(request)
    wishes().keys = request.keys
    inquiry = Inquiry([engine for engine in engines() if request.source in (None, engine.name)])
    if request.source and not inquiry.names:
        raise UsageError(f"{request.source!r} lists no images", "Docker, Podman and containerd do, where they are.")
    catalog = Catalog(inquiry.names)
    error: LayerviewError | None = None
    while True:
        choice = choose(catalog, inquiry, error=error)
        if isinstance(choice, Leave):
            return choice.status
        try:
            _do(choice, request)
        except Left as left:
            return left.status
        except LayerviewError as failed:
            error = failed
        else:
            error = None
        if isinstance(choice, Pull):
            catalog.ask_again()


def _do(choice: Choice, request: Request) -> None:
    """What the reader wants, until they come back. Raises Left where they do not, and LayerviewError."""
    from layerview.tui.choose.choice import Compare, Open, Pull

    match choice:
        case Open(reference):
            show(replace(request, reference=reference, source=None), reference, chosen=True)
        case Compare(reference, other):
            show_both(replace(request, reference=reference, source=None), other, chosen=True)
        case Pull(name, engine):
            opens = f"{engine}:{name}" if engine else name
            show(replace(request, reference=opens, source=None, pull=True), name, chosen=True)
