"""The words of a filter, such as ``size>10M`` and ``owner:1000``, beside the regular expression that paths match."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Generic, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from layerview.errors import UsageError
from layerview.filesystem import traits
from layerview.filesystem.comparison import Comparison
from layerview.filesystem.traits import Bounds, Trait
from layerview.layers import Kind
from layerview.text import bytes_in
from layerview.trees import Change
from layerview.trees.masks import all_of

Shown = TypeVar("Shown")
Told: TypeAlias = Callable[[Shown], bytes | bytearray]
"""1 for each thing in what is shown that something is true of."""

_WORD = re.compile(r"([a-z]+)(<=|>=|<|>|:|=)(.*)", re.DOTALL)
_ALIKE = 0.7
"""How much like a word is what was meant as one, as difflib counts."""
_MOST = 1 << 32
"""Of owners, that numbers of layers are no larger than."""
_EXAMPLES = {
    "size": "size>10M", "type": "type:file", "owner": "owner:1000", "mode": "mode:set-uid", "change": "change:added",
    "layer": "layer:3", "mtime": "mtime>2026-01-31",
}  # fmt: skip


class Vocabulary(Generic[Shown]):
    """The words that tell something of what is shown. Their last answers are remembered, for the letters typed behind them."""

    def __init__(self, what: str, readers: Mapping[str, Callable[[str, str], Told[Shown]]]) -> None:
        """``what`` is shown; each word is read from its sign and what stands behind that, which may raise UsageError."""
        self._what, self._readers = what, readers
        self._examples = {name: _EXAMPLES[name] for name in readers}
        self._condition = lru_cache(maxsize=32)(self._condition_of)

    def read(self, typed: str) -> tuple[str, Callable[[Shown], bytes] | None]:
        """What someone types to filter by: the regular expression in it, and what its words say, if it has any.

        All of the words must be true. A backslash before their sign makes them part of the expression.
        Raises UsageError where a word is mistyped, or says nothing of what is shown.
        """
        conditions, rest = [], ""
        for part in re.findall(r"\S+|\s+", typed):
            condition = self._condition(part)
            if condition:
                conditions.append(condition)
            else:
                rest += part
        return (rest.strip(), partial(_all, conditions)) if conditions else (typed, None)

    def _condition_of(self, part: str) -> Callable[[Shown], bytes] | None:
        """What a word says; None of what is none."""
        found = _WORD.fullmatch(part)
        if found is None:
            return None
        name, sign, value = found.groups()
        if name in self._readers:
            return _remembered(self._readers[name](sign, value))
        literally = f"Write {name}\\{sign} to look for it in paths."
        if name in _EXAMPLES:
            there = " and ".join(self._examples.values())
            raise UsageError(f"{name} is not for {self._what}; {there} are", literally)
        from difflib import get_close_matches  # which takes a millisecond to import

        near = get_close_matches(name, self._examples, 1, _ALIKE)
        if not near and sign in (":", "="):  # as some paths have it
            return None
        meant = self._examples[near[0]] if near else ", ".join(self._examples.values())
        raise UsageError(f"no word {name}; {meant}?", literally)


def _remembered(tell: Told[Shown]) -> Callable[[Shown], bytes]:
    told = WeakKeyDictionary[Shown, bytes]()

    def remember(shown: Shown) -> bytes:
        if shown not in told:
            told[shown] = bytes(tell(shown))
        return told[shown]

    return remember


def _all(conditions: list[Callable[[Shown], bytes]], shown: Shown) -> bytes:
    return all_of(*(condition(shown) for condition in conditions))


def bounds(sign: str, value: str) -> Bounds:
    """The bytes that ``size`` asks for. Raises UsageError."""
    bytes_ = bytes_in(value)
    if sign not in _SIGNS or bytes_ is None:
        raise _mistyped("size", "takes < > <= >= and bytes")
    return _SIGNS[sign](bytes_, bytes_ + 1)


def layer(sign: str, value: str) -> int:
    """The number that ``layer`` asks for. Raises UsageError."""
    if sign != ":" or not re.fullmatch(r"\d{1,5}", value, re.ASCII):
        raise _mistyped("layer", "takes a number")
    return int(value)


_TYPES = {
    "file": Kind.FILE, "dir": Kind.DIRECTORY, "link": Kind.SYMLINK, "char": Kind.CHAR, "block": Kind.BLOCK,
    "fifo": Kind.FIFO,
}  # fmt: skip
_MODES = {"set-uid": 0o4000, "set-gid": 0o2000, "sticky": 0o1000, "world-writable": 0o002}
_CHANGES = {change.name.lower(): change for change in Change}


def _size(sign: str, value: str) -> Told[Comparison]:
    return _told(partial(traits.sized, bounds(sign, value)))


def _mtime(sign: str, value: str) -> Told[Comparison]:
    try:
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
        start, stop = (int(each.timestamp()) * 10**9 for each in (day, day + timedelta(days=1)))
    except (ValueError, OverflowError):
        raise _mistyped("mtime", "takes < > <= >= and a day") from None
    if sign not in _SIGNS:
        raise _mistyped("mtime", "takes < > <= >= and a day")
    return _told(partial(traits.written, _SIGNS[sign](start, stop)))


def _type(sign: str, value: str) -> Told[Comparison]:
    return _told(partial(traits.of_kind, _named("type", sign, value, _TYPES)))


def _mode(sign: str, value: str) -> Told[Comparison]:
    octal = sign == ":" and re.fullmatch("[0-7]{1,4}", value)
    bits = int(value, 8) if octal else _named("mode", sign, value, _MODES, "octal bits")
    return _told(partial(traits.with_bits, bits))


def _owner(sign: str, value: str) -> Told[Comparison]:
    found = re.fullmatch(r"(\d{1,10})(?::(\d{1,10}))?", value, re.ASCII)
    if sign != ":" or found is None or not all(int(each) < _MOST for each in found.groups() if each):
        raise _mistyped("owner", "takes a number, or two")
    return _told(partial(traits.owned, int(found[1]), int(found[2]) if found[2] else None))


def _layer(sign: str, value: str) -> Told[Comparison]:
    return _told(partial(traits.touched, layer(sign, value)))


def _change(sign: str, value: str) -> Told[Comparison]:
    change = _named("change", sign, value, _CHANGES)
    table = bytes(each == change for each in range(256))
    return lambda comparison: comparison.changes.translate(table)


def _told(trait: Trait) -> Told[Comparison]:
    return partial(traits.nodes_with, trait)


def _named(word: str, sign: str, value: str, values: Mapping[str, object], else_: str = "") -> Any:
    if sign == ":" and value in values:
        return values[value]
    raise _mistyped(word, f"is {', '.join(filter(None, (*values, else_)))}", "")


def _mistyped(name: str, takes: str, example: str = "such as ") -> UsageError:
    return UsageError(
        f"{name} {takes}" + (f", {example}{_EXAMPLES[name]}" if example else ""), f"Write {_EXAMPLES[name]}."
    )


_SIGNS: Mapping[str, Callable[[int, int], traits.Bounds]] = {
    ">": lambda start, stop: (stop, None),
    ">=": lambda start, stop: (start, None),
    "<": lambda start, stop: (None, start),
    "<=": lambda start, stop: (None, stop),
}
"""The numbers that a comparison with those from ``start`` to before ``stop`` is true of."""

FILES = Vocabulary[Comparison]("files", {
    "size": _size, "type": _type, "owner": _owner, "mode": _mode, "change": _change, "layer": _layer, "mtime": _mtime,
})  # fmt: skip
"""What paths can be asked for."""
