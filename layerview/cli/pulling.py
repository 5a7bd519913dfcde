"""``--pull``, and the question whether to pull an image that no engine has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

from msgspec.structs import replace

from layerview.errors import LayerviewError, NotFoundError, UsageError
from layerview.text import duration, escape, size

if TYPE_CHECKING:
    from layerview.cli.request import Request
    from layerview.sources.pulling import LayerPull, Puller

_PAUSE = 5
"""Seconds between two lines that tell how far it is."""


def pullers_of(request: Request) -> Sequence[Puller]:
    """The engines that may pull the image that is asked for. Raises UsageError where that is nothing to be pulled."""
    from layerview.sources.pullers import pullers

    return pullers(request.reference, source=request.source, platform=request.platform)


def pull_first(request: Request) -> Request:
    """Have an engine pull the image; what opens that one. Tells how far it is. Raises LayerviewError."""
    from layerview.sources.pullers import first_that_answers, pulled_by
    from layerview.sources.pulling import Stop
    from layerview.sources.tally import Tally

    puller = first_that_answers(pullers_of(request))
    name, tally, began = escape(puller.reference.familiar), Tally(), monotonic()
    is_followed, told_at = sys.stderr.isatty(), began
    if is_followed:
        print(f"{puller.the} pulls {name}".removeprefix("the "), file=sys.stderr)

    def tell(layer: LayerPull) -> None:
        nonlocal told_at
        tally.take(layer)
        if is_followed and monotonic() - told_at >= _PAUSE:
            told_at = monotonic()
            print(", ".join(tally.figures().words), file=sys.stderr)

    puller.pull(tell, Stop())
    figures, elapsed = tally.figures(), duration(monotonic() - began)
    print(f"layerview: {puller.the} pulled {name}: {size(figures.fetched)} in {elapsed}", file=sys.stderr)
    return pulled(request, pulled_by(puller))


def pulled(request: Request, opens: str) -> Request:
    """The same of this image, which is there by now."""
    return replace(request, reference=opens, source=None, pull=False)


def offer(request: Request, error: LayerviewError, chosen: bool = False) -> Request:
    """Ask whether to pull an image that is not there, perhaps ``chosen`` from a list; what is to be opened then.

    Raises ``error``, which told that, where nothing is to be opened or nothing can be pulled.
    """
    from layerview.sources.opening import place_and_name
    from layerview.tui.pull import pull

    try:
        place, _ = place_and_name(request.reference, request.source)
        candidates = pullers_of(request)
    except UsageError:
        raise error from None
    if place and not isinstance(error, NotFoundError):
        raise error
    opens = pull(candidates, ask=True, registry=not place, why=error.message, chosen=chosen)
    if opens is None:
        raise error
    return pulled(request, opens)
