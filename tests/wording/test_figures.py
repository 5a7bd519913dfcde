from __future__ import annotations

import pytest

from layerview.wording.figures import at_least, counted, difference, exact


def test_sizes_are_exact_beside_the_rounded_one() -> None:
    assert exact(999) == "999 B"
    assert exact(1_234_567) == "1.2 MB (1,234,567 bytes)"


def test_what_is_known_in_part_is_told_as_the_least_there_is() -> None:
    assert [at_least(1_500, True), at_least(1_500, False), at_least(0, False)] == ["1.5 kB", "1.5 kB+", "unknown"]


@pytest.mark.parametrize(
    ("old", "new", "expected"), [(0, 0, "no more, no less"), (2_000, 500, "−1.5 kB"), (500, 2_000, "+1.5 kB")]
)
def test_a_difference_in_bytes_has_a_sign(old: int, new: int, expected: str) -> None:
    assert difference(old, new) == expected


def test_one_is_singular_and_none_is_not() -> None:
    assert [counted(n, "path") for n in (0, 1, 2_000)] == ["0 paths", "1 path", "2,000 paths"]
    assert counted(2, "match", "matches") == "2 matches"
