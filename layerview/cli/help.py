"""``layerview help``: what the program does, and what one of its commands takes."""

from __future__ import annotations

from layerview.cli.command import Asked, Command, Word, shown
from layerview.cli.commands import EXPLORE, NAMES, command, title
from layerview.cli.streams import print_lines
from layerview.cli.words import no_command

_ABOVE = """\
Show what is inside container images: layers, merged files, changes and wasted bytes.

  layerview
      choose an image from those of the engines at hand"""

_BELOW = """
IMAGE is a Docker archive or OCI layout (a file or a folder, or - for standard input), or an image of a local
engine or of a registry.

Options of all commands that open an image, before or behind them: --platform OS/ARCH, --source SOURCE, --pull,
--export, --records, --no-cache, --max-size SIZE, --verbose; of those with a screen, --keys dive.
layerview COMMAND --help tells more; layerview --version tells which version this is.
"""
_EXAMPLES = ("layerview app:1", "layerview ls app:1 etc --json")


class Help(Asked, frozen=True):
    """The command that help is wanted with; empty for all."""

    command: str


def print_help(name: str = "") -> None:
    """Of the command of this name, or of all."""
    if name == "build":
        from layerview.cli.build import print_help as print_help_for_build

        print_help_for_build()
    elif name:
        print_lines([command(name).parser(title(name)).format_help().rstrip()])
    else:
        commands = [command(each) for each in (EXPLORE, *NAMES)]
        print_lines(
            [
                _ABOVE,
                *(f"  layerview {each.usage}\n      {each.meaning}" for each in commands),
                _BELOW,
                shown(_EXAMPLES),
            ]
        )


def _help(asked: Help) -> int:
    if asked.command not in ("", *NAMES):
        raise no_command(asked.command)
    print_help(asked.command)
    return 0


COMMAND = Command(
    "help [COMMAND]",
    "tell what there is to ask, or what one command takes",
    Help,
    _help,
    ("layerview help ls",),
    [Word("command", "COMMAND", "?")],
    shared=("--verbose",),
)
