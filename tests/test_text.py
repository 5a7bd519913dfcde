import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.text import alike_in, bar, columns, escape, fit, fit_middle, fit_path, percent, size


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain.txt", "plain.txt"),
        ("café カメラ", "café カメラ"),
        ("back\\slash", "back\\slash"),
        ("\x1b[2J", r"\x1b[2J"),
        ("line\nbreak\ttab\x7f", r"line\x0abreak\x09tab\x7f"),
        ("\x9b31m", r"\xc2\x9b31m"),
        ("exe\u202egpj", r"exe\xe2\x80\xaegpj"),
        ("\u2066\u2069\u200e\u200f\u061c", r"\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"),
        ("\u2028", r"\xe2\x80\xa8"),
        ("caf\udce9", r"caf\xe9"),
        (b"caf\xe9", r"caf\xe9"),
        ("\ud800", r"\xed\xa0\x80"),
    ],
)
def test_statement_32_what_could_mislead_is_shown_by_its_bytes(name: str | bytes, shown: str) -> None:
    assert escape(name) == shown


@given(st.binary())
def test_statement_32_an_escaped_name_is_one_line_that_any_terminal_takes(name: bytes) -> None:
    shown = escape(name)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in shown)


@pytest.mark.parametrize(
    ("bytes_", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (9_949_999, "9.9 MB"),
        (9_960_000, "10 MB"),
        (220_000, "220 kB"),
        (49_000_000, "49 MB"),
        (1_300_000_000, "1.3 GB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (999_949, "1.0 MB"),
        (999_950, "1.0 MB"),
        (999_999_999, "1.0 GB"),
    ],
)
def test_statement_20_sizes_are_decimal_with_two_or_three_figures(bytes_: int, shown: str) -> None:
    assert size(bytes_) == shown


def test_no_size_takes_more_than_six_columns_nor_three_figures() -> None:
    """Statement 20. Around every place where the unit or the number of figures changes."""
    places = [figures * 10**power for power in range(2, 25) for figures in (1, 9.95, 99.5, 995, 999.5, 999.95)]
    for place in places:
        for bytes_ in (int(place) + step for step in (-51, -1, 0, 1, 49, 50)):
            number, unit = size(bytes_).split()
            assert len(number) <= 3 and len(unit) <= 2, bytes_
            factor = 1000 ** "BkMGTPEZYRQ".index(unit[0])
            assert abs(float(number) * factor - bytes_) <= max(bytes_ * 0.0503, 0.5), bytes_
            assert float(number) < 1000, bytes_


@pytest.mark.parametrize(
    ("fraction", "shown"), [(1, "100.0 %"), (0.99999, "99.9 %"), (0.885, "88.5 %"), (0.00001, "0.1 %"), (0, "0.0 %")]
)
def test_a_share_that_is_nearly_all_or_nothing_does_not_read_as_such(fraction: float, shown: str) -> None:
    assert percent(fraction) == shown


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    assert columns("カメラ") == 6
    assert columns("e\u0301") == 1


def test_a_line_is_cut_at_its_end_and_a_path_at_its_beginning() -> None:
    assert fit("abcdef", 6) == "abcdef"
    assert [fit("abc", width) for width in (1, 0, -1)] == ["…", "", ""]
    assert fit("abcdefg", 6) == "abcde…"
    assert fit("カメラカメラ", 6) == "カメ…"
    assert fit_path("/usr/lib/libc.so", 8) == "…libc.so"
    assert fit("é" + "x" * 1_000_000, 6) == "éxxxx…"  # in no time, where each cut once was measured anew


def test_bars_are_in_proportion_and_never_longer_than_their_room() -> None:
    assert bar(1, 2, 4) == "██  "
    assert bar(1, 16, 4) == "▎   "
    assert bar(0, 2, 4) == bar(1, 0, 4) == "    "
    assert bar(5, 2, 4) == "████"
    assert bar(1, 2, 0) == ""


def test_a_path_that_is_cut_in_its_middle_keeps_both_ends() -> None:
    path = "usr/lib/python3/dist-packages/django/conf/urls.py"
    assert fit_middle(path, 60) == path
    assert fit_middle(path, 30) == "usr/lib/py…django/conf/urls.py"[:11] + path[-19:]
    assert [columns(fit_middle(path, width)) for width in range(1, 49)] == [*range(1, 49)]


@given(
    st.lists(st.text("ab", min_size=2, max_size=9), min_size=2, max_size=5, unique=True),
    st.integers(24, 40),
)
def test_paths_that_are_cut_do_not_look_the_same(names: list[str], width: int) -> None:
    """Even where all they differ in is far from both ends."""
    head, tail = "node_modules/@typescript/typescript-", "/lib/typescript/lib/tsc.js"
    paths = sorted(f"{head}{name}{tail}" for name in names)
    shown = []
    for at, path in enumerate(paths):
        beside = [*paths[max(at - 1, 0) : at], *paths[at + 1 : at + 2]]
        tells = max(alike_in(path, other) for other in beside)
        shown.append(fit_middle(path, width, alike_in(paths[0], paths[-1]), tells))
        assert columns(shown[-1]) <= width
    assert len({*shown}) == len(paths)
