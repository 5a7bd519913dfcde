from __future__ import annotations

import pytest

from layerview.wording.figures import at_least, counted, difference, exact, share, short


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


def test_short_numbers_take_four_columns_whatever_they_count() -> None:
    told = {0: "", 7: "7", 999: "999", 1_000: "1.0k", 9_999: "10k", 51_234: "51k", 271_017: "271k", 999_999: "1.0M"}
    assert {count: short(count) for count in told} == told
    assert all(len(short(count)) <= 4 for power in range(18) for count in (10**power, 10**power - 1, 5 * 10**power))


def test_a_share_takes_five_columns_and_is_never_all_or_nothing_of_what_is_only_nearly_so() -> None:
    assert [share(part, 1000) for part in (0, 1, 454, 999, 1000)] == ["0 %", "<1 %", "45 %", "99 %", "100 %"]
    assert share(0, 0) == "0 %"
