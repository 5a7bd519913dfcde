from __future__ import annotations

import pytest

from layerview.analysis import account
from layerview.image import HistoryEntry, Lines
from layerview.wording.layers import one_line, step_told, telling, wasted_between, wasted_path, without
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


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("RUN set -eux; \t\tapt-get update; \tapt-get install -y wget", "RUN … apt-get install -y wget"),
        ("RUN set -o pipefail && curl x | sh", "RUN … curl x | sh"),
        ('RUN set -ex; saved="$(apt-mark showmanual)"; make', "RUN … make"),
        ("RUN export A=1 B='x y' && cd /usr/src && make", "RUN … make"),
        ("RUN --mount=type=cache,target=/a apt-get -qq update -y && apt install a", "RUN … apt install a"),
    ],
)
def test_an_instruction_of_many_commands_begins_with_what_tells_it_apart(written: str, told: str) -> None:
    assert telling(written) == told


@pytest.mark.parametrize(
    "written",
    ["RUN set -eux", "RUN set -eux;", "RUN A=1 make", "RUN true || make", "RUN apt-get update || true", "COPY set -e; /",
     "RUN cd $HOME && make", "RUN (set -e; make)", "RUN settle; make"],
)  # fmt: skip
def test_nothing_is_left_out_that_does_something(written: str) -> None:
    assert telling(written) == written


def test_what_a_step_comes_from_stands_for_what_is_not_recorded() -> None:
    lines = Lines("Dockerfile", 1, 1, ("FROM --platform=linux/amd64 debian:12 AS base",))
    assert step_told(HistoryEntry(lines=lines)) == "FROM debian:12"
    assert step_told(HistoryEntry(created_by="ADD a /", lines=lines)) == "ADD a /"
    assert step_told(HistoryEntry(comment="Imported from -")) == "imported from standard input"
    assert step_told(HistoryEntry(comment="Imported from http://host/a\x1b")) == r"imported from http://host/a\x1b"
    assert step_told(HistoryEntry(comment="made by hand")) == step_told(None) == "not recorded"
