"""What a command is: its words, its options, and those that it shares with others."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, Literal, NoReturn, TypeVar

import msgspec
from msgspec.structs import fields

from layerview.cli.request import Recipe, Request
from layerview.errors import UsageError
from layerview.text import bytes_in
from layerview.tui.wishes import STYLES


def layer_number(text: str) -> int:
    """A layer's number, from 1."""
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no layer; they are counted from 1")


def number_of_files(text: str) -> int:
    """How many files, 1 or more."""
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of files")


def size_in_bytes(text: str) -> int:
    """A size in bytes, as people write it: 500MB, 2TB, 1.5GB, 1GiB."""
    bytes_ = bytes_in(text)
    if not bytes_:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 500MB, 1.5GB or 2TB")
    return bytes_


_SHARED: dict[str, dict[str, Any]] = {
    "--platform": {"metavar": "OS/ARCH", "help": "which of an image's platforms"},
    "--source": {"metavar": "SOURCE", "help": "where the image is: docker, registry, oci …"},
    "--pull": {"action": "store_true", "help": "have the engine pull the image first, there or not"},
    "--export": {"action": "store_true", "help": "have the engine export it, instead of its records"},
    "--records": {"action": "store_true", "help": "read the engine's records even where it is not local"},
    "--no-cache": {"action": "store_true", "help": "neither read nor keep what was indexed"},
    "--max-size": {
        "metavar": "SIZE",
        "type": size_in_bytes,
        "help": "what one layer may unpack to (default: 200GB)",
    },
    "--keys": {"metavar": "STYLE", "choices": STYLES, "help": "dive: its keys, where this has others"},
    "--verbose": {"action": "store_true", "help": "tell what was odd, and where an error came from"},
}
_WAYS = ("--export", "--records")
"""Of which one excludes the other."""
SHARED = frozenset(_SHARED)
"""Options that commands share; they stand before or behind the command."""
SCREENLESS = SHARED - {"--keys"}
"""Those of commands that have no screen."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process, takes no abbreviations, and has no colours."""

    def __init__(self, **how: Any) -> None:
        super().__init__(allow_abbrev=False, **how)
        self.color = False  # which it has since Python 3.14

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"See {self.prog} --help.")


class Word(msgspec.Struct, frozen=True):
    """A word of a command that is no option."""

    name: str
    """Of the field that it goes to."""
    shown: str
    """Such as "IMAGE"."""
    count: Literal["1", "?", "*"] = "1"
    """How many of them there are; of ``*`` there is a tuple, and one that is left out is empty."""
    help: str | None = None


class Asked(msgspec.Struct, frozen=True):
    """What a command is asked. Each has fields more, one for each of its own words and options."""

    request: Request


A = TypeVar("A", bound=Asked)


class Command(msgspec.Struct, Generic[A], frozen=True):
    """What can be asked of the program."""

    usage: str
    meaning: str
    """In one sentence, without a full stop."""
    asked: type[A]
    run: Callable[[A], int]
    """Do it; the exit status. Raises LayerviewError."""
    examples: Sequence[str]
    """Lines for a shell."""
    words: Sequence[Word] = ()
    options: Callable[[Parser], object] = lambda parser: None
    """Declares its own."""
    shared: Collection[str] = SCREENLESS
    """Those of the shared options that mean something to it."""

    def parser(self, title: str) -> Parser:
        """All that it takes, as its help tells: what is its own first; ``title`` is how it is called."""
        words = Parser(add_help=False)
        for word in self.words:
            words.add_argument(
                word.name, metavar=word.shown, nargs=None if word.count == "1" else word.count, help=word.help
            )
        parser = Parser(
            prog=title,
            usage=f"layerview {self.usage}",
            description=self.meaning,
            epilog=shown(self.examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[words, self.own(title)],
        )
        shared = parser.add_argument_group("shared options, before or behind the command")
        for name, how in _SHARED.items():
            if name in self.shared:
                shared.add_argument(name, **how)
        return parser

    def own(self, title: str) -> Parser:
        """Its own options."""
        parser = Parser(prog=title, add_help=False)
        self.options(parser)
        return parser

    def call(self, options: argparse.Namespace) -> int:
        """Run it with what the command line says, which ends here."""
        own = {field.name: getattr(options, field.name) for field in fields(self.asked) if field.name != "request"}
        return self.run(self.asked(request=request_of(options), **own))


def shown(examples: Sequence[str]) -> str:
    """The end of a help."""
    return "\n  ".join(("examples:", *examples))


def shared_options() -> Parser:
    """The options that commands share."""
    parser = Parser(prog="layerview", add_help=False)
    ways = parser.add_mutually_exclusive_group()
    for name, how in _SHARED.items():
        (ways if name in _WAYS else parser).add_argument(name, **how)
    return parser


def given(options: argparse.Namespace) -> list[str]:
    """The shared options that are among these."""
    return [name for name in _SHARED if getattr(options, name[2:].replace("-", "_"))]


def request_of(options: argparse.Namespace) -> Request:
    """What the command line asks for."""
    dockerfile = getattr(options, "dockerfile", None)
    return Request(
        reference=getattr(options, "image", ""),
        source=options.source,
        platform=options.platform,
        pull=options.pull,
        records=False if options.export else True if options.records else None,
        max_size=options.max_size,
        cache=not options.no_cache,
        verbose=options.verbose,
        keys=options.keys or "",
        recipe=None if dockerfile is None else Recipe(dockerfile),
    )


def refuse_pull(request: Request) -> None:
    """Raises UsageError where ``--pull`` stands by what opens no image that could be pulled."""
    if request.pull:
        raise UsageError("there is nothing here that --pull could pull", "It goes with the name of an image.")
