"""Dockerfiles: their stages and instructions, and the lines that each stands in.

Read as https://docs.docker.com/reference/dockerfile/ has it, and leniently: whether a Dockerfile is right is the builder's to
say, so what makes no sense is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

# Compiled when they are first used: that takes 4 ms, and most runs have no Dockerfile.
_DIRECTIVE = r"#\s*([A-Za-z]\w*)\s*=\s*(\S+)\s*"
_WITH_HEREDOCS = frozenset(("ADD", "COPY", "RUN"))
_WORD = r"""(?s)(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\]|["'\\])+"""
_HEREDOC = r"""\d*<<(-?)(["']?)([^<"']+)\2"""
_FLAGS = r"(?:--[a-z][\w-]*(?:=\S*)?(?:\s+|$))*"
_FROM = r"(?i)(\S+)(?:\s+AS\s+(\S+))?\s*"
_VARIABLE = r"(?s)\\(.)|\$(?:(\w+)|\{(\w+)(?:(:?[-+?])((?:[^{}]|\{[^{}]*\})*))?\})"


class Lines(msgspec.Struct, frozen=True):
    """Lines of a file, from ``first`` to ``last``, counted from 1."""

    file: str
    """Its name, for people."""
    first: int
    last: int
    text: tuple[str, ...]
    """As they stand there."""

    @property
    def numbers(self) -> str:
        """``7``, or ``7-9``."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def __str__(self) -> str:
        return f"{self.file}:{self.numbers}"


class Heredoc(msgspec.Struct, frozen=True):
    """A file that is written out in the Dockerfile itself."""

    name: str
    content: str
    """With the tabs that ``<<-`` takes away."""


class Instruction(msgspec.Struct, frozen=True):
    """One instruction."""

    keyword: str
    """In capitals."""
    text: str
    """What follows, in one line: without comments between the lines, and without the flags in :attr:`flags`."""
    flags: str
    """``--from=base --chown=1:1``, or nothing."""
    lines: Lines
    heredocs: tuple[Heredoc, ...] = ()
    may_be_left_out: bool = False
    """Whether some builders do it, or ignore it, without a word in the history."""


class Stage(msgspec.Struct, frozen=True):
    """A FROM, and what follows up to the next one."""

    start: Instruction
    base: str
    """What it starts from: an image, or an earlier stage. As written, variables and all."""
    name: str
    """Empty for none."""
    instructions: tuple[Instruction, ...]


class Chain(msgspec.Struct, frozen=True):
    """All instructions that make an image: those of a stage, and before them those of the stages that it starts from."""

    start: Instruction
    """The FROM of the first of these stages, which names an image of elsewhere."""
    base: str
    """That image; ``scratch`` for none."""
    instructions: tuple[Instruction, ...]


class Dockerfile(msgspec.Struct, frozen=True):
    """A Dockerfile."""

    file: str
    """Its name, for people."""
    source: tuple[str, ...]
    """Its lines."""
    arguments: tuple[Instruction, ...]
    """The ARGs before the first stage."""
    stages: tuple[Stage, ...]

    @classmethod
    def parse(cls, text: str, file: str) -> Dockerfile:
        """Read the text of a Dockerfile, which people call ``file``."""
        arguments: list[Instruction] = []
        stages: list[tuple[Instruction, list[Instruction]]] = []
        source = tuple(line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n"))
        for instruction in _instructions(source, file):
            if instruction.keyword == "FROM":
                stages.append((instruction, []))
            else:
                (stages[-1][1] if stages else arguments).append(instruction)
        return cls(file, source, tuple(arguments), tuple(_stage(start, instructions) for start, instructions in stages))

    def lines(self, first: int, last: int) -> Lines:
        """These lines, counted from 1."""
        return Lines(self.file, first, last, self.source[first - 1 : last])

    def stages_called(self, target: str) -> Sequence[Stage]:
        """The stage that ``--target`` means, by its name or its number from 0; none where there is none."""
        named = [stage for stage in self.stages if stage.name.lower() == target.lower()]
        if not named and target.isascii() and target.isdigit():
            return self.stages[int(target) :][:1]
        return named[-1:]

    def chain(self, stage: Stage, values: Mapping[str, str]) -> Chain:
        """What makes the image of a stage; ``values`` are what the user gives for ARGs, and what the platform does."""
        known = self._values(values)
        at = self.stages.index(stage)
        instructions = stage.instructions
        start = stage.start
        while (below := self._below(at, known)) is not None:
            # A trigger fires in the stages that start from its own, not in those that start from these.
            base = self.stages[below]
            instructions = (*base.instructions, *_triggers(base), *instructions)
            at, start = below, base.start
        return Chain(start, expanded(self.stages[at].base, known), instructions)

    def _below(self, at: int, values: Mapping[str, str]) -> int | None:
        """The number of the stage that a stage starts from."""
        base = expanded(self.stages[at].base, values).lower()
        return next((below for below in reversed(range(at)) if self.stages[below].name.lower() == base != ""), None)

    def _values(self, given: Mapping[str, str]) -> Mapping[str, str]:
        known = dict(given)
        for argument in self.arguments:
            for word in re.findall(_WORD, argument.text) if argument.keyword == "ARG" else ():
                name, _, default = word.partition("=")
                known.setdefault(name, expanded(default, known).strip("\"'"))
        return known


def words(text: str) -> Sequence[str]:
    """The words of a line, with their quotes."""
    return re.findall(_WORD, text)


def heredoc(word: str) -> str:
    """The name of the heredoc that a word announces; empty for none."""
    found = re.fullmatch(_HEREDOC, word)
    return found[3] if found else ""


def expanded(text: str, values: Mapping[str, str]) -> str:
    """A text with the values in place of ``$NAME``, ``${NAME}``, ``${NAME:-default}`` and ``${NAME:+other}``."""

    def value(found: re.Match[str]) -> str:
        escaped, plain, name, operator, word = found.groups()
        if escaped is not None:
            return str(escaped)
        known = values.get(plain or name)
        is_set = known is not None and (bool(known) or ":" not in (operator or ""))
        if operator and "+" in operator:
            return expanded(word, values) if is_set else ""
        if operator and "-" in operator and not is_set:
            return expanded(word, values)
        return known or ""

    return re.sub(_VARIABLE, value, text)


def literals(text: str) -> Sequence[str]:
    """A text without its variables: what stands before the first, between each two, and behind the last."""
    pieces, end = [], 0
    for found in re.finditer(_VARIABLE, text):
        if found[1] is None:
            pieces.append(text[end : found.start()])
            end = found.end()
    return [*pieces, text[end:]]


def _stage(start: Instruction, instructions: Sequence[Instruction]) -> Stage:
    found = re.fullmatch(_FROM, start.text)
    base, name = (found[1], found[2] or "") if found else ("", "")
    return Stage(start, base, name, tuple(instructions))


def _triggers(stage: Stage) -> Iterator[Instruction]:
    """The instructions that a stage leaves to those that start from it."""
    for each in stage.instructions:
        if each.keyword == "ONBUILD":
            yield replace(_instruction(each.text, each.lines, each.heredocs), may_be_left_out=True)


def _instructions(lines: Sequence[str], file: str) -> Iterator[Instruction]:
    continued = _continued(lines)
    at = 0
    while at < len(lines):
        parts: list[str] = []
        first = end = at
        while at < len(lines):
            line, at = lines[at], at + 1
            if not line.strip() or line.lstrip().startswith("#"):  # may stand between the lines of an instruction, too
                if not parts:
                    first = at
                continue
            end = at
            found = continued.search(line)
            parts.append(line[: found.start()] if found else line)
            if not found:
                break
        if parts:
            text = "".join(parts).strip()
            heredocs, at = _heredocs(text, lines, at)
            end = at if heredocs else end
            yield _instruction(text, Lines(file, first + 1, end, tuple(lines[first:end])), heredocs)


def _instruction(text: str, lines: Lines, heredocs: tuple[Heredoc, ...]) -> Instruction:
    keyword, *rest = text.split(maxsplit=1) or [""]
    text = rest[0] if rest else ""
    flags = re.match(_FLAGS, text)
    assert flags, "it may be empty"
    keyword = keyword.upper()
    return Instruction(keyword, text[flags.end() :], flags[0].strip(), lines, heredocs, keyword == "ONBUILD")


def _continued(lines: Sequence[str]) -> re.Pattern[str]:
    """What ends a line that goes on in the next one: a backslash, unless a directive at the top says otherwise."""
    escape = "\\"
    for line in lines:
        found = re.fullmatch(_DIRECTIVE, line.strip())
        if found is None:
            break
        if found[1].lower() == "escape" and found[2] in ("\\", "`"):
            escape = found[2]
    return re.compile(rf"(?<!{re.escape(escape)}){re.escape(escape)}[ \t]*$")


def _heredocs(text: str, lines: Sequence[str], at: int) -> tuple[tuple[Heredoc, ...], int]:
    """The heredocs that an instruction announces, and the line behind them."""
    keyword, *rest = text.split(maxsplit=1)
    if keyword.upper() == "ONBUILD" and rest:
        return _heredocs(rest[0], lines, at)
    if keyword.upper() not in _WITH_HEREDOCS or not rest or "<<" not in rest[0]:
        return (), at
    heredocs = []
    for word in words(rest[0]):
        found = re.fullmatch(_HEREDOC, word)
        if found is None:
            continue
        end = at
        while end < len(lines) and (lines[end].lstrip("\t") if found[1] else lines[end]) != found[3]:
            end += 1
        if end == len(lines):  # it is none, or the builder will complain
            return (), at
        heredocs.append(Heredoc(found[3], "\n".join(lines[at:end])))
        at = end + 1
    return tuple(heredocs), at
