"""Two images held against each other, against the model: each is flattened by itself, then path by path compared."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from layerview.filesystem import ImageComparison, Stack, align, differ, merge
from layerview.layers import LayerIndex
from tests.builders import directory, file, hardlink
from tests.model import ROOT, Inode, Model, Path, State, aspects_between, implied
from tests.stacks import with_sha256, without_checksums
from tests.strategies import IMAGES, LAYERS, Layer
from tests.test_model import changes_of, check_comparison, indexes_of

TIME_ALONE = frozenset({"time"})


@given(IMAGES, IMAGES)
def test_two_images_differ_in_what_the_model_says(first: list[Layer], second: list[Layer]) -> None:
    """Statement 45."""
    check(first, second, compared(first, second))


@given(st.lists(LAYERS, max_size=3), st.lists(LAYERS, max_size=2), st.lists(LAYERS, max_size=2))
def test_layers_in_common_make_no_difference(base: list[Layer], tail: list[Layer], other: list[Layer]) -> None:
    """Nor is any content read of images that are the same."""
    first, second = [*base, *tail], [*base, *other]
    twins = {number: number for number in range(1, len(base) + 1)}
    asked: list[tuple[int, int]] = []
    check(first, second, compared(first, second, twins, asked))
    assert tail or other or not asked


@given(IMAGES, IMAGES)
def test_the_other_way_round_two_images_differ_in_the_same(first: list[Layer], second: list[Layer]) -> None:
    """Statement 45: swapped, which compares nothing again, they are what they are when compared so."""
    check(second, first, compared(first, second).mirrored())
    with_times = compared(first, second).with_times(True).mirrored()
    assert with_times.times
    assert changes_of(with_times) == differences(last_state(second), last_state(first))


@given(IMAGES, IMAGES)
def test_contents_whose_sha256_both_images_tell_are_not_asked_for(first: list[Layer], second: list[Layer]) -> None:
    """Statement 17."""
    told = [{number: with_sha256(index) for number, index in indexes_of(layers).items()} for layers in (first, second)]
    trees = align(*(merge(len(indexes), indexes, unasked) for indexes in told))
    one, other = (Stack(tree, indexes) for tree, indexes in zip(trees, told, strict=True))
    comparison = ImageComparison(one, other, differ(one, other, {}, (unasked, unasked)), times=True)
    assert changes_of(comparison) == differences(last_state(first), last_state(second))


def unasked(layer: int, row: int) -> int:
    raise AssertionError


def test_any_name_is_found_again() -> None:
    """Statement 32: with line ends in it, with bytes that sort before and behind the slash, not UTF-8."""
    odd = [b"a\nb", b"a\n", b"\n", b"a", b"a.b", b"a0", b"caf\xe9", b"a b\\", b"a\nb/\x01\n/\xff"]
    one = tuple(file(name, b"1") for name in odd if b"/" not in name and name != b"a\nb")
    other = (*(file(name, b"1") for name in odd[1::2]), directory(odd[0]), file(odd[-1], b"2"))
    check([one], [other], compared([one], [other]))


def test_another_content_of_a_layer_in_common_is_another_content() -> None:
    """Of the same size: the second image links a path to another file of the base."""
    base = (file("a", b"11"), file("b", b"22"))
    first: list[Layer] = [base]
    second: list[Layer] = [base, (hardlink("a", "b"),)]
    check(first, second, compared(first, second, {1: 1}))


def test_bytes_that_have_several_names_count_once() -> None:
    """New where all names are new; other content where none has what it had."""
    old = (file("kept", b"1" * 10), file("changed", b"2" * 20), file("gone", b"3" * 40), hardlink("left", "gone"))
    new = (
        file("kept", b"1" * 10), hardlink("kept again", "kept"), file("changed", b"4" * 80),
        hardlink("changed again", "changed"), file("new", b"5" * 160), hardlink("new again", "new"), file("left", b"3" * 40),
    )  # fmt: skip
    comparison = compared([old], [new])
    check([old], [new], comparison)
    figures = comparison.differences
    assert (figures.added, figures.modified, figures.replaced, figures.removed) == (160, 80, 20, 0)


def check(first: list[Layer], second: list[Layer], comparison: ImageComparison) -> None:
    old, new = last_state(first), last_state(second)
    expected = differences(old, new)
    told = comparison.with_times(True)
    assert changes_of(told) == expected
    assert changes_of(comparison) == {
        path: difference for path, difference in expected.items() if difference != ("modified", TIME_ALONE)
    }
    for each in (told, comparison):
        check_comparison(each)
    for stack, layers in ((comparison.before, first), (comparison.stack, second)):
        check_stack(stack, layers)
    changed = {
        path: how for path, (how, aspects) in expected.items() if how != "modified" or aspects & {"content", "type"}
    }
    figures = comparison.differences
    assert figures.added == sum(
        len(inode.content) for inode, paths in files(new) if all(changed.get(path) == "added" for path in paths)
    )
    assert figures.added + figures.modified == sum(
        len(inode.content) for inode, paths in files(new) if all(path in changed for path in paths)
    )
    assert figures.removed == sum(
        len(inode.content) for inode, paths in files(old) if all(changed.get(path) == "removed" for path in paths)
    )
    assert figures.removed + figures.replaced == sum(
        len(inode.content) for inode, paths in files(old) if all(path in changed for path in paths)
    )


def check_stack(stack: Stack, layers: list[Layer]) -> None:
    """An aligned tree says what it said before, and nothing of the other image's paths."""
    alone = stacked(layers, known=True)
    assert [stack.path(node) for node in stack.walk(stack.layers)] == [
        alone.path(node) for node in alone.walk(stack.layers)
    ]
    for node in range(stack.nodes):
        before = alone.find(stack.path(node))
        if before is None:
            assert not stack.history(node)
            assert not any(stack.presence(layer)[node] for layer in range(stack.layers + 1))
            continue
        assert stack.history(node) == alone.history(before)
        for layer in range(stack.layers + 1):
            assert stack.entry(node, layer) == alone.entry(before, layer)
            assert stack.size(node, layer) == alone.size(before, layer)
            assert stack.items(node, layer) == alone.items(before, layer)
            assert stack.presence(layer)[node] == alone.presence(layer)[before]


def compared(
    first: list[Layer],
    second: list[Layer],
    twins: dict[int, int] | None = None,
    asked: list[tuple[int, int]] | None = None,
) -> ImageComparison:
    """The one image with the checksums of its contents, the other without, so that they are asked for."""
    known, lazy = stacked(first, known=True), stacked(second, known=False)
    contents = indexes_of(second)

    def checksum(layer: int, row: int) -> int:
        if asked is not None:
            asked.append((layer, row))
        return contents[layer].crc[row]

    one, other = (
        Stack(tree, indexes)
        for tree, indexes in zip(align(known.tree, lazy.tree), (indexes_of(first), lazily(second)), strict=True)
    )
    return ImageComparison(one, other, differ(one, other, twins or {}, (lambda layer, row: None, checksum)))


def stacked(layers: list[Layer], known: bool) -> Stack:
    contents = indexes_of(layers)
    indexes = contents if known else lazily(layers)
    return Stack(merge(len(layers), indexes, lambda layer, row: contents[layer].crc[row]), indexes)


def lazily(layers: list[Layer]) -> dict[int, LayerIndex]:
    return {number: without_checksums(index) for number, index in indexes_of(layers).items()}


def last_state(layers: list[Layer]) -> State:
    return {ROOT: implied(0)} | Model(*layers).states[-1]


def differences(old: State, new: State) -> dict[Path, tuple[str, frozenset[str]]]:
    """Every path that differs, and how."""
    found = {path: ("added", frozenset[str]()) for path in new.keys() - old.keys()}
    found |= {path: ("removed", frozenset[str]()) for path in old.keys() - new.keys()}
    for path in old.keys() & new.keys():
        if aspects := aspects_between(old[path], new[path]):
            found[path] = "modified", aspects
    return found


def files(state: State) -> list[tuple[Inode, list[Path]]]:
    """Every content of a state, once, and the paths that name it."""
    inodes = {node.inode for node in state.values() if node.inode}
    return [(inode, [path for path, node in state.items() if node.inode is inode]) for inode in inodes]
