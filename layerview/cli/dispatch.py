"""Reads the command line, then calls one function."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from layerview import __version__, garbage
from layerview.cli.build import BUILD
from layerview.cli.cache import CACHE
from layerview.cli.choose import can_choose, choose_images
from layerview.cli.command import Command, Parser, common, refuse_pull
from layerview.cli.demo import DEMO
from layerview.cli.diff import DIFF
from layerview.cli.explore import EXPLORE
from layerview.cli.history import HISTORY
from layerview.cli.ls import LS
from layerview.cli.report import REPORT
from layerview.cli.shared import SHARED
from layerview.cli.streams import complain, discard_output, flush, prepare_streams, print_lines
from layerview.errors import InputError, LayerviewError, unexpected
from layerview.interrupts import INTERRUPTED

COMMANDS = {
    "build": BUILD,
    "ls": LS,
    "diff": DIFF,
    "history": HISTORY,
    "report": REPORT,
    "shared": SHARED,
    "cache": CACHE,
    "demo": DEMO,
}
"""By their names; what begins with none of them is explored."""
CUT_OFF = 141
"""Exit status where the reader of standard output has gone, likewise."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run layerview with these arguments, those of the process unless told; the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        prepare_streams()
        status = _run(list(arguments))
        flush()
    except BrokenPipeError:
        discard_output()
        return CUT_OFF
    except KeyboardInterrupt:
        return INTERRUPTED
    except LayerviewError as error:
        complain(error, "--verbose" in arguments)
        return error.exit_status
    except Exception as error:  # noqa: BLE001  the last resort: no traceback without --verbose
        complain(unexpected(error), "--verbose" in arguments)
        return InputError.exit_status
    finally:
        garbage.collect()  # whoever has called this is not at its end
    return status


def _run(arguments: list[str]) -> int:
    if (handed_on := _for_builder(arguments)) is not None:
        return _call(BUILD, handed_on)
    # The options that all commands share may stand anywhere; the first of what is left is a command or an image.
    options, rest = common().parse_known_args(arguments)
    if rest[:1] == ["--version"]:
        print_lines([f"layerview {__version__}"])
        return 0
    if not rest and can_choose():
        refuse_pull(options)
        return choose_images(options)
    if not rest or rest[0] in ("-h", "--help"):
        print_lines([_help()])
        return 0
    name = rest.pop(0) if rest[0] in COMMANDS else ""
    command = COMMANDS[name] if name else EXPLORE
    parser = Parser(
        prog=f"layerview {name}".rstrip(),
        usage=f"layerview {command.usage}",
        description=command.meaning,
        parents=[common()],
        allow_abbrev=False,
    )
    command.options(parser)
    try:
        parser.parse_args(rest, options)
    except SystemExit:  # --help; its text is not out yet
        return 0
    return _call(command, options)


def _call(command: Command, options: argparse.Namespace) -> int:
    if not command.pulls:
        refuse_pull(options)
    return command.run(options)


def _for_builder(arguments: list[str]) -> argparse.Namespace | None:
    """The options before ``build``, with all that stands behind it; None where another command is meant."""
    if "build" not in arguments:
        return None
    at = arguments.index("build")
    options, rest = common().parse_known_args(arguments[:at])
    options.arguments = arguments[at + 1 :]
    return None if rest else options


def _help() -> str:
    commands = [EXPLORE, *COMMANDS.values()]
    return "\n".join(
        [
            "Show what is inside container images: layers, merged files, changes and wasted bytes.",
            "",
            "  layerview",
            "      choose an image from those of the engines at hand",
            *(f"  layerview {command.usage}\n      {command.meaning}" for command in commands),
            "",
            "IMAGE is a Docker archive or OCI layout (a file or a folder, or - for standard input), or an image of a local",
            "engine or of a registry.",
            "",
            "Options of all commands, before or after them: --platform OS/ARCH, --source SOURCE, --pull,",
            "--no-cache, --export, --records, --max-size SIZE, --verbose.",
            "layerview COMMAND --help tells more; layerview --version tells which version this is.",
        ]
    )
