"""Images as a tree of the layers that they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from layerview.analysis.lineage import Branch, lineage, picture, scattered
from layerview.analysis.sharing import Holding, groups
from layerview.image import ListedLayer
from layerview.text import columns

_SIZES = {"a": 10_000_000, "b": 5_000_000, "c": 40_000_000, "d": 1_000, "e": 0, "f": None}


def _image(names: str) -> Holding:
    return Holding("docker", names, tuple(ListedLayer(name, _SIZES[name]) for name in names))


_IMAGES = st.lists(st.lists(st.sampled_from("abcdef"), max_size=6).map("".join).map(_image), max_size=8)


def _paths(tree: Sequence[Branch], below: str = "") -> Iterator[tuple[int, str]]:
    """Each image, with the layers that lead to its end."""
    for branch in tree:
        names = below + "".join(layer.diff_id for layer in branch.layers)
        yield from ((number, names) for number in branch.ending)
        yield from _paths(branch.branches, names)


def _all(tree: Sequence[Branch]) -> Iterator[Branch]:
    for branch in tree:
        yield branch
        yield from _all(branch.branches)


@given(_IMAGES)
def test_the_way_to_where_an_image_ends_is_its_layers(images: Sequence[Holding]) -> None:
    expected = {number: image.id for number, image in enumerate(images) if image.layers}
    assert dict(_paths(lineage(images))) == expected


@given(_IMAGES)
def test_a_branch_ends_only_where_images_part_or_end(images: Sequence[Holding]) -> None:
    for branch in _all(lineage(images)):
        assert branch.layers
        assert branch.ending or len(branch.branches) > 1
        on_top = [number for each in branch.branches for number in each.members]
        assert sorted((*branch.ending, *on_top)) == sorted(branch.members)
        assert [each.all_bytes for each in branch.branches] == sorted(
            (b.all_bytes for b in branch.branches), reverse=True
        )


@given(_IMAGES, st.integers(40, 200))
def test_the_picture_has_a_line_for_each_branch_and_keeps_to_its_width(images: Sequence[Holding], width: int) -> None:
    tree = lineage(images)
    lines = list(picture(tree, [f"カメラ/{image.id}:1" for image in images], width))
    assert len(lines) == len(list(_all(tree)))
    assert all(columns(line) <= width for line in lines)


def test_the_picture_shows_how_wide_each_branch_is_and_who_goes_on_from_it() -> None:
    images = [_image("ab"), _image("a"), _image("acf"), _image("acd"), _image("d"), _image("abe")]
    labels = ["app:1", "base:1", "other:1", "other:2", "small:1", "app:2"]
    assert list(picture(lineage(images), labels, 60)) == [
        "  10 MB       1  ██▌         in 5 images · base:1",
        "  40 MB       1  ██████████  ├─ in 2 images",
        " 1.0 kB       1              │  ├─ other:2",
        "unknown       1              │  └─ other:1",
        " 5.0 MB       1  █▎          └─ in 2 images · app:1",
        "    0 B       1                 └─ app:2",
        " 1.0 kB       1              small:1",
    ]


def test_of_many_images_with_the_same_layers_some_are_named() -> None:
    images = [Holding("docker", str(number), _image("cf").layers) for number in range(6)]
    assert list(picture(lineage(images), "uvwxyz", 60)) == [" 40 MB+       2  ██████████  u · v · w · 3 more"]


def test_layers_on_top_of_different_ones_are_told_beside_the_tree() -> None:
    images = [_image("acb"), _image("bc"), _image("bcd"), _image("cd")]
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
