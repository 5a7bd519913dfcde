"""The merge held against the model, for stacks of layers in which names collide all the time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from random import Random
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from layerview.analysis import account
from layerview.analysis.waste_draft import MANY
from layerview.analysis.waste_tree import waste_tree
from layerview.filesystem import Comparison, Counts, Measure, Stack, Tree, measured, measures, merge
from layerview.layers import Kind, LayerIndex
from layerview.trees import Change
from layerview.trees.sums import Sums
from tests.builders import index
from tests.model import Model, Path
from tests.stacks import with_sha256, without_checksums
from tests.strategies import IMAGES, Layer

KINDS = {
    Kind.FILE: "file",
    Kind.DIRECTORY: "directory",
    Kind.SYMLINK: "symlink",
    Kind.HARDLINK: "hardlink",
    Kind.CHAR: "char",
    Kind.BLOCK: "block",
    Kind.FIFO: "fifo",
}


@given(IMAGES)
def test_every_state_is_what_the_model_says(layers: list[Layer]) -> None:
    model, stack = Model(*layers), stacked(indexes_of(layers))
    for layer in range(1, len(layers) + 1):
        state = model.states[layer]
        assert [names(stack.path(node)) for node in stack.walk(layer)] == sorted(state)
        for path, expected in state.items():
            node = stack.find(b"/".join(path))
            assert node is not None
            entry = stack.entry(node, layer)
            assert entry is not None
            assert (KINDS[entry.kind], entry.link) == model.type_and_link(path, layer)
            assert (entry.mode, entry.uid, entry.gid) == (expected.mode, expected.uid, expected.gid)
            assert (entry.mtime, entry.implied) == (expected.mtime, expected.implied)
            assert entry.xattrs == {name.encode(): value for name, value in expected.xattrs.items()}
            assert entry.device == (expected.inode.device if expected.inode else None) or entry.kind is Kind.HARDLINK
            assert entry.layer == expected.layer or expected.implied
            assert stack.size(node, layer) == model.size(path, layer)
            assert stack.items(node, layer) == model.items(path, layer)
            assert stack.is_directory(node, layer) == (expected.type == "directory")


@given(IMAGES)
def test_every_two_states_differ_in_what_the_model_says(layers: list[Layer]) -> None:
    model, stack = Model(*layers), stacked(indexes_of(layers))
    for below in range(len(layers) + 1):
        for at in range(len(layers) + 1):
            comparison = Comparison(stack, below, at)
            assert changes_of(comparison) == model.changes(below, at)
            check_comparison(comparison)


def check_comparison(comparison: Comparison) -> None:
    """What is computed for all paths at once is what each path says."""
    stack, nodes = comparison.stack, range(comparison.stack.nodes)
    changes = [comparison.change(node) for node in nodes]
    assert list(comparison.changes) == changes
    assert list(map(bool, comparison.presence)) == [comparison.present(node) for node in nodes]
    assert comparison.counts() == Counts(*map(changes.count, (Change.ADDED, Change.MODIFIED, Change.REMOVED)))
    for node in nodes:
        below = changes[node + 1 : stack.end(node)]
        assert comparison.changes_below(node) == len(below) - below.count(Change.UNMODIFIED)
        assert comparison.changed_below(node) == any(below)
        assert (comparison.entry(node) is not None) == comparison.present(node)
        if comparison.present(node):
            there = stack.present(node, comparison.at)
            state, layer = (stack, comparison.at) if there else (comparison.before, comparison.below)
            assert comparison.size(node) == state.size(node, layer)
            assert comparison.is_directory(node) == state.is_directory(node, layer)


@given(IMAGES)
def test_what_a_layer_stores_below_each_path_and_how_sizes_differ_is_what_the_model_says(layers: list[Layer]) -> None:
    """Statement 52."""
    model, stack = Model(*layers), stacked(indexes_of(layers))
    for at in range(1, len(layers) + 1):
        for below in range(len(layers) + 1):
            comparison = Comparison(stack, below, at)
            assert comparison.stored(0) == stack.stored(at)
            for node in range(stack.nodes):
                path = names(stack.path(node))
                assert comparison.stored(node) == model.own(path, at)
                assert comparison.difference(node) == model.size(path, at) - model.size(path, below)


@given(IMAGES, st.randoms())
def test_what_matches_adds_up_to_the_sizes_that_are_shown(layers: list[Layer], chance: Random) -> None:
    """Statement 52. What matches is all that there is, or any part of it."""
    stack = stacked(indexes_of(layers))
    for at in range(1, len(layers) + 1):
        for below in range(len(layers) + 1):
            comparison = Comparison(stack, below, at)
            everything = b"\1" * stack.nodes
            some = bytes(chance.random() < 0.5 for _ in everything)
            for measure in measures(comparison):
                sizes = measured(comparison, measure)
                whole, part = (Sums(mask, sizes.alone, sizes.twice(mask)) for mask in (everything, some))
                for node in range(1, stack.nodes):
                    if measure is not Measure.SIZE:  # of a folder that is there that leaves out what is gone
                        assert whole.within(node, stack.end(node)) in (None, sizes.size(node))
                    matching = [each for each in range(node, stack.end(node)) if some[each]]
                    if len(matching) == 1 and matching != [node]:
                        assert part.within(node, stack.end(node)) == sizes.alone[matching[0]]


@given(IMAGES)
def test_every_layer_counts_what_it_changes(layers: list[Layer]) -> None:
    model, stack = Model(*layers), stacked(indexes_of(layers))
    for layer in range(1, len(layers) + 1):
        changes = [change for change, _ in model.changes(layer - 1, layer).values()]
        assert stack.counts(layer) == Counts(*map(changes.count, ("added", "modified", "removed")))


@given(IMAGES)
def test_every_byte_is_charged_as_the_model_says(layers: list[Layer]) -> None:
    model, stack = Model(*layers), stacked(indexes_of(layers))
    found = account(stack)
    assert found.total_bytes == model.total_bytes == sum(map(stack.stored, range(1, len(layers) + 1)))
    assert found.final_bytes == model.final_bytes == stack.size(0, len(layers))
    assert {(*layers_, str(reason)): size for (*layers_, reason), size in found.matrix.items()} == model.matrix
    assert sum(waste.bytes for waste in found.wastes) == found.wasted_bytes == sum(model.matrix.values())


@given(IMAGES)
def test_the_tree_of_what_is_wasted_sums_up_to_what_the_model_says(layers: list[Layer]) -> None:
    """As a whole, in each group, and in each folder; each path once in its group."""
    model, stack = Model(*layers), stacked(indexes_of(layers))
    tree, again = waste_tree(account(stack)), Counter[tuple[int, int, str]]()
    assert tree.size(0) == sum(model.matrix.values())
    for waste in account(stack).wastes:
        if sum(other.node == waste.node for other in account(stack).wastes) >= MANY and waste.node >= 0:
            again[waste.stored_by, waste.hidden_by, str(waste.reason)] += waste.bytes
    for node, group in tree.groups.items():
        if group.reason is None:
            assert tree.size(node) == sum(again.values())
        else:
            pair = group.stored_by, group.hidden_by, str(group.reason)
            assert tree.size(node) == model.matrix[pair] - again[pair]
        inside = range(node + 1, tree.end(node))
        assert tree.files(node) == sum(bool(tree.own_size(path)) for path in inside)
        assert len({tree.plain_path(path) for path in inside}) == len(inside)
    for node in range(tree.nodes):
        assert tree.size(node) == tree.own_size(node) + sum(map(tree.size, tree.children(node)))
        assert tree.own_size(node) or len(list(tree.children(node))) > 1 or node in tree.groups or not node
        assert tree.find(tree.path(node)) == node


@given(IMAGES)
def test_checksums_that_are_asked_for_give_the_same_as_known_ones(layers: list[Layer]) -> None:
    known = indexes_of(layers)
    lazy = {number: without_checksums(index) for number, index in known.items()}
    one = stacked(known)
    other = Stack(merge(len(layers), lazy, lambda layer, row: known[layer].crc[row]), lazy)
    assert (account(one).matrix, list(account(one).wastes)) == (account(other).matrix, list(account(other).wastes))
    for below in range(len(layers) + 1):
        for at in range(len(layers) + 1):
            assert changes_of(Comparison(one, below, at)) == changes_of(Comparison(other, below, at))


@given(IMAGES, st.lists(st.booleans(), min_size=5, max_size=5))
def test_layers_that_tell_sha256_give_the_same_as_those_that_tell_checksums(
    layers: list[Layer], tells: list[bool]
) -> None:
    """Statement 17: contents are only asked for where a layer that tells meets one that does not."""
    known = indexes_of(layers)
    mixed = {number: with_sha256(index) if tells[number] else index for number, index in known.items()}
    asked: list[int] = []

    def checksum(layer: int, row: int) -> int:
        asked.append(layer)
        return known[layer].crc[row]

    one, other = stacked(known), Stack(merge(len(layers), mixed, checksum), mixed)
    assert (account(one).matrix, list(account(one).wastes)) == (account(other).matrix, list(account(other).wastes))
    for below in range(len(layers) + 1):
        for at in range(len(layers) + 1):
            assert changes_of(Comparison(one, below, at)) == changes_of(Comparison(other, below, at))
    assert not asked or len({tells[number] for number in known}) == 2


@given(IMAGES)
def test_contents_that_cannot_be_read_count_as_different_in_every_comparison(layers: list[Layer]) -> None:
    lazy = {number: without_checksums(index) for number, index in indexes_of(layers).items()}
    stack = Stack(merge(len(layers), lazy, lambda layer, row: None), lazy)
    model = Model(*layers)
    for below in range(len(layers) + 1):
        for at in range(len(layers) + 1):
            comparison = Comparison(stack, below, at)
            check_comparison(comparison)
            assert model.changes(below, at).keys() <= changes_of(comparison).keys()


@given(IMAGES, st.sets(st.integers(1, 4)))
def test_layers_that_are_missing_count_as_empty(layers: list[Layer], missing: set[int]) -> None:
    indexes = {number: index for number, index in indexes_of(layers).items() if number not in missing}
    stack = Stack(merge(len(layers), indexes, lambda layer, row: None), indexes)
    model = Model(*(() if number in missing else entries for number, entries in enumerate(layers, 1)))
    assert stack.missing == missing & set(range(1, len(layers) + 1))
    for layer in range(1, len(layers) + 1):
        assert [names(stack.path(node)) for node in stack.walk(layer)] == sorted(model.states[layer])
        assert changes_of(Comparison(stack, layer - 1, layer)) == model.changes(layer - 1, layer)
    assert account(stack).wasted_bytes == sum(model.matrix.values())


@given(IMAGES, st.integers(0, 3))
def test_a_tree_that_grows_says_of_its_layers_what_that_of_all_says(layers: list[Layer], least: int) -> None:
    indexes = indexes_of(layers)
    grown: list[Tree] = []
    with patch.object(import_module("layerview.filesystem.merge"), "_MUCH", 1):
        tree = merge(len(layers), indexes, lambda layer, row: None, grow=grown.append, least=least)
    whole = Stack(tree, indexes)
    for tree in grown:
        stack = Stack(tree, indexes)
        there = sorted(indexes.keys() - stack.missing)
        assert there == [*range(1, len(there) + 1)] and len(there) >= least
        for at in there:
            assert states(stack, at) == states(whole, at)
            assert changes_of(Comparison(stack, at - 1, at)) == changes_of(Comparison(whole, at - 1, at))
            check_comparison(Comparison(stack, 0, at))
        assert not any(stack.counts(at).total for at in stack.missing)
        assert [stack.stored(at) for at in stack.missing] == [0] * len(stack.missing)


def states(stack: Stack, layer: int) -> list[object]:
    """What is there at a layer."""
    return [(node, stack.entry(node, layer), stack.size(node, layer)) for node in stack.walk(layer)]


def stacked(indexes: dict[int, LayerIndex]) -> Stack:
    return Stack(merge(len(indexes), indexes, lambda layer, row: None), indexes)


def indexes_of(layers: Sequence[Layer]) -> dict[int, LayerIndex]:
    return {number: index(*entries) for number, entries in enumerate(layers, 1)}


def names(path: bytes) -> Path:
    return tuple(path.split(b"/")) if path else ()


def changes_of(comparison: Comparison) -> dict[Path, tuple[str, frozenset[str]]]:
    """Every path that differs, as the model tells it."""
    stack, found = comparison.stack, {}
    for node in range(stack.nodes):
        change = comparison.change(node)
        if change is not Change.UNMODIFIED:
            aspects = frozenset(str(aspect.name).lower() for aspect in comparison.aspects(node))
            found[names(stack.path(node))] = change.name.lower(), aspects
    return found
