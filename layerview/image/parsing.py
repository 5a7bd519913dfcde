"""JSON of strangers, turned into plain data or a DamagedError."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from layerview.errors import DamagedError

MAX_JSON = 8 << 20
"""Bytes of a manifest, an index or a config; registries refuse manifests above 4 MiB. Decoded it may take a hundred times as
many: a list of empty lists does."""

T = TypeVar("T")


def parse(data: bytes, type: type[T], what: str) -> T:
    """The JSON text ``data`` as a ``type``. ``what`` names it, for people. Raises DamagedError."""
    if len(data) > MAX_JSON:
        raise DamagedError(f"{what} has {len(data):,} bytes, more than any is allowed")
    try:
        return convert(msgspec.json.decode(data), type, what)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"{what} cannot be read: {error}") from error


def convert(value: object, type: type[T], what: str) -> T:
    """What JSON was decoded to, as a ``type``. Raises DamagedError."""
    try:
        return msgspec.convert(_without_nulls(value), type)
    except (msgspec.ValidationError, RecursionError) as error:
        raise DamagedError(f"{what} cannot be read: {error}") from error


def _without_nulls(value: Any) -> Any:
    """``value`` without the members that are null, which is how Go writes what is empty."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
