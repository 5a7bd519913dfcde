"""Records whose fields are columns, as bytes that cross a process border or lie in a file.

A column is a ``memoryview`` of numbers. Its field is annotated with the type of its items, as the ``array`` module names
it. The bytes are a short header with all other fields, then the columns as they are in memory, so that neither
writing nor reading copies them: what is read are views into a file's or another process's pages.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar, get_type_hints

import msgspec
from fastcrc.crc64 import go_iso

from layerview.errors import DamagedError

U8 = Annotated[memoryview, "B"]
U16 = Annotated[memoryview, "H"]
I32 = Annotated[memoryview, "i"]
I64 = Annotated[memoryview, "q"]
U64 = Annotated[memoryview, "Q"]

_ALIGNED = 8


class ColumnRecord(msgspec.Struct, frozen=True, weakref=True):
    """A record whose fields are columns, besides others."""

    CACHED_AS: ClassVar[str]
    """The ending of a file that holds one."""

    def check(self) -> None:
        """Look at what was read from a file, which nobody may have written so. Raises DamagedError."""


Record = TypeVar("Record", bound=ColumnRecord)


def pieces(record: ColumnRecord) -> Iterator[bytes | memoryview]:
    """The record as bytes, in this machine's byte order, piece by piece."""
    columns = {name: getattr(record, name) for name in _columns(type(record))}
    without: dict[str, Any] = {name: memoryview(b"") for name in columns}
    rest = msgspec.msgpack.encode(msgspec.structs.replace(record, **without))
    header = msgspec.msgpack.encode((rest, [column.nbytes for column in columns.values()]))
    for piece in (len(header).to_bytes(_ALIGNED, "little"), header, *filter(None, columns.values())):
        yield memoryview(piece).cast("B")
        yield bytes(-memoryview(piece).nbytes % _ALIGNED)


def read(kind: type[Record], data: memoryview) -> Record:
    """The record whose pieces ``data`` is. Raises DamagedError where it is none."""
    try:
        at = _ALIGNED + int.from_bytes(data[:_ALIGNED], "little")
        rest, sizes = msgspec.msgpack.decode(data[_ALIGNED:at], type=tuple[bytes, list[int]])
        columns: dict[str, Any] = {}
        for (name, code), size in zip(_columns(kind).items(), sizes, strict=True):
            at += -at % _ALIGNED
            if not 0 <= size <= len(data) - at:
                raise DamagedError(f"not a {kind.__name__} record: it is cut off")
            columns[name] = (
                data[at : at + size].cast(code) if size else memoryview(array(code))
            )  # which no cast can make
            at += size
        return msgspec.structs.replace(msgspec.msgpack.decode(rest, type=kind), **columns)
    except (msgspec.DecodeError, TypeError, ValueError) as error:
        raise DamagedError(f"not a {kind.__name__} record: {error}") from error


@cache
def fingerprint(kind: type[ColumnRecord]) -> int:
    """A number that changes with the record's fields and their types."""
    return go_iso(repr(sorted(get_type_hints(kind, include_extras=True).items(), key=str)).encode())


@cache
def _columns(kind: type[ColumnRecord]) -> dict[str, Any]:
    """The columns of a record and the types of their items, in the order of the fields."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        name: hints[name].__metadata__[0] for name in kind.__struct_fields__ if hasattr(hints[name], "__metadata__")
    }
