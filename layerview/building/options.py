"""What has to be known of the options of ``docker build``, all of which are handed on as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

_WITHOUT_VALUE = """
all-platforms check compress created-annotation debug disable-compression disable-content-trust force-rm help http-proxy
identity-label inherit-annotations inherit-labels layers load no-cache no-hostname no-hosts omit-history pull pull-always
pull-never push quiet rewrite-timestamp rm save-stages skip-unused-stages squash squash-all stdin stream tls-verify
"""
"""Options of Docker, Buildx, Podman and Buildah that take no value; all others take the next word, unless they have a ``=``."""
_SWITCHES = frozenset(_WITHOUT_VALUE.split())
_SHORT_SWITCHES = frozenset("Dhq")
_NAMES = {"D": "debug", "f": "file", "h": "help", "o": "output", "q": "quiet", "t": "tag"}
_QUESTIONS = frozenset(("call", "check", "help", "print"))
"""Options by which nothing is built."""
_ELSEWHERE = ("://", "git@", "github.com/")
_STANDARD_INPUT = "-"


class BuildOptions(msgspec.Struct):
    """What a builder is asked for."""

    contexts: list[str] = msgspec.field(default_factory=list)
    """The words that are no options."""
    values: dict[str, list[str]] = msgspec.field(default_factory=dict)
    """What each option is given, by its long name."""

    @classmethod
    def read(cls, arguments: Sequence[str]) -> BuildOptions:
        """As the builders read their command line."""
        options = cls()
        for name, value in _read(list(arguments)):
            (options.values.setdefault(name, []) if name else options.contexts).append(value)
        return options

    def last(self, name: str) -> str:
        """What an option was given last; empty for nothing."""
        return self.values.get(name, [""])[-1]

    def is_on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.last(name).lower() in ("true", "1", "t")

    @property
    def asks_only(self) -> bool:
        """Whether nothing is to be built."""
        return not _QUESTIONS.isdisjoint(self.values)

    @property
    def platforms(self) -> Sequence[str]:
        return [each for value in self.values.get("platform", ()) for each in value.split(",") if each]

    @property
    def says_where_to(self) -> bool:
        """Whether the user has said where the image goes."""
        return not self.values.keys().isdisjoint(("load", "output", "push"))

    @property
    def leaves_image(self) -> bool:
        """Whether the image is to be with the engine in the end."""
        outputs = self.values.get("output", ())
        if outputs:
            return any(map(_stays, outputs)) or self.is_on("load")
        return not self.is_on("push") or self.is_on("load")

    @property
    def arguments(self) -> dict[str, str]:
        """The values of ARGs; what comes from the environment is not among them."""
        pairs = (each.partition("=") for each in self.values.get("build-arg", ()))
        return {name: value for name, equals, value in pairs if equals}

    @property
    def reads_standard_input(self) -> bool:
        """Whether the context or the Dockerfile is piped in."""
        return _STANDARD_INPUT in (self._context, *self.values.get("file", ()))

    @property
    def _context(self) -> str:
        return self.contexts[-1] if self.contexts else "."

    def dockerfile(self, names: Sequence[str]) -> Path | None:
        """The Dockerfile, one of ``names`` in the context unless told; None where it is not a single file that is at hand."""
        files, context = self.values.get("file", []), self._context
        if len(files) > 1 or self.reads_standard_input or any(mark in context for mark in _ELSEWHERE):
            return None
        paths = [Path(files[0]), Path(context, files[0])] if files else [Path(context, name) for name in names]
        return next((path for path in paths if path.is_file()), None)


def _read(words: list[str]) -> Iterator[tuple[str, str]]:
    """Each option with its value, and each word that is none with an empty name."""
    words.reverse()
    while words:
        word = words.pop()
        if word == "--":
            yield from (("", rest) for rest in reversed(words))
            return
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            yield name, value if equals else "true" if name in _SWITCHES else words.pop() if words else ""
        elif word.startswith("-") and word != _STANDARD_INPUT:
            letters = word[1:]
            while letters[:1] in _SHORT_SWITCHES and letters[1:2] != "=":
                yield _NAMES[letters[0]], "true"
                letters = letters[1:]
            if letters:
                value = letters[1:].removeprefix("=")
                yield _NAMES.get(letters[0], letters[0]), value or (words.pop() if words else "")
        else:
            yield "", word


def _stays(output: str) -> bool:
    """Whether what an output writes is an image with the engine."""
    fields = dict(part.partition("=")[::2] for part in output.split(","))
    return fields.get("type") == "image" or (fields.get("type") == "docker" and "dest" not in fields)
