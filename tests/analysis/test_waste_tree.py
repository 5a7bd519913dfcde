"""What is wasted, as a tree of groups, folders and files."""

from __future__ import annotations

import pytest

from layerview.analysis import WASTED, WasteTree, account, first_folds, gather
from layerview.analysis.secrets import looks_secret
from layerview.analysis.waste_tree import waste_tree
from layerview.errors import UsageError
from layerview.filesystem import Reason
from layerview.trees import Outline
from tests.builders import Entry, directory, file, whiteout
from tests.stacks import stack


def tree_of(*layers: tuple[Entry, ...]) -> WasteTree:
    return waste_tree(account(stack(*layers)))


def shown(tree: WasteTree, node: int = 0) -> dict[str, object]:
    """What is below a node: bytes of files, and what is in folders."""
    found: dict[str, object] = {}
    for child in tree.children(node):
        group = tree.groups.get(child)
        name = f"{group.stored_by}→{group.hidden_by} {group.reason}" if group else tree.label(child, node).decode()
        found[name] = shown(tree, child) if tree.is_folder(child) else tree.size(child)
    return found


def test_groups_hold_folders_and_these_files_and_a_chain_of_folders_is_one_row() -> None:
    base = file("usr/lib/x86/a.so", b"a" * 5), file("usr/lib/x86/b.so", b"b" * 6), file("usr/share/man/one", b"1")
    tree = tree_of(
        (*base, file("etc/hosts", b"h" * 7)),
        (whiteout("usr"), file("etc/hosts", b"other")),
    )
    assert shown(tree) == {
        "1→2 removed": {"usr": {"lib/x86": {"a.so": 5, "b.so": 6}, "share/man/one": 1}},
        "1→2 replaced": {"etc/hosts": 7},
    }
    assert (tree.size(0), tree.files(0)) == (19, 4)


def test_a_file_that_other_wasted_files_take_the_place_of_has_bytes_of_its_own() -> None:
    tree = tree_of((file("d", b"four"),), (directory("d"), file("d/a", b"a")), (whiteout("d"),))
    assert shown(tree) == {"1→2 replaced": {"d": 4}, "2→3 removed": {"d/a": 1}}


def test_a_path_that_is_stored_again_and_again_is_one_row() -> None:
    layers = [(file("var/lib/dpkg/status", b"s" * number), file(f"new{number}", b"n")) for number in range(1, 56)]
    tree = tree_of(*layers)
    assert shown(tree) == {"1→55 None": {"var/lib/dpkg/status": sum(range(1, 55))}}
    (row,) = tree.children(1)
    assert (tree.times(row), tree.files(0), tree.stored_by(row)) == (54, 1, 1)


def test_a_path_that_few_layers_store_again_is_told_for_each() -> None:
    tree = tree_of((file("a", b"1"),), (file("a", b"22"),), (file("a", b"22", uid=1),), (whiteout("a"),))
    assert [str(group.reason) for group in tree.groups.values()] == ["replaced", "metadata only", "removed"]


def test_a_path_that_one_layer_holds_twice_is_one_row() -> None:
    tree = tree_of((file("a", b"1"), file("a", b"22"), file("a", b"333")))
    assert shown(tree) == {"1→1 replaced": {"a": 3}}
    assert tree.times(2) == 2


def test_bookkeeping_without_a_path_has_a_row() -> None:
    tree = tree_of((file(".wh..wh.plnk/1.2", b"12"), file("a", b"x")), (whiteout("a"),))
    assert shown(tree) == {"1→1 removed": {"AUFS bookkeeping": 2}, "1→2 removed": {"a": 1}}
    assert tree.stack_node(2) == -1


def test_without_waste_there_is_nothing_in_it() -> None:
    tree = tree_of((file("a", b"x"), file("empty", b"")), (whiteout("empty"),))
    assert (tree.nodes, tree.size(0), first_folds(tree, 10, 3, 3)) == (1, 0, ([], 0))


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("root/.ssh/id_rsa", True),
        ("root/.ssh/id_ed25519_sk", True),
        ("root/.ssh/id_rsa.pub", False),
        ("etc/ssl/private/server.pem", True),
        ("app/.env", True),
        ("app/.env.production", True),
        ("app/.env.example", False),
        ("root/.netrc", True),
        ("root/.npmrc", True),
        ("root/.git-credentials", True),
        ("root/.aws/credentials", True),
        ("srv/store.p12", True),
        ("home/me/all.kdbx", True),
        ("usr/lib/python3/credentials.py", False),
        ("usr/lib/environment", False),
        ("app/monkey", False),
    ],
)
def test_secrets_are_told_by_their_names(path: str, secret: bool) -> None:
    assert looks_secret(path.encode()) == secret
    tree = tree_of((file(path, b"secret"),), (whiteout(path),))
    assert (tree.changes_below(0), bool(tree.change(2))) == (secret, secret)


def test_a_secret_that_is_still_there_is_none_that_was_removed() -> None:
    tree = tree_of((file(".env", b"secret"),), (file(".env", b"another"),))
    assert tree.changes_below(0) == 0


def test_what_is_open_at_first_explains_nine_tenths_on_the_first_lines() -> None:
    one, other = ([file(f"{name}/{number}", b"x" * 100) for number in range(40)] for name in ("lib/many", "lib/more"))
    few = file("few/large", b"x" * 9_000), file("few/larger", b"x" * 9_500)
    tree = tree_of((*one, *other, *few), (whiteout("lib"),), (whiteout("few"),))
    assert [tree.groups[node].reason for node in tree.groups] == [Reason.REMOVED, Reason.REMOVED]
    opened = [tree.plain_path(node).decode() or "group" for node in first_folds(tree, 12, 3, 3).opened]
    assert opened == ["group", "few", "group", "lib"], "but neither of the folders of 40 equal files"
    assert first_folds(tree, 6, 3, 3).opened == []


def test_groups_that_take_a_line_while_they_are_closed_explain_more_of_it() -> None:
    layers = [tuple(file(f"{n}/{name}", b"x" * (20 - n)) for name in "ab") for n in range(8)]
    tree = tree_of(*layers, *((whiteout(f"{n}"),) for n in range(8)))
    tall = first_folds(tree, 10, 3, 3)
    assert not tall.explain(tree)
    short = first_folds(tree, 10, 1, 3)
    assert (short.explain(tree), short.opened) == (True, [*tree.groups][:1])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("size>100", ["a/large", "c/again"]),
        ("size<=100", ["b/small"]),
        ("layer:1", ["a/large", "c/again"]),
        ("layer:2", ["b/small", "c/again"]),
        ("layer:5", ["a/large", "c/again"]),
        ("layer:7", []),
        ("^/a/ size>1k", []),
    ],
)
def test_words_find_files_by_what_is_wasted_of_them_and_by_the_layers_that_do_it(typed: str, found: list[str]) -> None:
    again = [file("c/again", bytes([n]) * 50) for n in range(5)]
    tree = tree_of(
        (again[0], file("a/large", b"x" * 150)),
        (again[1], file("b/small", b"x")),
        (again[2], whiteout("b/small")),
        (again[3],),
        (again[4], whiteout("a/large")),
        (file("other"),),
    )
    seen = Outline(tree, WASTED.read)
    seen.filter(typed)
    seen.open_all()
    assert sorted(tree.plain_path(node).decode() for node in seen.rows if tree.times(node)) == found


@pytest.mark.parametrize("word", ["owner:0", "type:file", "mode:4000", "change:added", "mtime>2026-01-31"])
def test_words_that_say_nothing_of_what_is_wasted_are_told_not_to_be_for_it(word: str) -> None:
    name = word.partition(":")[0].partition(">")[0]
    with pytest.raises(UsageError, match=f"{name} is not for what is wasted; size>10M and layer:3 are"):
        WASTED.read(word)
    with pytest.raises(UsageError, match="no word sise; size>10M"):
        WASTED.read("sise>1")


def test_it_stops_often_while_it_is_made() -> None:
    files = [file(f"{number % 100}/{number}", b"x") for number in range(20_000)]
    steps = gather(account(stack((*files,), tuple(whiteout(str(number)) for number in range(100)))))
    assert sum(1 for _ in steps) > 100
