"""``layerview IMAGE``: explore an image in the terminal."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from contextlib import suppress

from layerview.cli.command import Command, Parser
from layerview.cli.opening import add_dockerfile, exploration_of, source_of
from layerview.errors import UsageError

_TERMINAL = "/dev/tty"
"""The terminal that this process was started in."""


def _explore(options: argparse.Namespace) -> int:
    require_terminal(f"layerview report {options.image}")
    return show(options, options.image)


def show(options: argparse.Namespace, title: str) -> int:
    """Explore the image that the options mean, called ``title`` until its name is known; the exit status."""
    gc.disable()  # until there is a screen: nothing of what makes it is garbage, and looking for some takes 30 ms
    from layerview.tui import explore

    source = source_of(options)  # which takes what is piped in, if that is the image
    if not sys.stdin.isatty():
        _read_keys_from_terminal()
    return explore(exploration_of(source, options), title=title)


def _has_terminal() -> bool:
    """Whether there is one, whatever standard input is."""
    with suppress(OSError):
        os.close(os.open(_TERMINAL, os.O_RDWR))
        return True
    return False


def _read_keys_from_terminal() -> None:
    """Have the terminal in place of standard input."""
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
    add_dockerfile(parser)


EXPLORE = Command("IMAGE [--dockerfile FILE]", "explore an image in the terminal", _explore_options, _explore)
