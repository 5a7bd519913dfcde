"""How the layers of two images are aligned."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.analysis import LayerPair, is_same, layer_pairs
from layerview.image import HistoryEntry, Layer
from layerview.image.dockerfile import Lines

STEPS = st.lists(st.sampled_from(["a1", "a2", "b1", "b2", "c1", "1", "2"]), max_size=5)


def layers(*written: str) -> list[Layer]:
    """Each an instruction in letters, then a diffID in digits; either may be missing."""
    return [
        Layer(number, each.lstrip("abcxyz"), HistoryEntry(created_by=f"RUN {instruction}") if instruction else None)
        for number, each in enumerate(written, 1)
        for instruction in [each.rstrip("0123456789")]
    ]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("12", "12", ["1=1", "2=2"]),
        ("123", "124", ["1=1", "2=2", "3-", "+3"]),
        ("12", "123", ["1=1", "2=2", "+3"]),
        ("123", "789", ["1-", "2-", "3-", "+1", "+2", "+3"]),
        ("1234", "1934", ["1=1", "2-", "+2", "3=3", "4=4"]),
        ("134", "1234", ["1=1", "+2", "2=3", "3=4"]),
        ("", "1", ["+1"]),
        ("", "", []),
    ],
)
def test_layers_of_one_diff_id_in_the_same_order_are_in_both(one: str, other: str, expected: list[str]) -> None:
    """And where the images part, the first one's come before the second one's."""
    assert aligned(layers(*one), layers(*other)) == expected


def test_a_layer_whose_diff_id_is_not_known_is_like_no_other() -> None:
    assert aligned(layers("1", ""), layers("1", "")) == ["1=1", "2-", "+2"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("a1 b2 c3", "a1 x9 b4 c5", ["1=1", "+2", "2~3", "3~4"], id="a step inserted"),
        pytest.param("a1 b2 x9 c3", "a1 b4 c5", ["1=1", "2~2", "3-", "4~3"], id="a step removed"),
        pytest.param("a1 b2 c3", "a1 x2 c3", ["1=1", "2=2", "3=3"], id="a step written otherwise, with the same files"),
        pytest.param("a1 b2 c3", "a1 x4 c5", ["1=1", "2-", "+2", "3~3"], id="a step changed"),
        pytest.param("a1 b2", "a3 b4", ["1~1", "2~2"], id="all built anew"),
        pytest.param("a1 b2", "b2 a1", ["1-", "2=1", "+2"], id="two steps swapped"),
        pytest.param("a1 a2", "a3 a2", ["1~1", "2=2"], id="an instruction twice, the same files once"),
        pytest.param("a1", "a2 a1", ["+1", "1=2"], id="the same files before the same instruction"),
    ],
)
def test_between_these_layers_of_one_instruction_come_together(one: str, other: str, expected: list[str]) -> None:
    assert aligned(layers(*one.split()), layers(*other.split())) == expected


def test_what_older_builders_record_of_copied_files_makes_no_other_instruction() -> None:
    old, new = (
        Layer(1, digest, HistoryEntry(created_by=f"/bin/sh -c #(nop) COPY dir:{digest * 32} in /app "))
        for digest in ("0a", "1b")
    )
    elsewhere = Layer(1, "2c", HistoryEntry(created_by="/bin/sh -c #(nop) COPY dir:2c in /srv "))
    assert aligned([old], [new]) == ["1~1"]
    assert aligned([old], [elsewhere]) == ["1-", "+1"]


def test_layers_of_which_the_lines_alone_tell_what_they_come_from_come_together() -> None:
    old, new = (Layer(1, digest, HistoryEntry(lines=Lines("Dockerfile", 1, 1, ("FROM base:1",)))) for digest in "12")
    assert aligned([old], [new]) == ["1~1"]


@given(STEPS, STEPS)
def test_no_alignment_has_more_in_common(one: list[str], other: list[str]) -> None:
    """All layers are there, in their order; of all ways to bring some together, none has more of the same, then of one step."""
    mine, theirs = layers(*one), layers(*other)
    pairs = layer_pairs(mine, theirs)
    assert [old for old, _ in pairs if old] == mine and [new for _, new in pairs if new] == theirs
    best = max(
        worth(list(zip(some, others, strict=True)))
        for count in range(min(len(one), len(other)) + 1)
        for some in combinations(mine, count)
        for others in combinations(theirs, count)
    )
    assert worth([pair for pair in pairs if all(pair)]) == best


def worth(pairs: list[LayerPair]) -> tuple[int, int]:
    """How many are the same, and how many of one instruction; nothing where two have nothing in common."""
    same = sum(map(is_same, pairs))
    alike = [
        pair
        for pair in pairs
        if not is_same(pair) and all(pair) and len({str(each.history) for each in pair if each}) == 1
    ]
    if same + len(alike) < len(pairs) or any(each and not each.history for pair in alike for each in pair):
        return -1, -1
    return same, len(alike)


def aligned(one: list[Layer], other: list[Layer]) -> list[str]:
    return [
        f"{old.number}{'=' if is_same((old, new)) else '~'}{new.number}"
        if old and new
        else f"+{new.number}"
        if new
        else f"{old.number}-"
        if old
        else ""
        for old, new in layer_pairs(one, other)
    ]
