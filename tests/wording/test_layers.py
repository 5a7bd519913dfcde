from __future__ import annotations

from layerview.analysis import account
from layerview.wording.layers import one_line, wasted_between, wasted_path, without
from tests.builders import file, whiteout
from tests.stacks import stack


def test_an_instruction_is_one_harmless_line_whatever_its_author_wrote() -> None:
    assert one_line("RUN a \\\n\t&& b\x1b") == r"RUN a \ && b\x1b"
    assert one_line(" \n") == ""


def test_waste_is_told_by_its_path_and_by_the_two_layers() -> None:
    stacked = stack((file("a\nb", b"x"),), (), (whiteout("a\nb"),))
    waste = account(stacked).wastes[0]
    assert wasted_path(waste, stacked) == r"/a\x0ab"
    assert wasted_between(waste) == "1 → 3"


def test_aufs_bookkeeping_has_no_path() -> None:
    stacked = stack((file(".wh..wh.plnk/1", b"x"),))
    assert wasted_path(account(stacked).wastes[0], stacked) == "AUFS bookkeeping"


def test_missing_layers_are_told_in_order() -> None:
    assert without({3}) == "without layer 3"
    assert without({10, 2}) == "without layers 2, 10"
