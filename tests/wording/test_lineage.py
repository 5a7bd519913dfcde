"""The picture of what images share."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from layerview.analysis.lineage import all_branches, lineage
from layerview.analysis.sharing import Holding
from layerview.text import columns
from layerview.wording.lineage import picture
from tests.holdings import IMAGES, holding


@given(IMAGES, st.integers(40, 200))
def test_the_picture_has_a_line_for_each_branch_and_keeps_to_its_width(images: Sequence[Holding], width: int) -> None:
    tree = lineage(images)
    lines = list(picture(tree, [f"カメラ/{image.id}:1" for image in images], width))
    assert len(lines) == len(list(all_branches(tree)))
    assert all(columns(line) <= width for line in lines)


def test_the_picture_shows_how_wide_each_branch_is_and_who_goes_on_from_it() -> None:
    images = [holding("ab"), holding("a"), holding("acf"), holding("acd"), holding("d"), holding("abe")]
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
    images = [Holding("docker", str(number), holding("cf").layers) for number in range(6)]
    assert list(picture(lineage(images), "uvwxyz", 60)) == [" 40 MB+       2  ██████████  u · v · w · 3 more"]
