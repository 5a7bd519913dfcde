"""What a merge says beforehand it will ask for."""

from layerview.filesystem import Rivals, merge
from layerview.layers import LayerIndex
from tests.builders import Entry, directory, file, hardlink, index, whiteout
from tests.stacks import without_checksums


def told_and_asked(*layers: tuple[Entry, ...]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Layer and row of the contents that are expected, and of those asked for, none of which is known."""
    indexes: dict[int, LayerIndex] = {
        number: without_checksums(index(*entries)) for number, entries in enumerate(layers, 1)
    }
    told: list[Rivals] = []
    asked: list[tuple[int, int]] = []

    def checksum(layer: int, row: int) -> int:
        assert told, "it is told before it is asked"
        asked.append((layer, row))
        return 7

    merge(len(layers), indexes, checksum, told.append)
    (rivals,) = told
    return list(zip(*rivals, strict=True)), asked


def test_files_of_one_path_and_size_are_expected_in_the_order_in_which_they_are_asked_for() -> None:
    told, asked = told_and_asked(
        (file("c", b"1"), directory("d"), file("d/a", b"12"), file("d/b", b"123")),
        (whiteout("c"), file("d/a", b"34"), file("d/b", b"1234")),
        (file("c", b"2"), file("d/a", b"56"), file("new", b"12")),
    )
    assert told == [(1, 2), (2, 1), (1, 0), (3, 0), (2, 1), (3, 1)]
    assert asked == list(dict.fromkeys(told))


def test_nothing_is_expected_of_contents_that_differ_in_size_or_are_empty() -> None:
    assert told_and_asked((file("a", b"1"), file("b")), (file("a", b"12"), file("b"))) == ([], [])


def test_what_only_hard_links_lead_to_is_asked_for_all_the_same() -> None:
    told, asked = told_and_asked((file("a", b"1"), hardlink("b", "a")), (file("b", b"2"),))
    assert told == []
    assert set(asked) == {(1, 0), (2, 0)}
