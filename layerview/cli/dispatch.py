"""Reads the command line, then calls one function."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerview import __version__
from layerview.cli.streams import complain, discard_output, flush, prepare_streams, print_lines
from layerview.errors import InputError, LayerviewError, unexpected
from layerview.process import garbage
from layerview.process.interrupts import INTERRUPTED

if TYPE_CHECKING:
    import argparse

CUT_OFF = 141
"""Exit status where the reader of standard output has gone, as shells have it: 128 and the number of SIGPIPE."""


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
    if arguments == ["--version"]:  # at once, without what commands need
        return _tell_version()
    from layerview.cli.command import request_of, shared_options

    words, behind = _halves(arguments)
    if "build" in words:
        at = words.index("build")
        options, rest = shared_options().parse_known_args(words[:at])
        if not rest:
            options.arguments = arguments[at + 1 :]
            return _call("build", [], [], options)
    # The options that commands share may stand anywhere; the first of what is left is a command or an image.
    options, rest = shared_options().parse_known_args(words)
    if rest[:1] == ["--version"]:
        return _tell_version()
    if not rest and not behind:
        from layerview.cli.choose import can_choose, choose_images

        if can_choose():
            return choose_images(request_of(options))
        rest = ["--help"]
    return _do(rest, behind, options)


def _halves(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What stands before ``--``, and what stands behind it and is no option however it begins."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


def _do(rest: list[str], behind: list[str], options: argparse.Namespace) -> int:
    from layerview.cli.commands import EXPLORE, NAMES

    if rest[:1] in (["-h"], ["--help"]):
        return _help()
    name, words = (rest[0], rest[1:]) if rest and rest[0] in NAMES else (EXPLORE, rest)
    if not {"-h", "--help"}.isdisjoint(words):
        return _help(name)
    return _call(name, words, behind, options)


def _call(name: str, words: list[str], behind: list[str], options: argparse.Namespace) -> int:
    from layerview.cli.commands import EXPLORE, command
    from layerview.cli.words import add_that_it_is_no_command, read

    asked = read(name, words, behind, options)
    try:
        return command(name).call(asked)
    except LayerviewError as error:
        if error.image:
            from layerview.cli.meant import advise

            advise(error, asked.source)
            if name == EXPLORE and error.image == asked.image and not asked.source:
                add_that_it_is_no_command(error)
        raise


def _help(name: str = "") -> int:
    from layerview.cli.help import print_help

    print_help(name)
    return 0


def _tell_version() -> int:
    print_lines([f"layerview {__version__}"])
    return 0
