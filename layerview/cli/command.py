"""What a command is, and the options that all of them have."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from layerview.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"See {self.prog} --help.")


@dataclass(frozen=True)
class Command:
    """What can be asked of the program."""

    usage: str
    meaning: str
    """In one sentence, without a full stop."""
    options: Callable[[Parser], object]
    run: Callable[[argparse.Namespace], int]
    pulls: bool = True
    """Whether it opens images by name, which can be pulled before."""


def common() -> Parser:
    """The options that all commands have, before or after them."""
    parser = Parser(prog="layerview", add_help=False, allow_abbrev=False)
    parser.add_argument("--platform", metavar="OS/ARCH[/VARIANT]", help="which of an image's platforms")
    parser.add_argument("--source", metavar="SOURCE", help="where the image is: docker, registry, oci …")
    parser.add_argument("--pull", action="store_true", help="have the engine pull the image first, there or not")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor keep what was indexed")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--export", action="store_true", help="have the engine export the image, instead of its records")
    way.add_argument("--records", action="store_true", help="read the engine's records even where it is not local")
    parser.add_argument(
        "--max-size",
        metavar="SIZE",
        type=size_in_bytes,
        help="what one compressed layer may unpack to (default: 200GB)",
    )
    parser.add_argument("--verbose", action="store_true", help="tell what was odd, and where an error came from")
    return parser


def refuse_pull(options: argparse.Namespace) -> None:
    """Raises UsageError where ``--pull`` stands by what opens no image that could be pulled."""
    if options.pull:
        raise UsageError("there is nothing here that --pull could pull", "It goes with the name of an image.")


def layer_number(text: str) -> int:
    """A layer's number, from 1."""
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no layer; they are counted from 1")


def size_in_bytes(text: str) -> int:
    """A size in bytes, as people write it: 500MB, 2TB, 1GiB."""
    found = re.fullmatch(r"(\d{1,15})\s*(?:([kMGTP]?)(i?)B?)?", text, re.ASCII | re.IGNORECASE)
    if found is None or not (number := int(found[1])):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 500MB or 2TB")
    factor: int = (1024 if found[3] else 1000) ** " kmgtp".index((found[2] or " ").lower())
    return number * factor
