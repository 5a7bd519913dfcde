"""Records of trees and layers that nobody may have written so: refused, or of no harm."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.analysis import account
from layerview.errors import DamagedError
from layerview.filesystem import Comparison, Stack, Tree, check_tree, merge
from layerview.filesystem.lanes import Lanes
from layerview.layers import LayerIndex
from tests.builders import Entry, directory, file, hardlink, index, symlink, whiteout
from tests.forged import FORGINGS, Forging, columns_of, forged, with_length
from tests.stacks import without_checksums
from tests.strategies import IMAGES

LAYERS = (
    (directory("d"), file("d/a", b"12"), file("d/b", b"3"), symlink("l", "d/a"), hardlink("h", "d/a")),
    (file("d/a", b"4"), whiteout("d/b"), file("e/f/g", b"5"), file("h", b"12", mode=0o600)),
    (whiteout("d"), file("d/b", b"33"), hardlink("i", "h"), directory("l")),
)


def indexes_of(*layers: tuple[Entry, ...]) -> dict[int, LayerIndex]:
    return {number: index(*entries) for number, entries in enumerate(layers, 1)}


def merged(indexes: Mapping[int, LayerIndex]) -> Tree:
    return merge(len(indexes), indexes, lambda layer, row: None)


def look_at_all(tree: Tree, indexes: Mapping[int, LayerIndex]) -> None:
    """All that a stack and its comparisons are asked for."""
    stack = Stack(tree, dict(indexes))
    list(account(stack).wastes)
    for layer in range(1, stack.layers + 1):
        assert stack.counts(layer).total >= 0
        stack.presence(layer)
        list(stack.walk(layer))
        for node in range(stack.nodes):
            stack.entry(node, layer)
            stack.is_directory(node, layer)
            stack.size(node, layer), stack.items(node, layer), stack.depth(node)
        for below in range(stack.layers):
            comparison = Comparison(stack, below, layer)
            for node in range(stack.nodes):
                comparison.change(node), comparison.aspects(node), comparison.changed_below(node)
    for node in range(stack.nodes):
        stack.history(node), stack.parent(node), list(stack.children(node)), stack.find(stack.path(node))


@given(IMAGES)
def test_what_a_merge_makes_is_sound(layers: list[tuple[Entry, ...]]) -> None:
    """Also of contents whose checksums are not known."""
    for indexes in (indexes_of(*layers), {n: without_checksums(each) for n, each in indexes_of(*layers).items()}):
        for each in indexes.values():
            each.check()
        check_tree(merged(indexes), indexes)


@given(FORGINGS)
def test_a_tree_with_other_numbers_is_refused_or_of_no_harm(forgings: list[Forging]) -> None:
    indexes = indexes_of(*LAYERS)
    tree = merged(indexes)
    for forging in forgings:
        tree = Tree(*forged(tree, forging))
    try:
        check_tree(tree, indexes)
    except DamagedError:
        return
    look_at_all(tree, indexes)


@pytest.mark.parametrize("longer", [-1, 1])
@pytest.mark.parametrize("record", [0, 1])
def test_a_tree_with_a_column_of_another_length_is_refused(record: int, longer: int) -> None:
    indexes = indexes_of(*LAYERS)
    tree = merged(indexes)
    for name in columns_of(tree[record]):
        length = len(getattr(tree[record], name))
        if name != "returned" and length:
            records = list[Any](tree)
            records[record] = with_length(tree[record], name, length + longer)
            with pytest.raises(DamagedError):
                check_tree(Tree(*records), indexes)


def test_a_tree_of_other_layers_is_refused() -> None:
    indexes = indexes_of(*LAYERS)
    tree = merged(indexes)
    for others in (indexes_of(*LAYERS[:2]), indexes_of(*LAYERS, LAYERS[0]), indexes_of((), *LAYERS[1:])):
        with pytest.raises(DamagedError):
            check_tree(tree, others)


@pytest.mark.parametrize("longer", [-1, 1])
def test_an_index_with_a_column_of_another_length_is_refused(longer: int) -> None:
    for each in indexes_of(*LAYERS).values():
        for name in columns_of(each):
            length = len(getattr(each, name))
            if length and name not in ("paths", "folders"):
                with pytest.raises(DamagedError):
                    with_length(each, name, length + longer).check()


@pytest.mark.parametrize(
    "other",
    [
        {"links": {}}, {"links": {99: b"x"}}, {"links": {-1: b"x"}}, {"links": {0: b"x", 1: b"y"}},
        {"devices": {9: (1, 2)}}, {"xattrs": {-2: {}}}, {"sparse": {70: ()}},
    ],
)  # fmt: skip
def test_an_index_whose_rows_are_not_there_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(DamagedError):
        msgspec.structs.replace(indexes_of(*LAYERS)[1], **other).check()


@given(
    st.lists(st.one_of(st.integers(-3, 12), st.integers(-(1 << 31), (1 << 31) - 1)), max_size=12), st.integers(0, 12)
)
def test_lanes_say_what_a_loop_says(items: list[int], limit: int) -> None:
    column, lanes = memoryview(array("i", items)), Lanes(len(items))
    assert lanes.below(column, limit) == all(-1 <= item < limit for item in items)
    assert lanes.below(column, (1 << 31) - 1) == all(-1 <= item < (1 << 31) - 1 for item in items)
    assert lanes.before(column) == all(-1 <= item < place for place, item in enumerate(items))
    assert lanes.behind(column) == all(item > place for place, item in enumerate(items))
    assert not Lanes(len(items) + 1).below(column, limit)


@given(st.integers(0, 9_000), st.one_of(st.integers(-3, 9_100), st.integers(-(1 << 31), (1 << 31) - 1)))
def test_lanes_find_one_number_among_many(place: int, number: int) -> None:
    column = array("i", range(9_001))
    column[place] = number
    lanes = Lanes(len(column))
    assert lanes.below(memoryview(column), 9_001) == (-1 <= number < 9_001)
    column = array("i", range(-1, 9_000))
    column[place] = number
    assert lanes.before(memoryview(column)) == (-1 <= number < place)
    column = array("i", range(1, 9_002))
    column[place] = number
    assert lanes.behind(memoryview(column)) == (number > place)
