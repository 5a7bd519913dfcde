"""The commands by their names; each is imported when it is asked for, from the file of its name."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from layerview.cli.command import Command

NAMES = ("build", "ls", "diff", "history", "report", "shared", "cache", "demo", "help")
"""What begins with none of them is explored."""
EXPLORE = "explore"
"""The command that has no name."""


def command(name: str) -> Command[Any]:
    """One of :data:`NAMES`, or :data:`EXPLORE`."""
    found: Command[Any] = import_module(f"layerview.cli.{name}").COMMAND
    return found


def title(name: str) -> str:
    """How one of them is called."""
    return "layerview" if name == EXPLORE else f"layerview {name}"
