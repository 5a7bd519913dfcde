"""The words of a filter, such as ``size>10M`` and ``owner:1000``, beside the regular expression that paths match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any
from weakref import WeakKeyDictionary

from layerview.errors import UsageError
from layerview.filesystem import traits
from layerview.filesystem.comparison import Comparison
from layerview.filesystem.traits import Trait
from layerview.layers import Kind
from layerview.text import bytes_in
from layerview.trees import Change


class Condition:
    """What a word says. It remembers its last answers, which are asked for again with each letter behind the word."""

    def __init__(self, tell: Callable[[Comparison], bytes | bytearray]) -> None:
        self._tell = tell
        self._told = WeakKeyDictionary[Comparison, bytes]()

    def __call__(self, comparison: Comparison) -> bytes:
        """1 for every node, there or not, that it is true of."""
        if comparison not in self._told:
            self._told[comparison] = bytes(self._tell(comparison))
        return self._told[comparison]


_WORD = re.compile(r"([a-z]+)(<=|>=|<|>|:|=)(.*)", re.DOTALL)
_ALIKE = 0.7
"""How much like a word is what was meant as one, as difflib counts."""
_MOST = 1 << 32
"""Of owners, that numbers of layers are no larger than."""

_TYPES = {
    "file": Kind.FILE, "dir": Kind.DIRECTORY, "link": Kind.SYMLINK, "char": Kind.CHAR, "block": Kind.BLOCK,
    "fifo": Kind.FIFO,
}  # fmt: skip
_MODES = {"set-uid": 0o4000, "set-gid": 0o2000, "sticky": 0o1000, "world-writable": 0o002}
_CHANGES = {change.name.lower(): change for change in Change}
_EXAMPLES = {
    "size": "size>10M", "type": "type:file", "owner": "owner:1000", "mode": "mode:set-uid", "change": "change:added",
    "layer": "layer:3", "mtime": "mtime>2026-01-31",
}  # fmt: skip


def read(typed: str) -> tuple[str, Callable[[Comparison], bytes] | None]:
    """What someone types to filter by: the regular expression in it, and what its words say, if it has any.

    All of the words must be true of a path. A backslash before their sign makes them part of the expression.
    Raises UsageError where a word is mistyped.
    """
    conditions, rest = [], ""
    for part in re.findall(r"\S+|\s+", typed):
        condition = _condition(part)
        if condition:
            conditions.append(condition)
        else:
            rest += part
    return (rest.strip(), partial(_all, conditions)) if conditions else (typed, None)


def _all(conditions: Iterable[Condition], comparison: Comparison) -> bytes:
    left = -1
    for condition in conditions:
        left &= int.from_bytes(condition(comparison), "little")
    return left.to_bytes(comparison.tree.nodes, "little")


@lru_cache(maxsize=32)
def _condition(part: str) -> Condition | None:
    """What a word says; None of what is none."""
    found = _WORD.fullmatch(part)
    if found is None:
        return None
    name, sign, value = found.groups()
    if name in _EXAMPLES:
        return _READERS[name](sign, value)
    from difflib import get_close_matches  # which takes a millisecond to import

    near = get_close_matches(name, _EXAMPLES, 1, _ALIKE)
    if not near and sign in (":", "="):  # as some paths have it
        return None
    meant = _EXAMPLES[near[0]] if near else ", ".join(_EXAMPLES.values())
    raise UsageError(f"no word {name}; {meant}?", f"Write {name}\\{sign} to look for it in paths.")


def _size(sign: str, value: str) -> Condition:
    bytes_ = bytes_in(value)
    if sign not in _SIGNS or bytes_ is None:
        raise _mistyped("size", "takes < > <= >= and bytes")
    return _told(partial(traits.sized, _SIGNS[sign](bytes_, bytes_ + 1)))


def _mtime(sign: str, value: str) -> Condition:
    try:
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
        start, stop = (int(each.timestamp()) * 10**9 for each in (day, day + timedelta(days=1)))
    except (ValueError, OverflowError):
        raise _mistyped("mtime", "takes < > <= >= and a day") from None
    if sign not in _SIGNS:
        raise _mistyped("mtime", "takes < > <= >= and a day")
    return _told(partial(traits.written, _SIGNS[sign](start, stop)))


def _type(sign: str, value: str) -> Condition:
    return _told(partial(traits.of_kind, _named("type", sign, value, _TYPES)))


def _mode(sign: str, value: str) -> Condition:
    octal = sign == ":" and re.fullmatch("[0-7]{1,4}", value)
    bits = int(value, 8) if octal else _named("mode", sign, value, _MODES, "octal bits")
    return _told(partial(traits.with_bits, bits))


def _owner(sign: str, value: str) -> Condition:
    found = re.fullmatch(r"(\d{1,10})(?::(\d{1,10}))?", value, re.ASCII)
    if sign != ":" or found is None or not all(int(each) < _MOST for each in found.groups() if each):
        raise _mistyped("owner", "takes a number, or two")
    return _told(partial(traits.owned, int(found[1]), int(found[2]) if found[2] else None))


def _layer(sign: str, value: str) -> Condition:
    if sign != ":" or not re.fullmatch(r"\d{1,5}", value, re.ASCII):
        raise _mistyped("layer", "takes a number")
    return _told(partial(traits.touched, int(value)))


def _change(sign: str, value: str) -> Condition:
    change = _named("change", sign, value, _CHANGES)
    table = bytes(each == change for each in range(256))
    return Condition(lambda comparison: comparison.changes.translate(table))


def _told(trait: Trait) -> Condition:
    return Condition(partial(traits.nodes_with, trait))


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

_READERS = {
    "size": _size, "type": _type, "owner": _owner, "mode": _mode, "change": _change, "layer": _layer, "mtime": _mtime,
}  # fmt: skip
