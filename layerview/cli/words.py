"""The words of a command line, and what to say of those that make no sense."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from layerview.cli.command import Command, given
from layerview.cli.commands import EXPLORE, NAMES, command, title
from layerview.errors import LayerviewError, UsageError

_NAME = re.compile(r"[a-z-]{1,20}")
"""What a command may have been meant by: an image's name with a tag, a path or a scheme is none."""
_OPTION = re.compile(r"(?<!\S)--?[a-z][a-z-]*")
_ALIKE = 0.75
"""How much of a word is that of another one that was meant, at the least."""


def read(name: str, words: Sequence[str], behind: Sequence[str], options: argparse.Namespace) -> argparse.Namespace:
    """The shared ``options`` with all that the command called ``name`` is told. Raises UsageError.

    Its own options may stand anywhere among ``words``; those ``behind`` are no options, however they begin.
    """
    asked = command(name)
    for option in given(options):
        if option not in asked.shared:
            raise UsageError(f"{option} means nothing to {title(name)}", f"See {title(name)} --help.")
    options, left = asked.own(title(name)).parse_known_args(words, options)
    for word in left:
        if word.startswith("-") and word != "-":
            raise _no_option(word.partition("=")[0], name, words)
    if name == EXPLORE:
        _check_images(left)
    _assign(asked, [*left, *behind], options)
    return options


def no_command(word: str) -> UsageError:
    """To be raised where ``word`` stands for a command and is none."""
    near = nearest(word, NAMES)
    return UsageError(
        f"there is no command {word!r}",
        f"Did you mean layerview {near}?" if near else f"There are {', '.join(NAMES)}.",
    )


def may_be_command(word: str) -> bool:
    """Whether a word that is to be an image may have been meant as a command."""
    return _NAME.fullmatch(word) is not None and not Path(word).exists()


def misspelt(word: str) -> UsageError | None:
    """To be raised where ``word``, which is to be an image, rather is a command that is spelt otherwise."""
    near = nearest(word, NAMES) if may_be_command(word) else None
    if near is None:
        return None
    return UsageError(
        f"there is no command {word!r}", f"Did you mean layerview {near}? An image of that name is docker:{word}."
    )


def add_that_it_is_no_command(error: LayerviewError) -> None:
    """Have an error, which tells that the image of the first word is nowhere, say that it is no command either."""
    word, message = error.image, error.message
    if may_be_command(word):
        error.message = f"there is no command {word!r}, and {message[:1].lower()}{message[1:]}"
        error.hint = f"{error.hint} layerview help lists the commands.".lstrip()


def _assign(asked: Command[Any], words: Sequence[str], options: argparse.Namespace) -> None:
    """Each word that a command takes gets what was written for it."""
    left = list(words)
    for word in asked.words:
        if word.count == "*":
            setattr(options, word.name, tuple(left))
            left = []
        elif left or word.count == "?":
            setattr(options, word.name, left.pop(0) if left else "")
        else:
            raise UsageError(f"{word.shown} is missing", f"Write layerview {asked.usage}.")
    if left:
        raise UsageError(f"{left[0]!r} is a word too many", f"Write layerview {asked.usage}.")


def _check_images(words: Sequence[str]) -> None:
    """Raises UsageError where words that are to be images can only be meant otherwise."""
    for number, word in enumerate(words):
        if word in NAMES and not Path(word).exists():
            before = " ".join(words[:number])
            if not before:
                raise UsageError(
                    f"options of {word!r} stand behind it", f"Write layerview {word} and then the options."
                )
            raise UsageError(
                f"{before!r} stands before the command {word!r}",
                f"Write layerview {word} {before}, or docker:{word} for an image.",
            )
    first = words[0] if words else ""
    if len(words) > 1 and (error := misspelt(first)):
        raise error
    if len(words) > 2:
        what = f"there is no command {first!r}, and " if may_be_command(first) else ""
        raise UsageError(
            f"{words[2]!r} is a word too many: {what}two images at most are compared", "See layerview --help."
        )


def _no_option(option: str, name: str, words: Sequence[str]) -> UsageError:
    if name == EXPLORE and (behind := next((word for word in words if word in NAMES), None)):
        return UsageError(
            f"{option} stands before the command {behind!r}",
            f"Its own options stand behind it: see layerview {behind} --help.",
        )
    near = nearest(option, _OPTION.findall(command(name).parser(title(name)).format_help()))
    return UsageError(
        f"{title(name)} has no option {option}", f"Did you mean {near}?" if near else f"See {title(name)} --help."
    )


def nearest(word: str, names: Collection[str]) -> str | None:
    """The name that was probably meant; None where none is like the word."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, names, 1, _ALIKE)), None)
