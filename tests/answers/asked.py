"""What can be asked of a program that explores images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class RefusedError(Exception):
    """The program shows nothing; its argument says what it does instead."""


@dataclass(frozen=True)
class Shown:
    """What a row of the file tree says of a path."""

    change: str
    """added, removed, modified or unmodified by the layer."""
    attributes: str
    """Permission and owner."""


class Program(Protocol):
    """A program that has been given an image. All methods raise RefusedError."""

    def tree(self, layer: int | None = None, *, since_the_first: bool = False) -> dict[str, Shown]:
        """The rows of the file tree at a layer, or at the last one, by path; removed ones too.

        ``since_the_first``: with all changes since the first layer, not only those of this one.
        """
        ...

    def name(self, layer: int) -> bytes:
        """The name of the only entry of a layer, as it is written for scripts."""
        ...

    def row(self) -> str:
        """The name of the first path, as it is written for people."""
        ...

    def wasted(self) -> int:
        """Bytes."""
        ...

    def efficiency(self) -> float:
        """From 0 to 1."""
        ...


@dataclass(frozen=True)
class Question:
    """A question, and how to put it."""

    text: str
    put: Callable[[Program], str]

    def to(self, program: Program) -> str:
        """The program's answer."""
        try:
            return self.put(program)
        except RefusedError as refused:
            return str(refused)


def files(layer: int | None = None, *, since_the_first: bool = False) -> Question:
    """Which paths there are."""

    def put(program: Program) -> str:
        tree = program.tree(layer, since_the_first=since_the_first)
        return " ".join(sorted(path for path, shown in tree.items() if shown.change != "removed")) or "none"

    which = f"at layer {layer}" if layer else "in the end"
    return Question(f"what is there {which}" + (", all changes shown" if since_the_first else ""), put)


def change(path: str, layer: int) -> Question:
    """What a layer did to a path."""
    return Question(f"what layer {layer} did to `{path}`", lambda program: program.tree(layer)[path].change)


def attributes(path: str, layer: int) -> Question:
    """Permission and owner of a path."""
    return Question(f"what `{path}` is at layer {layer}", lambda program: program.tree(layer)[path].attributes)


def name() -> Question:
    """The bytes of a name."""
    return Question("its name in JSON", lambda program: ascii(program.name(1))[2:-1])


def row() -> Question:
    """A name as people see it."""
    return Question("its name for people", lambda program: program.row())


def order(layers: int) -> Question:
    """Whether the layers stand as they are numbered."""

    def put(program: Program) -> str:
        names = [program.name(number) for number in range(1, layers + 1)]
        return "that of the manifest" if names == sorted(names) else "another at each start"

    return Question("the order of its layers", put)


def waste() -> Question:
    """Bytes that are stored for nothing, and what share is not."""
    return Question("wasted bytes, efficiency", lambda program: f"{program.wasted():,}, {program.efficiency():.0%}")
