"""The words of a filter: what they are true of, beside a plain look at each path, and what is said where one is mistyped."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.errors import UsageError
from layerview.filesystem import FILES, Comparison, Entry
from layerview.layers import Kind
from layerview.trees import Change, Outline
from tests.builders import device, directory, fifo, file, hardlink, symlink, whiteout
from tests.stacks import stack
from tests.strategies import IMAGES, Layer

JANUARY = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
DAY = 86_400

WHOLE = (
    (
        directory("bin"), file("bin/su", b"1" * 2_000, mode=0o4755, mtime=JANUARY - 1), symlink("bin/sh", "su", mtime=JANUARY),
        file("etc/netrc", b"12345", uid=1000, gid=100, mtime=JANUARY + DAY), file("etc/empty", mtime=JANUARY + DAY - 1),
    ),
    (
        hardlink("bin/also", "bin/su", mode=0o4755), directory("tmp", mode=0o1777), fifo("p"), device("d", 1, 3),
        file("etc/empty", uid=1000, mtime=JANUARY),
    ),
    (whiteout("etc/netrc"), file("etc/b c.type:x", b"1" * 10)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "paths"),
    [
        ("size>1k", "bin/also|bin/su"), ("size>=2kB", "bin/also|bin/su"), ("size>2k", ""),
        ("size<6", "etc/empty|etc/netrc"), ("size<=0", "etc/empty"),
        ("type:file", "bin/also|bin/su|etc/b c.type:x|etc/empty|etc/netrc"), ("type:dir", "bin|etc|tmp"), ("type:link", "bin/sh"),
        ("type:fifo", "p"), ("type:char", "d"), ("type:block", ""),
        ("owner:1000", "etc/empty|etc/netrc"), ("owner:1000:100", "etc/netrc"), ("owner:1000:0", "etc/empty"),
        ("mode:4000", "bin/also|bin/su"), ("mode:set-uid", "bin/also|bin/su"), ("mode:sticky", "tmp"), ("mode:4001", "bin/also|bin/su"),
        ("mode:world-writable", "bin/sh|tmp"), ("mode:set-gid", ""),
        ("change:removed", "etc/netrc"), ("change:added", "etc/b c.type:x"), ("change:modified", ""),
        ("layer:1", "bin|bin/sh|bin/su|etc|etc/netrc"), ("layer:3", "etc/b c.type:x|etc/netrc"), ("layer:9", ""),
        ("mtime>2026-01-01", "etc/netrc"), ("mtime>=2026-01-02", "etc/netrc"), ("mtime<=2025-12-31 size>1k", "bin/also|bin/su"),
        ("type:file etc", "etc/b c.type:x|etc/empty|etc/netrc"), ("etc type:file  owner:1000 n", ""), (r"type\:", "etc/b c.type:x"),
        ("b c", "etc/b c.type:x"), ("b c type:file", "etc/b c.type:x"), ("size>1 size<6 change:removed NETRC", ""),
    ],
)  # fmt: skip
def test_a_word_narrows_to_what_it_is_true_of(typed: str, paths: str) -> None:
    s = stack(*WHOLE)
    seen = Outline(Comparison(s, 2, 3), FILES.read)
    seen.filter(typed)
    seen.open_all()
    wanted = [path for path in paths.split("|") if path]
    assert seen.matches == len(wanted)
    assert set(wanted) <= {s.path(node).decode() for node in seen.rows}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("siez>10M", "size>10M"), ("typ:file", "type:file"), ("ownr:0", "owner:1000"), ("chnage:added", "change:added"),
        ("sise:3", "size>10M"), ("time>2026-01-01", "mtime>2026-01-31"), ("foo<3", "size>10M, type:file"),
        ("size>", "size takes"), ("size>10X", "size takes"), ("size:10M", "size takes"), ("size>-1", "size takes"),
        ("type:", "type is file, dir"), ("type:files", "type is file"), ("type>file", "type is file"),
        ("owner:root", "owner takes"), ("owner:1:", "owner takes"), ("owner:99999999999", "owner takes"), ("owner:٣", "owner takes"),
        ("mode:9", "octal bits"), ("mode:suid", "set-uid"), ("mode:77777", "mode is"), ("change:gone", "removed"),
        ("layer:last", "layer takes"), ("layer:", "layer takes"), ("layer>3", "layer takes"),
        ("mtime>2026", "mtime takes"), ("mtime>2026-02-30", "mtime takes"), ("mtime>9999-12-31", "mtime takes"),
        ("mtime:2026-01-01", "mtime takes"), ("size=3", "size takes"),
    ],
)  # fmt: skip
def test_a_word_that_is_mistyped_is_told_with_the_right_one(typed: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        FILES.read(f"lib {typed}")


@pytest.mark.parametrize(
    "typed",
    ["", "libc6:amd64", "a=b", "/usr:x", r"(?<=/)x", "(?P<n>a)", "size", r"size\>1", "x size", "C:", "a b ", " a"],
)
def test_what_is_no_word_is_the_expression_as_it_is_typed(typed: str) -> None:
    assert FILES.read(typed) == (typed, None)


WORDS = st.sampled_from(
    ["size>0", "size>1", "size<2", "size<=0", "size>=4", "owner:7", "owner:0", "owner:0:7", "mode:4000", "mode:644", "mode:777",
     "mtime>1970-01-01", "mtime<=1970-01-01", "mtime<1970-01-01", "layer:1", "layer:2", "layer:3",
     *(f"type:{name}" for name in ("file", "dir", "link", "char", "block", "fifo")), *(f"change:{change.name.lower()}" for change in Change)]
)  # fmt: skip


@given(IMAGES, WORDS, st.data())
def test_all_at_once_are_those_that_a_look_at_each_path_finds(
    layers: list[Layer], word: str, data: st.DataObject
) -> None:
    s = stack(*layers)
    states = st.integers(0, s.layers)
    comparison = Comparison(s, data.draw(states), data.draw(states))
    _, condition = FILES.read(word)
    assert condition
    mask = condition(comparison)
    for node in range(1, s.nodes):
        if comparison.present(node):
            assert bool(mask[node]) == is_true(word, comparison, node), s.path(node)


def is_true(word: str, comparison: Comparison, node: int) -> bool:
    """Whether a word is true of a path that is there in either state, by what the path is."""
    there = comparison.stack.present(node, comparison.at)
    layer = comparison.at if there else comparison.below
    entry = comparison.stack.entry(node, layer)
    assert entry
    name, sign, value = next(word.partition(sign) for sign in (":", "<=", ">=", "<", ">") if sign in word)
    match name:
        case "size":
            return kind_of(comparison, entry, layer) is Kind.FILE and compare(entry.size, sign, int(value))
        case "mtime":
            return not entry.implied and compare(entry.mtime // (DAY * 10**9), sign, 0)
        case "owner":
            uid, _, gid = value.partition(":")
            return entry.uid == int(uid) and (not gid or entry.gid == int(gid))
        case "mode":
            return entry.mode & int(value, 8) == int(value, 8)
        case "type":
            kinds = {
                "file": Kind.FILE,
                "dir": Kind.DIRECTORY,
                "link": Kind.SYMLINK,
                "char": Kind.CHAR,
                "block": Kind.BLOCK,
            }
            return kind_of(comparison, entry, layer) is kinds.get(value, Kind.FIFO)
        case "change":
            return comparison.change(node).name.lower() == value
    last = [event for event in comparison.stack.history(node) if event.layer <= comparison.at][-1:]
    removed = any(event.entry is None and event.layer == int(value) for event in last)
    return entry.layer == int(value) or (not there and removed)


def kind_of(comparison: Comparison, entry: Entry, layer: int) -> Kind:
    while entry.kind is Kind.HARDLINK:
        node = comparison.stack.find(entry.link or b"")
        named = None if node is None else comparison.stack.entry(node, layer)
        assert named
        entry = named
    return entry.kind


def compare(number: int, sign: str, other: int) -> bool:
    return {"<": number < other, "<=": number <= other, ">": number > other, ">=": number >= other}[sign]


def test_words_are_asked_anew_at_another_layer() -> None:
    s = stack(*WHOLE)
    seen = Outline(Comparison(s, 1, 2), FILES.read)
    seen.filter("change:removed")
    assert (seen.matches, list(seen.rows)) == (0, [])
    seen.turn_to(Comparison(s, 2, 3))
    assert [s.path(node) for node in seen.rows] == [b"etc", b"etc/netrc"]
    assert seen.whole == 5
