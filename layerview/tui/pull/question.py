"""The question whether an image that no engine has is to be pulled."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import ClassVar

from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from layerview.sources.pullers import pulled_by, reading_of
from layerview.sources.pulling import Puller
from layerview.text import escape
from layerview.tui.base import BaseScreen
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.pane import Pane
from layerview.tui.keymap import bindings
from layerview.tui.lists.line_list import LineList
from layerview.tui.lists.rows import Look, Row
from layerview.tui.pull.head import PullHead

_LONGEST = 34
"""Columns of the longest answer, behind which its meaning stands."""


class Answers(LineList):
    """What there is to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("question")

    def __init__(self, answers: list[tuple[str, str, str]]) -> None:
        """Each is what it opens, what it says, and what it means."""
        super().__init__(id="answers")
        self._answers = answers

    @property
    def chosen(self) -> str:
        return self._answers[self.cursor][0]

    @property
    def row_count(self) -> int:
        return len(self._answers)

    def row_key(self, row: int) -> Hashable:
        return row

    def paint_row(self, row: int, look: Look) -> Row:
        _, says, means = self._answers[row]
        return Row([Segment(f"  {says:<{_LONGEST}}  ", look["text"]), Segment(means, look["dim"])], 2, _LONGEST + 4)

    def click_row(self, row: int, column: int, again: bool) -> None:
        self.post_message(self.Chosen(self))


class QuestionScreen(BaseScreen):
    """Pull it, look at it without, or neither."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("screen")
    PLACES = ("question", "screen", "list")
    AUTO_FOCUS = "#answers"

    def __init__(self, puller: Puller, registry: bool, why: str, answer: Callable[[str], None]) -> None:
        """``answer`` is told what to open; for nothing, the app ends without a result."""
        super().__init__()
        name = puller.reference.familiar
        self._head = PullHead(escape(name))
        self._why = escape(why) or f"Pull {escape(name)}?"
        answers = [(pulled_by(puller), f"Pull it into {puller.the}", f"{puller.engine} keeps it, then it is opened")]
        if registry:
            answers.append(
                (reading_of(puller.reference), "Look at it on its registry", "nothing is kept but the index")
            )
        answers.append(("", "Leave it", ""))
        self._answers = Answers(answers)
        self._answer = answer

    def compose(self) -> ComposeResult:
        yield self._head
        with Pane(id="question-pane") as pane, Vertical():
            pane.entitle("Pull it?")
            yield Static(Content(self._why), id="question")
            yield self._answers
        yield KeyLine()

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        if self._answers.chosen:
            self._answer(self._answers.chosen)
        else:
            self.app.exit()
