"""Which paths match a regular expression: the same whether each is searched by itself or many as one text."""

from __future__ import annotations

import re
from functools import cache
from itertools import compress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from layerview.errors import UsageError
from layerview.filesystem import Stack
from layerview.text import Expression
from layerview.trees.matching import matching
from tests.builders import file
from tests.stacks import stack

WORDS = (b"etc", b"lib", b"Conf", b"a.py", b"b c", b"x\ny", b"caf\xe9", b"node_modules", b"$", b"7")


@cache
def large() -> Stack:
    """Some 40,000 paths in folders, up to six words deep, among them a newline and what is no UTF-8."""
    paths = []
    for number in range(25_000):
        digits = [int(digit) for digit in f"{number * 7919 % 1_000_003:07}"]
        paths.append(b"/".join(WORDS[digit] for digit in digits[: 2 + number % 5]) + b"/%x" % number)
    return stack(tuple(map(file, paths)))


@cache
def lines() -> tuple[bytes, ...]:
    """What is searched: the path of each node with a slash in front; a newline in it is a NUL, which no name can hold."""
    return tuple(b"/" + large().path(node).replace(b"\n", b"\0") for node in range(large().nodes))


ATOMS = [
    *("e", "c", "/", "7", "lib", "Conf", "py", "e/", "node_modules/", ".", r"\.", r"\$", r"\d", r"\w", r"\S", r"\b", "$", "^"),
    *("[a-c]", "[/x]", "[^a]", "[^/]", r"\s", r"\W", r"\D", r"\n", r"[\s/]", r"\x0a", r"\Z", r"\A", "zz", "é", "b c", r"\/"),
    *("(e|b)", "(?:c/)", "(?!lib)", "(?=/)", "(?<=/)", r"(.)\1", "x.y", "1f", "a0"),
]  # fmt: skip
REPEATS = ["", "", "", "*", "+", "?", "*?", "{2}", "|", "*+"]
PATTERNS = st.builds(
    lambda flags, parts: flags + "".join(atom + repeat for atom, repeat in parts),
    st.sampled_from(["", "", "", "(?i)", "(?s)", "(?x)", "(?m)"]),
    st.lists(st.tuples(st.sampled_from(ATOMS), st.sampled_from(REPEATS)), min_size=1, max_size=4),
)


@settings(deadline=None)  # the first one builds the tree
@given(PATTERNS)
def test_all_that_match_by_themselves_match_and_nothing_else(pattern: str) -> None:
    try:
        search = Expression(pattern)
    except UsageError:
        assume(False)
    found = matching(search, large())
    assert list(found.mask) == [0, *(search.search(line) is not None for line in lines()[1:])]
    check_tops(large(), found.mask, list(found.tops))


@pytest.mark.parametrize(
    "pattern",
    [
        *("zz", "lib", "/7/[0-9]", "etc/Conf", "e", "py$", "^/lib", "f$", r"Conf\b", "x.y", "()"),
        *("^$", "^x*$", r"^\d*$", "^", "$", r"[/\$]*+\b", r"[/\$]*+$"),
        # What one text has at the end of a line, a path by itself has not.
        *(r"9\s", r"9\W/e", r"9\D/e", "9[^a]/e", "(?s)9./e", "9\n/", "9[\t-/]/e", "7(?!.)", r"7(?![/\s])"),
    ],
)
def test_what_is_looked_for_is_looked_for_in_each_path(pattern: str) -> None:
    found = matching(Expression(pattern), large())
    assert list(compress(lines(), found.mask)) == [line for line in lines()[1:] if re.search(pattern.encode(), line)]
    check_tops(large(), found.mask, list(found.tops))


def check_tops(whole: Stack, mask: bytearray, tops: list[int]) -> None:
    """They match, and from them all others are reached through matches."""
    assert tops == sorted(set(tops))
    assert all(mask[node] for node in tops)
    left = set(compress(range(whole.nodes), mask)) - set(tops)
    assert all(mask[whole.parent(node)] for node in left)
