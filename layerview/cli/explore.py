"""``layerview IMAGE [IMAGE2]``: explore an image in the terminal, or compare two."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from layerview import garbage
from layerview.cli.command import Command, Parser
from layerview.cli.opening import add_dockerfile, exploration_of, pair_of, source_of
from layerview.cli.pulling import mean, offer, pullers_of
from layerview.errors import AmbiguousError, NotFoundError, ServiceError, UsageError
from layerview.interrupts import INTERRUPTED

if TYPE_CHECKING:
    from layerview.sources import Alternative, Source

_TERMINAL = "/dev/tty"
"""The terminal that this process was started in."""


def _explore(options: argparse.Namespace) -> int:
    if options.image2 is None:
        require_terminal(f"layerview report {options.image}")
        return show(options, options.image)
    if options.dockerfile is not None:
        raise UsageError("two images have no Dockerfile in common", "Give --dockerfile with one of them.")
    require_terminal(f"layerview diff {options.image} {options.image2}")
    return show_both(options)


def show_both(options: argparse.Namespace, chosen: bool = False) -> int:
    """Compare the two images that the options mean; ``chosen`` as for :func:`show`."""
    garbage.put_off()
    from layerview.tui.compare import compare

    pair = pair_of(options)
    _have_keys()
    return compare(pair, titles=(options.image, options.image2), chosen=chosen)


def show(options: argparse.Namespace, title: str, chosen: bool = False) -> int:
    """Explore the image that the options mean, called ``title`` until its name is known; the exit status.

    Raises Left where it was ``chosen`` from a list, and the reader does not want to go back there.
    """
    garbage.put_off()
    from layerview.tui.pull import pull

    if options.pull:
        _have_keys()
        opens = pull(pullers_of(options))
        if opens is None:
            return INTERRUPTED
        mean(options, opens)
    source = source_of(options, last_resort=False)  # which takes what is piped in, if that is the image
    _have_keys()
    try:
        return _show_from(source, options, title, chosen)
    except (NotFoundError, ServiceError) as error:
        offer(options, error)
    return _show_from(source_of(options), options, title, chosen)


def _show_from(source: Source, options: argparse.Namespace, title: str, chosen: bool) -> int:
    """Explore what the source has. Of several that may be meant the reader chooses one; and later on perhaps another."""
    from layerview.tui.explore import explore
    from layerview.tui.pick import pick

    alternatives: tuple[Alternative, ...] = ()
    while True:
        exploration = exploration_of(source, options, alternatives)
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


def require_terminal(instead: str) -> None:
    """Raises UsageError, which names what to run ``instead``, where no screen can be shown."""
    if not _is_in_terminal():
        raise UsageError("exploring an image needs a terminal", f"Without one: {instead}, or layerview ls, or history.")
    if not has_screen():
        raise UsageError("this terminal, TERM=dumb, can show no screen", f"Try {instead}, or layerview ls, or history.")


def _explore_options(parser: Parser) -> None:
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("image2", metavar="IMAGE2", nargs="?", help="what to compare it with: the newer one")
    add_dockerfile(parser)


EXPLORE = Command(
    "IMAGE [IMAGE2] [--dockerfile FILE]",
    "explore an image in the terminal; two: what changed between them",
    _explore_options,
    _explore,
)
