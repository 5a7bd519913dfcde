"""The beginning of a layer whose index is known: what it would be had no more of it been read."""

from __future__ import annotations

from io import BytesIO

import msgspec
import pytest

from layerview.layers import LayerIndex, beginning_of, index_stream
from tests.builders import Entry, device, directory, file, hardlink, layer, opaque, symlink, whiteout

ENTRIES = (
    directory("a"), file("a/b", b"1", xattrs={"user.x": b"1"}), hardlink("c/d", "a/b"), symlink("e/f", "a"), device("g", 1, 3),
    whiteout("h/i/j"), opaque("k"), directory("c"), file("a/l/m", b"22"), directory("h"), file("e/n"),
)  # fmt: skip


@pytest.mark.parametrize("rows", range(1, len(ENTRIES) + 1))
def test_it_is_that_of_a_layer_which_ends_there(rows: int) -> None:
    """Folders that are listed later are not listed in it."""
    assert told(beginning_of(indexed(*ENTRIES), rows)) == told(indexed(*ENTRIES[:rows]))


def indexed(*entries: Entry) -> LayerIndex:
    return index_stream(BytesIO(layer(*entries)).read)


def told(index: LayerIndex) -> dict[str, object]:
    fields = msgspec.structs.asdict(index)
    columns = {name: value.tolist() if isinstance(value, memoryview) else value for name, value in fields.items()}
    return {**columns, "folders": sorted(bytes(index.folders).split(b"\0")), "tar_size": 0}
