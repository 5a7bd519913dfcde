"""Images as a tree of the layers that they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import given

from layerview.analysis.lineage import Branch, all_branches, lineage, scattered
from layerview.analysis.sharing import Holding, groups
from layerview.image import ListedLayer
from tests.holdings import IMAGES, holding


def _paths(tree: Sequence[Branch], below: str = "") -> Iterator[tuple[int, str]]:
    """Each image, with the layers that lead to its end."""
    for branch in tree:
        names = below + "".join(layer.diff_id for layer in branch.layers)
        yield from ((number, names) for number in branch.ending)
        yield from _paths(branch.branches, names)


@given(IMAGES)
def test_the_way_to_where_an_image_ends_is_its_layers(images: Sequence[Holding]) -> None:
    expected = {number: image.id for number, image in enumerate(images) if image.layers}
    assert dict(_paths(lineage(images))) == expected


@given(IMAGES)
def test_a_branch_ends_only_where_images_part_or_end(images: Sequence[Holding]) -> None:
    for branch in all_branches(lineage(images)):
        assert branch.layers
        assert branch.ending or len(branch.branches) > 1
        on_top = [number for each in branch.branches for number in each.members]
        assert sorted((*branch.ending, *on_top)) == sorted(branch.members)
        assert [each.all_bytes for each in branch.branches] == sorted(
            (b.all_bytes for b in branch.branches), reverse=True
        )


def test_layers_on_top_of_different_ones_are_told_beside_the_tree() -> None:
    images = [holding("acb"), holding("bc"), holding("bcd"), holding("cd")]
    found = scattered(lineage(images), groups(images))
    assert [(group.members, "".join(layer.diff_id for layer in group.layers)) for group in found] == [
        ((0, 1, 2, 3), "c"),
        ((0, 1, 2), "b"),
        ((2, 3), "d"),
    ]
    assert scattered(lineage(images[1:3]), groups(images[1:3])) == []


def test_layers_without_a_digest_are_in_no_other_branch() -> None:
    images = [Holding("an archive", id, (ListedLayer("", 5), ListedLayer("", 7))) for id in ("x", "y")]
    assert [branch.all_bytes for branch in lineage(images)] == [12, 12]
