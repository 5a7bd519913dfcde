"""Records whose fields are columns, as bytes that cross a process border or lie in a file.

A column is a ``memoryview`` of numbers. Its field is annotated with the type of its items, as the
``array`` module names it; decoding gives views into the bytes that were read, and copies nothing.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, TypeVar, get_type_hints

import msgspec
from fastcrc.crc64 import go_iso

from layerview.errors import DamagedError

U8 = Annotated[memoryview, "B"]
U16 = Annotated[memoryview, "H"]
I32 = Annotated[memoryview, "i"]
I64 = Annotated[memoryview, "q"]
U64 = Annotated[memoryview, "Q"]


class ColumnRecord(msgspec.Struct, frozen=True):
    """A record whose fields are columns, besides others."""

    CACHED_AS: ClassVar[str]
    """The ending of a file that holds one."""


Record = TypeVar("Record", bound=ColumnRecord)


def encode(record: ColumnRecord) -> bytes:
    """The record as bytes, in this machine's byte order."""
    return msgspec.msgpack.encode(record)


def decode(kind: type[Record], data: bytes | memoryview) -> Record:
    """The record that ``encode`` made these bytes of. Raises DamagedError where they are none."""
    try:
        record = msgspec.msgpack.decode(data, type=kind)
        return msgspec.structs.replace(
            record, **{name: getattr(record, name).cast(code) for name, code in _columns(kind).items()}
        )
    except (msgspec.DecodeError, TypeError) as error:
        raise DamagedError(f"not a {kind.__name__} record: {error}") from error


def fingerprint(kind: type[ColumnRecord]) -> int:
    """A number that changes with the record's fields and their types."""
    return go_iso(repr(sorted(get_type_hints(kind, include_extras=True).items(), key=str)).encode())


def _columns(kind: type[ColumnRecord]) -> dict[str, str]:
    hints = get_type_hints(kind, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}
