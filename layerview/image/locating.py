"""Which lines of a Dockerfile each step of an image's history comes from.

Builders record what they did, each in its own way, and not where it was written. So the history is compared with the
instructions of a stage from the last one backwards, up to where the two part: from there on nothing is named, since a
wrong line is worse than none.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from layerview.image.config import HistoryEntry
from layerview.image.dockerfile import Chain, Dockerfile, Instruction, Lines, heredoc, literals, words
from layerview.image.instruction import command_line
from layerview.image.model import Image
from layerview.image.platform import Platform

_NOISE = re.compile(r"[\s\"'`\\\[\],=]+")
"""What builders add, leave out or write otherwise: blanks, quotes, the signs of lists."""
_COPIED = re.compile(r"(?:ADD|COPY) .*?(?:file|dir|multi):[0-9a-f]{12,64} in (.*)", re.DOTALL)
_FLAGS = r"(?:--[a-z][\w-]*(?:=\S*)?\s+)*"
_Shells = tuple[str, ...]
_SHELLS: _Shells = ("", "/bin/sh-c", "cmd/S/C")
"""What stands before a command, without noise, where no SHELL names another."""
_STORING = frozenset(("ADD", "COPY"))
"""Instructions that make a layer each, unless the builder makes one for a whole stage."""
_SETTING = frozenset(
    ("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "SHELL")
)
_SETTING |= {"STOPSIGNAL", "USER", "VOLUME"}
"""Instructions that make none."""
_NEVER_ADDED = (_STORING | _SETTING | {"RUN", "WORKDIR"}) - {"LABEL"}
"""What is in a history only if it is in the Dockerfile, too: labels may be given by an option."""


def located(
    image: Image, dockerfile: Dockerfile, target: str = "", arguments: Mapping[str, str] | None = None
) -> Image:
    """The image, each step of its history with the lines that it comes from, where that is sure.

    ``target`` is the stage it was built from; unless told, it is the last one of which all instructions are in the history,
    or else the last one. ``arguments`` are values of ARGs. The image's warnings say what was not found.
    """
    stages = dockerfile.stages_called(target) if target else dockerfile.stages
    values = {**_of_platform(image.platform), **(arguments or {})}
    steps = list(zip(image.config.history, _shells(image.config.history), strict=True))
    traces = [_trace(steps, dockerfile.chain(stage, values)) for stage in reversed(stages)]
    if not traces:
        return replace(image, warnings=(*image.warnings, f"{dockerfile.file} has no stage {target}".rstrip()))
    trace = next((trace for trace in traces if trace.is_whole), traces[0])
    entries = zip(image.config.history, _joined(image.config.history, trace, dockerfile), strict=True)
    history = tuple(replace(entry, lines=lines) for entry, lines in entries)
    made = dict(enumerate((entry for entry in history if not entry.empty_layer), 1))
    return replace(
        image,
        config=msgspec.structs.replace(image.config, history=history),
        layers=tuple(replace(layer, history=made.get(layer.number, layer.history)) for layer in image.layers),
        warnings=(*image.warnings, *_doubts(trace, dockerfile)),
    )


class _Trace(msgspec.Struct, frozen=True):
    """How far a history and a stage are the same."""

    lines: tuple[Lines | None, ...]
    """The lines of each step."""
    first: int
    """The first step that is the same as an instruction; those before come from the image that the stage starts from."""
    found: int
    """How many instructions are among the steps."""
    missing: Instruction | None
    """The last one that is not."""

    @property
    def is_whole(self) -> bool:
        return self.found > 0 and self.missing is None


def _trace(steps: Sequence[tuple[HistoryEntry, _Shells]], chain: Chain) -> _Trace:
    lines: list[Lines | None] = [None] * len(steps)
    left = list(chain.instructions)
    at, found = len(steps), 0
    while left:
        if at and _is_same(*steps[at - 1], left[-1]):
            at -= 1
            lines[at] = left.pop().lines
            found += 1
        elif left[-1].may_be_left_out:
            left.pop()
        elif at and not found and _keyword(steps[at - 1][0]) not in _NEVER_ADDED:
            at -= 1  # what was done to the image later, or a label
        else:
            return _Trace(tuple(lines), at, found, left[-1])
    if found and chain.base != "scratch":
        lines[:at] = [chain.start.lines] * at
    return _Trace(tuple(lines), at, found, None)


def _joined(history: Sequence[HistoryEntry], trace: _Trace, dockerfile: Dockerfile) -> Iterator[Lines | None]:
    """The lines of each step; for a layer that a builder made of many steps those of all of them."""
    steps: list[HistoryEntry] = []
    block: list[Lines] = []
    for number, (entry, lines) in enumerate(zip(history, trace.lines, strict=True)):
        if number >= trace.first and lines:
            steps.append(entry)
            block.append(lines)
        if entry.empty_layer:
            yield lines
            continue
        made_of_many = _keyword(entry) in _SETTING or any(_keyword(step) in _STORING for step in steps[:-1])
        if lines is None or not block or not made_of_many:
            yield lines
        elif (trace.missing and len(steps) == number + 1 - trace.first) or not _rise(block):
            yield None  # more than these steps may be in it
        else:
            yield dockerfile.lines(block[0].first, block[-1].last)
        steps.clear()
        block.clear()


def _rise(block: Sequence[Lines]) -> bool:
    return all(one.last < other.first for one, other in pairwise(block))


def _doubts(trace: _Trace, dockerfile: Dockerfile) -> Iterator[str]:
    if trace.missing is not None:
        told = f"only the last {trace.found} steps name their lines" if trace.found else "no step names its lines"
        yield f"{trace.missing.lines} is not how the image was built: {told}"


def _of_platform(platform: Platform) -> Mapping[str, str]:
    """The ARGs that builders set by themselves, which may say which stage another starts from."""
    parts = {"OS": platform.os, "ARCH": platform.architecture, "VARIANT": platform.variant, "PLATFORM": str(platform)}
    return {f"TARGET{name}": value for name, value in parts.items()}


def _shells(history: Sequence[HistoryEntry]) -> Iterator[_Shells]:
    """What may stand before a command at each step, without noise."""
    shell = ""
    for entry in history:
        if _keyword(entry) == "SHELL":
            shell = _bare(entry.instruction[len("SHELL") :])
        yield (*_SHELLS, shell)


def _keyword(entry: HistoryEntry) -> str:
    return entry.instruction.partition(" ")[0].upper()


def _is_same(entry: HistoryEntry, shells: _Shells, instruction: Instruction) -> bool:
    """Whether the instruction is what a builder has recorded as this step."""
    keyword, text = instruction.keyword, instruction.text
    if keyword == "RUN":
        recorded = {_bare(command_line(entry.created_by)), _bare(entry.instruction.removeprefix("RUN "))}
        return any(f"{shell}{_bare(command)}" in recorded for command in _commands(instruction) for shell in shells)
    if _keyword(entry) != keyword:
        return False
    told = entry.instruction[len(keyword) :].strip()
    if keyword in _STORING:
        return _is_same_copy(entry.instruction, told, instruction)
    if keyword in ("CMD", "ENTRYPOINT"):
        return _bare(told) in {f"{shell}{_bare(text)}" for shell in shells}
    if keyword == "HEALTHCHECK":
        return _bare(text.removeprefix("CMD")) in _bare(told)
    if keyword == "ARG":  # Buildah records all that there are so far
        names, known = ({word.partition("=")[0] for word in split} for split in (words(text), told.split()))
        return names <= known
    if keyword == "EXPOSE":
        ports = told.replace("/tcp", "").split()
        return all(port in ports for port in text.replace("/tcp", "").split() if port.strip("[]\"',").isdigit())
    if keyword == "WORKDIR":
        written, told = posixpath.normpath(text), posixpath.normpath(told)
        return _fits(written, told) or (not written.startswith("/") and _fits(f"${{PWD}}/{written}", told))
    return _fits(text, told)


def _commands(instruction: Instruction) -> Iterator[str]:
    """What builders may record of a RUN, without the shell."""
    text, heredocs = instruction.text, instruction.heredocs
    contents = "".join(each.content for each in heredocs)
    yield text + "".join(each.content + each.name for each in heredocs)
    yield instruction.flags + text + contents
    if heredocs and heredoc(text):
        yield contents
        yield f"/dev/pipes/{heredocs[0].name}"
    if arguments := _list(text):
        yield " ".join(arguments)


def _is_same_copy(recorded: str, told: str, instruction: Instruction) -> bool:
    """ADD and COPY: some builders record sources and target, others a digest and the target."""
    *sources, target = _list(instruction.text) or words(instruction.text) or [""]
    if copied := _COPIED.fullmatch(recorded):
        return _fits(target, copied[1])
    told = told[re.match(_FLAGS, told).end() :]  # type: ignore[union-attr]
    inline = [f"<<{name}" for source in sources if (name := heredoc(source))]
    return _fits(" ".join((*(source for source in sources if not heredoc(source)), *inline, target)), told)


def _list(text: str) -> Sequence[str]:
    """The words of an instruction that is written as a list in JSON; none of another."""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return ()
        if isinstance(found, list) and all(isinstance(word, str) for word in found):
            return found
    return ()


def _fits(written: str, recorded: str) -> bool:
    """Whether both are the same but for noise, whatever the variables in what is written stand for."""
    first, *rest = map(_bare, literals(written))
    recorded = _bare(recorded)
    if not rest:
        return recorded == first
    if not recorded.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        found = recorded.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return recorded.endswith(rest[-1]) and len(recorded) - len(rest[-1]) >= at


def _bare(text: str) -> str:
    return _NOISE.sub("", text)
