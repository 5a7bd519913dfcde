"""Records that nobody may have written so."""

from __future__ import annotations

from array import array
from typing import Any

import msgspec
from hypothesis import strategies as st

from layerview.layers import ColumnRecord


def columns_of(record: ColumnRecord) -> list[str]:
    return [name for name in record.__struct_fields__ if isinstance(getattr(record, name), memoryview)]


def with_number(record: Any, column: str, at: int, number: int) -> Any:
    """The record with another number in one place; the lowest bits of it, where there is no room for more."""
    items = getattr(record, column)
    changed = array(items.format, items)
    bits = 8 * items.itemsize
    changed[at] = number % (1 << bits) - ((1 << bits) if items.format in "iq" and number >> (bits - 1) & 1 else 0)
    return msgspec.structs.replace(record, **{column: memoryview(changed)})


def with_length(record: Any, column: str, length: int) -> Any:
    """The record with a column cut off, or with more of its first item."""
    items = array(getattr(record, column).format, getattr(record, column))
    items = items[:length] + items[:1] * (length - len(items))
    return msgspec.structs.replace(record, **{column: memoryview(items)})


NUMBERS = st.one_of(st.integers(-3, 40), st.integers(-(1 << 63), (1 << 63) - 1), st.sampled_from([127, 255, 0xFFFF]))
Forging = tuple[int, int, int, int]
"""Which record of several, which column, which item, and what is there then."""

FORGINGS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 40), st.integers(0, 400), NUMBERS), min_size=1, max_size=3
)


def forged(records: tuple[Any, ...], forging: Forging) -> tuple[Any, ...]:
    """These records, one of which says something else."""
    which, column, at, number = forging
    record = records[which % len(records)]
    name = columns_of(record)[column % len(columns_of(record))]
    items = getattr(record, name)
    other = with_number(record, name, at % len(items), number) if len(items) else with_length(record, name, 1)
    return tuple(other if each is record else each for each in records)
