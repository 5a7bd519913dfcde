"""``layerview IMAGE [IMAGE2]``: explore an image in the terminal, or compare two."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from layerview.cli.command import SHARED, Asked, Command, Word
from layerview.cli.opening import add_dockerfile, exploration_of, pair_of, source_of
from layerview.cli.pulling import offer, pulled, pullers_of
from layerview.cli.words import may_be_command, misspelt
from layerview.errors import AmbiguousError, NotFoundError, ServiceError, UsageError
from layerview.process import garbage
from layerview.process.interrupts import INTERRUPTED
from layerview.tui.wishes import wishes

if TYPE_CHECKING:
    from layerview.cli.request import Request
    from layerview.sources import Alternative, Source

_TERMINAL = "/dev/tty"
"""The terminal that this process was started in."""


class Explore(Asked, frozen=True):
    """What the image is to be compared with, if anything."""

    image2: str


def _explore(asked: Explore) -> int:
    request = asked.request
    if not asked.image2:
        if not has_screen() and (error := misspelt(request.reference)):
            raise error
        require_terminal(shlex.join(("layerview", "report", request.reference)), request.reference)
        return show(request, request.reference)
    if request.recipe is not None:
        raise UsageError("two images have no Dockerfile in common", "Give --dockerfile with one of them.")
    require_terminal(shlex.join(("layerview", "diff", request.reference, asked.image2)), request.reference)
    return show_both(request, asked.image2)


def show_both(request: Request, other: str, chosen: bool = False) -> int:
    """Compare the image that is asked for with the ``other``; ``chosen`` as for :func:`show`."""
    garbage.put_off()
    from layerview.tui.compare import compare

    wishes().keys = request.keys
    pair = pair_of(request, other)
    _have_keys()
    return compare(pair, titles=(request.reference, other), chosen=chosen)


def show(request: Request, title: str, chosen: bool = False) -> int:
    """Explore the image that is asked for, called ``title`` until its name is known; the exit status.

    Raises Left where it was ``chosen`` from a list, and the reader does not want to go back there.
    """
    garbage.put_off()
    from layerview.tui.pull import pull

    wishes().keys = request.keys
    if request.pull:
        _have_keys()
        opens = pull(pullers_of(request), chosen=chosen)
        if opens is None:
            return INTERRUPTED
        request = pulled(request, opens)
    source = source_of(request, last_resort=False)  # which takes what is piped in, if that is the image
    _have_keys()
    try:
        return _show_from(source, request, title, chosen)
    except (NotFoundError, ServiceError) as error:
        request = offer(request, error, chosen)
    return _show_from(source_of(request), request, title, chosen)


def _show_from(source: Source, request: Request, title: str, chosen: bool) -> int:
    """Explore what the source has. Of several that may be meant the reader chooses one; and later on perhaps another."""
    from layerview.tui.explore import explore
    from layerview.tui.pick import pick

    alternatives: tuple[Alternative, ...] = ()
    while True:
        exploration = exploration_of(source, request, alternatives)
        try:
            outcome = explore(exploration, title=title, chosen=chosen)
        except AmbiguousError:
            if not exploration.alternatives:
                raise
            outcome = pick([each for each in exploration.alternatives if each.meant], title=title, chosen=chosen)
        if isinstance(outcome, int):
            return outcome
        alternatives = tuple(replace(each, meant=each is outcome) for each in exploration.alternatives)
        source = outcome.open()


def _has_terminal() -> bool:
    """Whether there is one, whatever standard input is."""
    with suppress(OSError):
        os.close(os.open(_TERMINAL, os.O_RDWR))
        return True
    return False


def _have_keys() -> None:
    """Have the terminal in place of a standard input that is none."""
    if not sys.stdin.isatty():
        terminal = os.open(_TERMINAL, os.O_RDWR)
        os.dup2(terminal, 0)
        os.close(terminal)


def has_screen() -> bool:
    """Whether an image can be explored here."""
    return _is_in_terminal() and os.environ.get("TERM") != "dumb"


def _is_in_terminal() -> bool:
    return sys.stdout.isatty() and sys.stderr.isatty() and (sys.stdin.isatty() or _has_terminal())


def require_terminal(instead: str, word: str = "") -> None:
    """Raises UsageError, which names what to run ``instead``, where no screen can be shown. ``word`` may be no image."""
    if not _is_in_terminal():
        what = f"there is no command {word!r}, and " if may_be_command(word) else ""
        raise UsageError(
            f"{what}exploring an image needs a terminal", f"Without one: {instead}, or layerview ls, or history."
        )
    if not has_screen():
        raise UsageError("this terminal, TERM=dumb, can show no screen", f"Try {instead}, or layerview ls, or history.")


COMMAND = Command(
    "IMAGE [IMAGE2] [--dockerfile FILE]",
    "explore an image in the terminal; two: what changed between them",
    Explore,
    _explore,
    (
        "layerview app:1 --dockerfile Dockerfile",
        "layerview app:1 app:2",
    ),
    (Word("image", "IMAGE"), Word("image2", "IMAGE2", "?", "what to compare it with: the newer one")),
    add_dockerfile,
    SHARED,
)
