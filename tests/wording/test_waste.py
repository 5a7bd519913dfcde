from __future__ import annotations

import pytest

from layerview.analysis.waste_draft import Group
from layerview.filesystem import Reason
from layerview.text import fit
from layerview.wording.waste import HELP, reason_and_help, told_apart, who

STEPS = {
    1: "RUN apt-get install --no-install-recommends -y python3 python3-pip",
    2: "RUN apt-get install --no-install-recommends -y python3 python3-venv",
    12: "COPY . /app",
}


def test_every_reason_has_something_that_helps_against_it() -> None:
    assert HELP.keys() == {None, *Reason}
    assert reason_and_help(Group(1, 2, Reason.REMOVED), 80) == ("removed", "remove it in the step that made it")
    assert reason_and_help(Group(1, 2, Reason.REMOVED), 30) == ("removed", "rm in the same step")


@pytest.mark.parametrize("reason", [None, *Reason])
def test_what_helps_fits_into_the_pane_of_a_terminal_of_120_columns(reason: Reason | None) -> None:
    assert len(": ".join(reason_and_help(Group(1, 2, reason), 30))) <= 30


def test_both_instructions_are_told_with_their_layers() -> None:
    assert who(Group(1, 12, Reason.REMOVED), STEPS.__getitem__, 80) == [
        ("stored by  1", STEPS[1]),
        ("hidden by 12", STEPS[12]),
    ]
    assert who(Group(2, 2, Reason.REPLACED), STEPS.__getitem__, 80) == [("stored and hidden by 2", STEPS[2])]
    ((told, _),) = who(Group(1, 12, None), STEPS.__getitem__, 80)
    assert told == "by layers 1 to 12"


@pytest.mark.parametrize("width", [24, 36, 60, 200])
def test_instructions_that_begin_alike_are_told_apart(width: int) -> None:
    one, other = told_apart(STEPS[1], STEPS[2], width)
    assert fit(one, width) != fit(other, width)
    assert one.startswith("RUN ") and other.startswith("RUN ")
