"""Which layers two images have in common."""

from __future__ import annotations

import pytest

from layerview.analysis import layer_pairs
from layerview.image import Config, Image, Layer, Platform


def image(*diff_ids: str) -> Image:
    layers = tuple(Layer(number, diff_id, None) for number, diff_id in enumerate(diff_ids, 1))
    return Image("app", "", Platform(), Config(), layers)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("ab", "ab", ["1=1", "2=2"]),
        ("abc", "abd", ["1=1", "2=2", "3-", "+3"]),
        ("ab", "abc", ["1=1", "2=2", "+3"]),
        ("abc", "xyz", ["1-", "2-", "3-", "+1", "+2", "+3"]),
        ("abcd", "axcd", ["1=1", "2-", "+2", "3=3", "4=4"]),
        ("acd", "abcd", ["1=1", "+2", "2=3", "3=4"]),
        ("", "a", ["+1"]),
        ("", "", []),
    ],
)
def test_layers_of_one_diff_id_in_the_same_order_are_in_both(one: str, other: str, expected: list[str]) -> None:
    """And where the images part, the first one's come before the second one's."""
    assert written(image(*one), image(*other)) == expected


def test_a_layer_whose_diff_id_is_not_known_is_like_no_other() -> None:
    assert written(image("a", ""), image("a", "")) == ["1=1", "2-", "+2"]


def written(one: Image, other: Image) -> list[str]:
    return [
        f"{old.number}={new.number}" if old and new else f"+{new.number}" if new else f"{old.number}-" if old else ""
        for old, new in layer_pairs(one, other)
    ]
