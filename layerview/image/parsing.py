"""JSON of strangers, turned into plain data or a DamagedError (statement 50).

What an image brings was written by programs in Go, and is read by such. So it is read here as they read it: members are
matched without regard to case, of two of the same name the later one adds to what the first has said, and null is nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Never, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec.structs import replace

from layerview.errors import DamagedError

MAX_JSON = 8 << 20
"""Bytes of a manifest, an index or a config; registries refuse manifests above 4 MiB. Decoded it may take a hundred times as
many: a list of empty lists does."""

_MAX_ODD = 20
"""Members that do not fit of which it is told."""

_LONGEST = 100
"""Characters of a member's path that are told."""

T = TypeVar("T")

Words = tuple[str, ...] | str
"""A list of words, or the only one of it."""


def words(told: Words) -> tuple[str, ...]:
    """The list, which Docker writes as a text where it has one."""
    return (told,) if isinstance(told, str) else told


def parse(data: bytes, type: type[T], what: str) -> T:
    """The JSON text ``data`` as a ``type``. ``what`` names it, for people. Raises DamagedError."""
    return convert(decode(data, what), type, what)


def decode(data: bytes, what: str) -> object:
    """What the JSON text ``data`` says, for :func:`convert`. Raises DamagedError."""
    if len(data) > MAX_JSON:
        raise DamagedError(f"{what} has {len(data):,} bytes, more than any is allowed")
    try:
        return json.loads(data.decode(errors="replace"), object_pairs_hook=_object, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{what} cannot be read: {error}") from error


def convert(value: object, type: type[T], what: str) -> T:
    """What JSON was decoded to, as a ``type``. Raises DamagedError."""
    try:
        return msgspec.convert(_form(type).matched(value), type)
    except (msgspec.ValidationError, RecursionError) as error:
        raise DamagedError(f"{what} cannot be read: {error}") from error


def convert_leniently(value: object, type: type[T], what: str) -> tuple[T, tuple[str, ...]]:
    """As :func:`convert`, but without the members that do not fit, and what is to be told of these. Raises DamagedError."""
    form = _form(type)
    matched = form.matched(value)
    try:
        return msgspec.convert(matched, type), ()
    except msgspec.ValidationError:
        odd: list[str] = []
        fitting = form.fitting(matched, "", odd)
    told = [f"{what} is read without {each}" for each in odd[:_MAX_ODD]]
    if len(odd) > _MAX_ODD:
        told.append(f"{what} is read without {len(odd) - _MAX_ODD:,} more of its members")
    try:
        return msgspec.convert(fitting, type), tuple(told)
    except msgspec.ValidationError as error:
        raise DamagedError(f"{what} cannot be read: {error}") from error


class _Repeated(dict[str, Any]):
    """An object that has a member twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _Repeated(pairs)


def _no_json(constant: str) -> Never:
    raise ValueError(f"{constant} is no JSON")


def _pairs(value: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return value.pairs if isinstance(value, _Repeated) else value.items()


def _folded(name: str) -> str:
    """One spelling of all that Go takes for the same, which has no rule for languages, and two letters besides ASCII."""
    return name.lower().replace("\u017f", "s")


class _Form(msgspec.Struct, frozen=True):
    """What a type wants of JSON."""

    type: Any
    empty: object
    """What null stands for in a list, and as the value of a key."""
    members: Mapping[str, tuple[str, _Form]] | None = None
    """Of a struct, by their names, and by these folded: how it spells them."""
    values: _Form | None = None
    """Of a map, whose keys are data."""
    items: _Form | None = None
    """Of what is in a list."""

    def matched(self, value: Any, earlier: Any = None) -> Any:
        """What was decoded, its members named as the type names them, added to what an ``earlier`` one had.

        What is of another kind is left as it is.
        """
        if isinstance(value, dict):
            found: dict[str, Any] = earlier if isinstance(earlier, dict) else {}
            if self.members is not None:
                self._take_in(found, value)
                return found
            if self.values is not None:
                found.update((_text(key), self.values._matched_or_empty(item)) for key, item in _pairs(value))
                return found
        if isinstance(value, list) and self.items is not None:
            return list(map(self.items._matched_or_empty, value))
        return _text(value) if isinstance(value, str) else value

    def _take_in(self, found: dict[str, Any], value: Mapping[str, Any]) -> None:
        members = self.members or {}
        for key, item in _pairs(value):
            if (known := members.get(key) or members.get(_folded(key))) is None:
                continue
            name, form = known
            if isinstance(item, str):  # as most are
                found[name] = _text(item)
            elif item is not None:
                found[name] = form.matched(item, found.get(name))
            elif not isinstance(form.empty, str | int):  # which null leaves as they are
                found.pop(name, None)

    def _matched_or_empty(self, value: Any) -> Any:
        return self.empty if value is None else self.matched(value)

    def fitting(self, value: Any, path: str, odd: list[str]) -> Any:
        """What was matched, without the members that do not fit, which ``odd`` gets; ``_ODD`` where nothing is left."""
        if isinstance(value, dict) and (self.members or self.values):
            members = (
                (key, (self.values or (self.members or {})[key][1]).fitting(item, f"{path}.{key}", odd))
                for key, item in value.items()
            )
            return {key: item for key, item in members if item is not _ODD}
        if isinstance(value, list) and self.items is not None and self.items.members is not None:
            items = [self.items.fitting(item, f"{path}[{number}]", odd) for number, item in enumerate(value)]
            return _ODD if _ODD in items else items
        try:
            msgspec.convert(value, self.type)
        except msgspec.ValidationError as error:
            odd.append(f"{path.lstrip('.')[:_LONGEST]}: {error}")
            return _ODD
        return value


_ODD = object()


def _found_form(type: Any) -> _Form:
    origin, arguments = get_origin(type), get_args(type)
    if origin is Annotated:
        return replace(_form(arguments[0]), type=type)
    if origin in (Union, UnionType):
        form = replace(_form(next(each for each in arguments if each is not NoneType)), type=type)
        return replace(form, empty=None) if NoneType in arguments else form
    if origin is dict:
        return _Form(type, {}, values=_form(arguments[1]))
    if origin in (tuple, list):
        return _Form(type, [], items=_form(arguments[0]))
    if isinstance(type, msgspec.StructMeta):
        struct: Any = type
        members: dict[str, tuple[str, _Form]] = {}
        for field in msgspec.structs.fields(struct):
            known = field.encode_name, _form(field.type)
            members |= {field.encode_name: known, _folded(field.encode_name): known}
        return _Form(type, {}, members)
    return _Form(type, type() if type in (str, int, bool) else None)


_form: Callable[[Any], _Form] = cache(_found_form)


def _text(value: str) -> str:
    """Halves of a character, which JSON can write and nothing can print, as Go reads them."""
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
