"""What rows a tree has: folds, hidden kinds of change, the filter, the order, and ways through it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.errors import UsageError
from layerview.filesystem import ABSENT, Comparison, Stack, merge
from layerview.trees import Change, Outline, SortOrder
from layerview.trees.outline import FEW
from tests.builders import Entry, directory, file, hardlink, index, whiteout
from tests.stacks import node, stack
from tests.strategies import IMAGES, Layer

CHANGED = (
    (
        directory("d"), file("d/kept", b"1"), file("d/edited", b"22"), file("d/lost", b"333"),
        directory("e"), file("e/kept", b"4444"), file("f"),
    ),
    (file("d/edited", b"55555"), whiteout("d/lost"), file("d/new/deep", b"666666"), file("g", b"7")),
)  # fmt: skip
"""Two layers: the second one adds, edits and removes in ``d``, and leaves ``e`` and ``f`` alone."""


def outline(*layers: tuple[Entry, ...], below: int | None = None) -> Outline[Comparison]:
    """The outline of the last layer's changes."""
    s = stack(*layers)
    return Outline(Comparison(s, s.layers - 1 if below is None else below, s.layers))


def shown(seen: Outline[Comparison]) -> list[str]:
    """The rows as paths; folders end in a slash."""
    comparison = seen.outlined
    return [comparison.stack.path(n).decode() + "/" * comparison.is_directory(n) for n in seen.rows]


def at(seen: Outline[Comparison], path: str) -> int:
    return node(seen.outlined.stack, path)


ALL = ["d/", "d/edited", "d/kept", "d/lost", "d/new/", "d/new/deep", "e/", "e/kept", "f", "g"]


def test_all_folders_are_closed_at_first() -> None:
    assert shown(outline(*CHANGED)) == ["d/", "e/", "f", "g"]


def test_folders_open_and_close_one_by_one() -> None:
    seen = outline(*CHANGED)
    seen.toggle(at(seen, "d"))
    assert seen.is_open(at(seen, "d"))
    assert shown(seen) == ["d/", "d/edited", "d/kept", "d/lost", "d/new/", "e/", "f", "g"]
    seen.toggle(at(seen, "d/new"))
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d/", "e/", "f", "g"]
    seen.toggle(at(seen, "d"))
    assert "d/new/deep" in shown(seen), "what was open below a folder is open again with it"


def test_what_is_no_folder_does_not_open() -> None:
    seen = outline(*CHANGED)
    seen.toggle(at(seen, "f"))
    assert not seen.is_open(at(seen, "f"))
    assert shown(seen) == ["d/", "e/", "f", "g"]


def test_all_folders_open_and_close_at_once() -> None:
    seen = outline(*CHANGED)
    seen.open_all()
    assert shown(seen) == ALL
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d/", "e/", "e/kept", "f", "g"]
    seen.close_all()
    assert shown(seen) == ["d/", "e/", "f", "g"]
    seen.open_all()
    assert shown(seen) == ALL, "a fold made before does not last"


def test_where_all_are_open_those_that_were_closed_are_closed_one_by_one() -> None:
    seen = outline(tuple(map(file, ("a/1", "d/v/1", "d/w/1", "d/x/1", "d/y/1", "d/z/1", "e/1"))))
    seen.open_all()
    for path in ("a", "e", "d", "d", "d/v", "d/x", "d/z", "d", "d", "e"):
        seen.toggle(at(seen, path))
        rows = naive_rows(seen, set(), "")
        assert list(seen.rows) == rows, f"after {path}"
        seen.sort(SortOrder.NAME)
        assert list(seen.rows) == rows, f"after {path}, anew"


def test_a_folder_that_became_a_file_still_opens_on_what_was_below_it() -> None:
    seen = outline((file("d/a"), file("d/b")), (file("d"),))
    assert shown(seen) == ["d"]
    assert seen.is_folder(at(seen, "d"))
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d", "d/a", "d/b"]
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d"]


@pytest.mark.parametrize(
    ("hidden", "rows"),
    [
        ({Change.UNMODIFIED}, ["d/", "d/edited", "d/lost", "d/new/", "d/new/deep", "g"]),
        ({Change.ADDED}, ["d/", "d/edited", "d/kept", "d/lost", "e/", "e/kept", "f"]),
        ({Change.MODIFIED}, ["d/", "d/kept", "d/lost", "d/new/", "d/new/deep", "e/", "e/kept", "f", "g"]),
        ({Change.REMOVED}, ["d/", "d/edited", "d/kept", "d/new/", "d/new/deep", "e/", "e/kept", "f", "g"]),
        ({Change.UNMODIFIED, Change.ADDED, Change.MODIFIED}, ["d/", "d/lost"]),
        (set(Change), []),
    ],
)
def test_kinds_of_change_hide_but_for_folders_that_lead_to_others(hidden: set[Change], rows: list[str]) -> None:
    seen = outline(*CHANGED)
    seen.open_all()
    for change in sorted(hidden):
        seen.show(change, shown=False)
    assert shown(seen) == rows
    for change in sorted(hidden):
        seen.show(change, shown=True)
    assert shown(seen) == ALL


def test_a_modified_folder_stays_for_what_it_leads_to_when_modified_is_hidden() -> None:
    seen = outline((directory("d"), directory("e")), (directory("d", mode=0o700), file("d/a"), directory("e", mode=0)))
    seen.open_all()
    seen.show(Change.MODIFIED, shown=False)
    assert shown(seen) == ["d/", "d/a"]


def test_without_rows_nothing_is_found() -> None:
    seen = outline(())
    assert (list(seen.rows), seen.row_of(0), seen.next_change(0, 1), seen.next_change(0, -1)) == ([], -1, None, None)


@pytest.mark.parametrize(
    ("pattern", "rows", "matches"),
    [
        ("kept", ["d/", "d/kept", "e/", "e/kept"], 2),
        ("^/d/", ["d/", "d/edited", "d/kept", "d/lost", "d/new/", "d/new/deep"], 5),
        ("^/d$", ["d/"], 1),
        ("(new|e)$", ["d/", "d/new/", "e/"], 2),
        ("p$", ["d/", "d/new/", "d/new/deep"], 1),
        ("^e", [], 0),
        ("/[^/]*$", ALL, 10),
        ("^/[^/]*$", ["d/", "e/", "f", "g"], 4),
        ("kept[^x]*e", [], 0),
        (r"d\s/", [], 0),
        ("(?s)kept.*e", [], 0),
        (r"\A/f\Z", ["f"], 1),
        ("(?i)KEPT", ["d/", "d/kept", "e/", "e/kept"], 2),
        ("x*", ALL, 10),
        ("$", ALL, 10),
    ],
)
def test_the_filter_shows_what_matches_and_opens_the_folders_that_lead_there(
    pattern: str, rows: list[str], matches: int
) -> None:
    seen = outline(*CHANGED)
    seen.filter(pattern)
    assert shown(seen) == rows
    assert seen.matches == matches


def test_what_holds_a_match_is_shown_with_it_though_itself_it_is_hidden() -> None:
    """Among so many paths the filter passes over what is below a folder that matches, and the folder is hidden here."""
    many = tuple(file(f"{number}") for number in range(200))
    seen = outline((*many, directory("d/a1"), file("d/a1/x"), file("d/a1/y")), (file("d/a1/x", b"1"),))
    seen.open_all()
    seen.show(Change.UNMODIFIED, shown=False)
    seen.filter("a1")
    assert shown(seen) == ["d/", "d/a1/", "d/a1/x"]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("makefile", 2), ("Makefile", 1), ("[a-z]akefile", 2), (r"\Sakefile", 2), (r"\x4d", 0), ("É", 1), ("é", 0)],
)
def test_case_counts_where_a_capital_is_typed(pattern: str, matches: int) -> None:
    seen = outline((file("src/Makefile"), file("src/makefile"), file("É")))
    seen.filter(pattern)
    assert seen.matches == matches


def test_with_a_filter_folders_are_as_large_as_what_matches_below_them_each_file_once() -> None:
    entries = (
        file("d/a.so", b"1" * 10),
        file("d/x"),
        file("d/e/b.so", b"2" * 5),
        file("d/e/c", b"3" * 9),
        hardlink("d/e/a.so", "d/a.so"),
    )
    seen = outline(entries)
    seen.filter("so$")
    assert (seen.matches, seen.whole) == (3, 15)
    assert [seen.size(at(seen, path)) for path in ("d", "d/a.so", "d/e", "d/e/a.so")] == [15, 10, 15, 10]
    seen.filter("d/e$")
    assert (seen.matches, seen.size(at(seen, "d/e"))) == (1, 24), "it matches by itself"
    seen.filter("")
    assert (seen.whole, seen.size(at(seen, "d"))) == (24, 24)


def test_what_is_gone_has_the_bytes_that_it_had() -> None:
    seen = outline((file("etc/netrc", b"1234567"), file("etc/x")), (whiteout("etc/netrc"),))
    seen.filter("netrc")
    assert (seen.matches, seen.whole, seen.size(at(seen, "etc"))) == (1, 7, 7)


@pytest.mark.parametrize(("order", "first"), [(SortOrder.NAME, "d/edited"), (SortOrder.SIZE, "d/new")])
def test_the_first_match_is_the_first_on_screen_however_many_there_are(order: SortOrder, first: str) -> None:
    many = tuple(file(f"z/e{number}") for number in range(3_000))
    seen = outline((*CHANGED[0], *many), CHANGED[1])
    seen.sort(order)
    seen.filter("/d/.*e[^/]*$|z/")
    found = seen.first_match()
    assert found == at(seen, first)
    assert seen.rows[seen.row_of(found)] == found, "the folders that lead there are open"
    seen.filter("nowhere")
    assert seen.first_match() is None


def test_without_a_filter_folds_are_as_before() -> None:
    seen = outline(*CHANGED)
    seen.toggle(at(seen, "e"))
    seen.filter("deep")
    assert shown(seen) == ["d/", "d/new/", "d/new/deep"]
    seen.filter("")
    assert seen.matches is None
    assert shown(seen) == ["d/", "e/", "e/kept", "f", "g"]


@pytest.mark.parametrize("closed", [False, True])
def test_folds_outlast_a_filter_however_often_they_were_changed(closed: bool) -> None:
    seen = outline(*CHANGED)
    assert seen.pattern == ""
    if closed:
        seen.close_all()
    seen.toggle(at(seen, "d"))
    seen.toggle(at(seen, "e"))
    seen.toggle(at(seen, "d"))
    seen.filter("f")
    seen.filter("")
    assert shown(seen) == ["d/", "e/", "e/kept", "f", "g"]


def test_a_folder_closed_under_a_filter_stays_closed_at_another_layer() -> None:
    s = stack(*CHANGED, (file("d/newer"),))
    seen = Outline(Comparison(s, 1, 2))
    seen.filter("/kept")
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d/", "e/", "e/kept"]
    seen.turn_to(Comparison(s, 2, 3))
    assert shown(seen) == ["d/", "e/", "e/kept"]


@pytest.mark.parametrize(("matches", "opened"), [(FEW, True), (FEW + 1, False)])
def test_a_filter_with_few_matches_opens_the_folders_that_lead_to_them(matches: int, opened: bool) -> None:
    seen = outline(tuple(file(f"d/{number}") for number in range(matches)))
    seen.filter("d/")
    assert seen.matches == matches
    assert seen.is_open(at(seen, "d")) == opened
    assert len(seen.rows) == (1 + matches if opened else 1)


def test_a_match_that_is_in_neither_state_does_not_count() -> None:
    seen = outline((file("a"),), (whiteout("a"),), (file("b"),))
    seen.filter("[ab]")
    assert (shown(seen), seen.matches) == (["b"], 1)


@pytest.mark.parametrize(
    "pattern", ["(", "[", "*a", "a{2,1}", "(?u)a", "(" * 10_000, "a{99999999999}", "(?P<n>a)(?P<n>b)"]
)
def test_a_malformed_filter_is_said_and_the_rows_stay(pattern: str) -> None:
    seen = outline(*CHANGED)
    seen.filter("kept")
    with pytest.raises(UsageError, match="not a regular expression"):
        seen.filter(pattern)
    assert (seen.pattern, seen.matches) == ("kept", 2)
    assert shown(seen) == ["d/", "d/kept", "e/", "e/kept"]


@pytest.mark.filterwarnings("error")
def test_a_filter_that_python_has_doubts_about_works_in_silence() -> None:
    seen = outline((file("[a"), file("b")))
    seen.filter("[[a]")
    assert shown(seen) == ["[a"]


def test_all_paths_at_once_are_those_of_each_node() -> None:
    seen = stack((file(b"d/new\nline"), file(b"d/line"), file(b"d\n"), file(b"\xff"), file("z")))
    assert seen.all_paths() == [seen.path(each) for each in range(seen.nodes)]


def test_names_with_newlines_are_one_row_and_one_match() -> None:
    seen = outline((file(b"d/new\nline"), file(b"d/line"), file(b"d\n"), file(b"\xff")))
    seen.filter("line$")
    assert (shown(seen), seen.matches) == (["d/", "d/line", "d/new\nline"], 2)
    seen.filter("^line")
    assert seen.matches == 0
    seen.filter("new.line")
    assert shown(seen) == ["d/", "d/new\nline"]


def test_names_that_are_not_utf_8_match_as_they_are_listed() -> None:
    seen = outline((file(b"caf\xe9"), file("café")))
    seen.filter(b"caf\xe9$".decode(errors="surrogateescape"))
    assert seen.matches == 1
    seen.filter("é")
    assert seen.matches == 1


def test_the_largest_stand_first_by_size() -> None:
    seen = outline(*CHANGED)
    seen.open_all()
    seen.sort(SortOrder.SIZE)
    assert shown(seen) == [
        "d/", "d/new/", "d/new/deep", "d/edited", "d/lost", "d/kept", "e/", "e/kept", "g", "f"
    ]  # fmt: skip


def test_what_holds_the_most_changes_stands_first_by_changes() -> None:
    seen = outline(*CHANGED)
    seen.open_all()
    seen.sort(SortOrder.CHANGES)
    assert shown(seen) == [
        "d/", "d/new/", "d/new/deep", "d/edited", "d/lost", "d/kept", "g", "e/", "e/kept", "f"
    ]  # fmt: skip


@pytest.mark.parametrize("order", SortOrder)
def test_folds_work_in_every_order(order: SortOrder) -> None:
    seen = outline(*CHANGED)
    seen.sort(order)
    closed = shown(seen)
    for path in ("d", "d/new", "e"):
        seen.toggle(at(seen, path))
    rows = shown(seen)
    seen.sort(order)
    assert shown(seen) == rows
    assert sorted(rows) == sorted(ALL)
    for path in ("d", "e"):
        seen.toggle(at(seen, path))
    assert shown(seen) == closed


def test_the_row_of_what_is_not_shown_is_that_of_the_nearest_folder_above_it() -> None:
    seen = outline(*CHANGED)
    seen.sort(SortOrder.SIZE)
    assert seen.row_of(at(seen, "d/new/deep")) == 0
    assert seen.row_of(at(seen, "e/kept")) == shown(seen).index("e/")
    seen.filter("kept")
    assert shown(seen)[seen.row_of(at(seen, "d/new/deep"))] == "d/"
    assert seen.row_of(at(seen, "g")) == 0


@pytest.mark.parametrize("order", SortOrder)
def test_a_path_is_revealed_by_opening_the_folders_above_it(order: SortOrder) -> None:
    seen = outline(*CHANGED)
    seen.sort(order)
    row = seen.reveal(at(seen, "d/new/deep"))
    assert shown(seen)[row] == "d/new/deep"
    assert "e/kept" not in shown(seen)


def test_another_layer_keeps_folds_filter_hidden_kinds_and_order() -> None:
    s = stack(*CHANGED, (file("d/newer"), whiteout("e/kept")))
    seen = Outline(Comparison(s, 1, 2))
    seen.toggle(node(s, "d"))
    seen.show(Change.UNMODIFIED, shown=False)
    seen.sort(SortOrder.SIZE)
    seen.turn_to(Comparison(s, 2, 3))
    assert shown(seen) == ["d/", "d/newer", "e/"]
    seen.filter("newer")
    seen.turn_to(Comparison(s, 1, 2))
    assert (shown(seen), seen.matches) == ([], 0)
    seen.turn_to(Comparison(s, 2, 3))
    assert (shown(seen), seen.matches) == (["d/", "d/newer"], 1)


def test_a_grown_stack_keeps_folds_filter_hidden_kinds_and_order() -> None:
    layers = (*CHANGED, (file("a/first"), file("d/newest", b"1" * 50), file("d/new/deeper")))
    indexes = {number: index(*entries) for number, entries in enumerate(layers, 1)}
    few = {number: indexes[number] for number in (1, 3)}
    small, grown = (Stack(merge(3, some, lambda layer, row: None), some) for some in (few, indexes))
    seen = Outline(Comparison(small, 0, 3))
    seen.sort(SortOrder.SIZE)
    seen.toggle(node(small, "d"))
    assert shown(seen) == ["d/", "d/newest", "d/lost", "d/edited", "d/kept", "d/new/", "e/", "a/", "f"]
    seen.turn_to(Comparison(grown, 0, 3))
    assert shown(seen) == ["d/", "d/newest", "d/new/", "d/edited", "d/kept", "e/", "g", "a/", "f"]
    seen.filter("deep")
    assert (shown(seen), seen.matches) == (["d/", "d/new/", "d/new/deep", "d/new/deeper"], 2)
    seen.turn_to(Comparison(small, 0, 3))
    assert (shown(seen), seen.matches) == (["d/", "d/new/", "d/new/deeper"], 1)
    seen.filter("")
    seen.open_all()
    seen.toggle(node(small, "d"))
    seen.turn_to(Comparison(grown, 0, 3))
    assert shown(seen) == ["d/", "e/", "e/kept", "g", "a/", "a/first", "f"]


# the same by a naive recursive listing

PATTERNS = st.sampled_from(
    [
        "",
        "",
        "a",
        "^/a",
        "a$",
        "^/a$",
        "/b/",
        "b|c$",
        "[^/]*a",
        "^/[^/]*$",
        "a[^b]*b",
        "(?!a)",
        r"\Ab*",
        r"c\Z",
        "(?s)a.c",
        "zz",
    ]
)


def naive_children(seen: Outline[Comparison], over: int, hidden: set[Change], pattern: str) -> list[int]:
    """What is shown right below a folder."""
    comparison = seen.outlined

    def is_shown(node: int) -> bool:
        path = b"/" + comparison.stack.path(node)
        chosen = (
            comparison.present(node)
            and comparison.change(node) not in hidden
            and re.search(pattern.encode(), path) is not None
        )
        return chosen or any(map(is_shown, comparison.stack.children(node)))

    def changes(node: int) -> int:
        return sum(bool(comparison.change(below)) for below in range(node, comparison.stack.end(node)))

    children = [child for child in comparison.stack.children(over) if is_shown(child)]

    def size(node: int) -> int:
        return naive_size(seen, node, pattern)

    weight = {SortOrder.NAME: lambda _: 0, SortOrder.SIZE: size, SortOrder.CHANGES: changes}[seen.order]
    return sorted(children, key=lambda child: (-weight(child), child))


def naive_size(seen: Outline[Comparison], node: int, pattern: str) -> int:
    """Bytes of what matches below a path, each file once; where nothing does, of all of it."""
    comparison = seen.outlined
    found = [below for below in range(node + 1, comparison.stack.end(node)) if is_match(comparison, below, pattern)]
    if not pattern or not found:
        return comparison.size(node)
    files = dict[tuple[bool, int], int]()
    for each in found:
        there = comparison.stack.present(each, comparison.at)
        stack, layer = (comparison.stack, comparison.at) if there else (comparison.before, comparison.below)
        if stack.inode(each, layer) != ABSENT:
            files[there, stack.inode(each, layer)] = comparison.size(each)
    return sum(files.values())


def is_match(comparison: Comparison, node: int, pattern: str) -> bool:
    found = re.search(pattern.encode(), b"/" + comparison.stack.path(node))
    return comparison.present(node) and found is not None


def naive_rows(
    seen: Outline[Comparison], hidden: set[Change], pattern: str, over: int = 0, everything: bool = False
) -> list[int]:
    rows = []
    for child in naive_children(seen, over, hidden, pattern):
        rows.append(child)
        if everything or seen.is_open(child):
            rows += naive_rows(seen, hidden, pattern, child, everything)
    return rows


@given(IMAGES, st.data())
def test_rows_are_those_of_a_naive_listing_whatever_is_done(layers: list[Layer], data: st.DataObject) -> None:
    s = stack(*layers)
    states = st.integers(0, s.layers)
    seen = Outline(Comparison(s, 0, s.layers))
    hidden: set[Change] = set()
    pattern = ""
    deeds = ["toggle", "show", "filter", "sort", "compare", "reveal", "open_all", "close_all"]
    for deed in data.draw(st.lists(st.sampled_from(deeds), max_size=8)):
        if deed == "toggle" and seen.rows:
            seen.toggle(data.draw(st.sampled_from(list(seen.rows))))
        elif deed == "show":
            change = data.draw(st.sampled_from(list(Change)))
            hidden ^= {change}
            seen.show(change, shown=change not in hidden)
        elif deed == "filter":
            pattern = data.draw(PATTERNS)
            seen.filter(pattern)
        elif deed == "sort":
            seen.sort(data.draw(st.sampled_from(SortOrder)))
        elif deed == "compare":
            seen.turn_to(Comparison(s, data.draw(states), data.draw(states)))
        elif deed == "reveal":
            revealed = data.draw(st.integers(0, s.nodes - 1))
            row = seen.reveal(revealed)
            everything = naive_rows(seen, hidden, pattern, everything=True)
            assert (row >= 0 and seen.rows[row] == revealed) == (revealed in everything)
        elif deed == "open_all":
            seen.open_all()
        elif deed == "close_all":
            seen.close_all()
        assert seen.hidden == hidden
        rows = naive_rows(seen, hidden, pattern)
        assert list(seen.rows) == rows
        assert [seen.row_of(n) for n in rows] == list(range(len(rows)))
        for each in rows:
            assert seen.size(each) == naive_size(seen, each, pattern)
        if pattern:
            paths = [b"/" + s.path(n) for n in range(1, s.nodes) if seen.outlined.present(n)]
            assert seen.matches == sum(re.search(pattern.encode(), path) is not None for path in paths)


@given(IMAGES, st.sampled_from(SortOrder), st.sets(st.sampled_from(list(Change))), PATTERNS, st.data())
def test_the_walks_to_the_next_and_the_previous_change_pass_all_in_the_order_on_screen(
    layers: list[Layer], order: SortOrder, hidden: set[Change], pattern: str, data: st.DataObject
) -> None:
    s = stack(*layers)
    states = st.integers(0, s.layers)
    seen = Outline(Comparison(s, data.draw(states), data.draw(states)))
    seen.sort(order)
    seen.filter(pattern)
    for change in hidden:
        seen.show(change, shown=False)
    everything = naive_rows(seen, hidden, pattern, everything=True)
    changed = [n for n in everything if seen.outlined.change(n)]
    assert walk(seen, 0, 1) == changed
    if everything:
        last = everything[-1]
        assert walk(seen, last, -1) == [n for n in reversed(changed) if n != last]
    for start in everything:
        at = everything.index(start)
        assert seen.next_change(start, 1) == next((n for n in everything[at + 1 :] if n in changed), None)
        assert seen.next_change(start, -1) == next((n for n in everything[:at][::-1] if n in changed), None)


def walk(seen: Outline[Comparison], start: int, step: int) -> list[int]:
    found = []
    following = seen.next_change(start, step)
    while following is not None:
        found.append(following)
        following = seen.next_change(following, step)
    return found


def test_folders_that_changed_are_passed_on_the_way_back_save_the_root() -> None:
    seen = outline(
        (directory("."), directory("d"), file("d/a"), file("e")),
        (directory(".", mode=0o700), directory("d", mode=0o700), file("d/a", b"1"), file("e", b"1")),
    )
    assert walk(seen, at(seen, "e"), -1) == [at(seen, "d/a"), at(seen, "d")]


@pytest.mark.parametrize("order", SortOrder)
def test_a_row_is_found_among_any_number_of_them(order: SortOrder) -> None:
    """By its place, by what stands in it, and several at once; more than are counted together."""
    seen = outline(tuple(file(f"{over}/{number}", b"1") for over in "abc" for number in range(700)))
    seen.sort(order)
    seen.toggle(at(seen, "a"))
    seen.toggle(at(seen, "c"))
    rows = naive_rows(seen, set(), "")
    assert len(seen.rows) == len(rows) == 2 * 700 + 3
    assert [seen.rows[row] for row in range(len(rows))] == rows
    assert [seen.rows.find(n) for n in rows] == list(range(len(rows)))
    assert seen.rows.find(at(seen, "b/1")) is None
    for several in (slice(510, 515), slice(-3, None), slice(None, 2_000, 70), slice(1_400, 1_500)):
        assert seen.rows[several] == rows[several]
    for row in (-1, len(rows)):
        with pytest.raises(IndexError, match=f"there is no row {row}"):
            seen.rows[row]


def test_a_change_is_found_however_deep_it_is() -> None:
    path = "a/" * 1_500 + "f"
    seen = outline((file(path, b"1"),), (file(path, b"22"),))
    assert seen.next_change(at(seen, "a"), 1) == at(seen, path)
    last = outline((file(path, b"1"), file("b")), (file(path, b"22"),))
    assert last.next_change(at(last, "b"), -1) == at(last, path)
