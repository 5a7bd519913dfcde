"""What there is of a layer's index while the layer is being read."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from hypothesis import given

from layerview.layers import LayerIndex, beginning, index_entries, index_stream, indexing
from layerview.layers.blocks import Stream
from layerview.layers.tar import TarEntry, entries
from tests.builders import directory, file, hardlink, layer, symlink
from tests.layers.rows import rows_of
from tests.strategies import LAYERS, Layer


def content(index: LayerIndex) -> object:
    return rows_of(index), sorted(bytes(index.folders).split(b"\0")), index.warnings


@given(LAYERS)
def test_a_beginning_is_the_index_of_as_much_of_the_tar_and_the_whole_stays_as_it_is(entries_: Layer) -> None:
    found = list(entries(Stream(BytesIO(layer(*entries_)).read)))
    read: list[TarEntry] = []

    def reading() -> Iterator[TarEntry]:
        for entry in found:
            read.append(entry)
            yield entry

    expected: list[object] = []
    told: list[LayerIndex] = []

    def show(index: LayerIndex) -> None:
        told.append(index)
        expected.append(content(index_entries(list(read), lambda: 0)))

    with pytest.MonkeyPatch.context() as patch:
        for name, least in (("_SOON", 0), ("_PAUSE", 0), ("_SHARE", 0)):
            patch.setattr(beginning, name, least)
        patch.setattr(indexing, "_STRIDE", 1)
        whole = index_entries(reading(), lambda: 7, show=show)
    assert [content(index) for index in told] == expected
    assert len(told) == len(rows_of(whole))
    assert content(whole) == content(index_entries(found, lambda: 7))


@pytest.mark.parametrize(("dear", "times"), [(0.0, 50), (0.001, 1), (0.0002, 8)])
def test_a_beginning_is_told_after_a_while_and_as_seldom_as_it_is_dear(
    monkeypatch: pytest.MonkeyPatch, dear: float, times: int
) -> None:
    """Reading an entry takes 10 ms here, telling what there is ``dear`` seconds for each."""
    now = 0.0
    monkeypatch.setattr(beginning, "monotonic", lambda: now)
    counts: list[int] = []

    def tell(index: LayerIndex) -> None:
        nonlocal now
        counts.append(len(index.kind))
        now += dear * counts[-1]

    def reading() -> Iterator[TarEntry]:
        nonlocal now
        for entry in entries(Stream(BytesIO(tar).read)):
            now += 0.01
            yield entry

    tar = layer(*(file(f"f{number}") for number in range(6400)))
    index_entries(reading(), lambda: 0, show=tell)
    assert counts[0] == 64
    assert len(counts) == times
    assert sum(counts[1:]) * dear <= 64 / 20


def test_nothing_is_told_of_a_layer_that_is_read_at_once() -> None:
    told: list[LayerIndex] = []
    tar = layer(directory("d"), file("d/f"), hardlink("h", "d/f"), symlink("l", "d"))
    index_stream(BytesIO(tar).read, show=told.append)
    assert not told
