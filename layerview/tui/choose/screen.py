"""The choosing screen: the images of the engines at hand, and what is known of the one under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from layerview.errors import LayerviewError
from layerview.inquiry import Detailed, InquiryEvent
from layerview.process import garbage
from layerview.text import escape, size
from layerview.tui.base import BaseScreen
from layerview.tui.choose.catalog import Catalog, EngineState, reference_of
from layerview.tui.choose.choice import Compare, Open, Pull
from layerview.tui.choose.describe import describe_listed, sentences
from layerview.tui.choose.images import ImageList
from layerview.tui.choose.lineage import LineageScreen
from layerview.tui.choose.name_bar import NameBar
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.pane import Pane
from layerview.tui.keymap import bindings
from layerview.tui.lists.description import Description
from layerview.tui.lists.filter_bar import FilterBar
from layerview.tui.lists.line import Line
from layerview.tui.lists.line_list import LineList
from layerview.tui.steps import Step
from layerview.wording.figures import counted

_DETAILS_DELAY = 0.05
"""Seconds that the cursor rests before its image is described."""
_PATIENCE = 2.0
"""Seconds that an engine may take to list its images before it is named."""


class HeardOfEngine(Message):
    """An engine has told something."""

    def __init__(self, event: InquiryEvent) -> None:
        super().__init__()
        self.event = event


class ChooseScreen(BaseScreen):
    """The images at hand."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("choose", "screen")
    PLACES = ("choose", "screen", "list", "images", "details", "filter", "name")
    AUTO_FOCUS = "#images"

    def __init__(self, catalog: Catalog, ask: Callable[[], None], error: LayerviewError | None, now: datetime) -> None:
        """``ask`` has the engines asked that have more to tell.

        ``error`` is what came of the last choice; ``now`` is what ages are counted from.
        """
        super().__init__()
        self._catalog, self._ask, self._error, self._now = catalog, ask, error, now
        self._head = Static(id="choose-head")
        self._images = ImageList(catalog, now, "images")
        self._filter = FilterBar(self._images)
        self._name_bar = NameBar()
        self._trouble = Static(id="trouble")
        self._details = Description("details")
        self._impatient = False
        self._describing: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self._head
        with Pane(id="images-pane"):
            yield self._images
            yield self._filter
            yield self._name_bar
        yield self._trouble
        with Pane(id="details-pane") as pane:
            pane.entitle("Details")
            yield self._details
        yield KeyLine()

    def on_mount(self) -> None:
        self.set_focus(self._images)  # before anything is to be seen, or a key that answers it would be lost
        self._be_patient()
        self._images.show()
        self.call_after_refresh(
            self._ask
        )  # which imports what asks: as long as Textual takes, which is not to wait for it
        self.call_after_refresh(self._tidy_up)

    def _tidy_up(self) -> None:
        garbage.collect()
        garbage.collect_what_was_there()  # of an image that was explored before

    # What the engines tell

    def on_heard_of_engine(self, message: HeardOfEngine) -> None:
        self._catalog.take(message.event)
        if isinstance(message.event, Detailed):  # which leaves every row in its place
            self._images.forget()
            self._show_all()
        else:
            self._images.show()

    def _be_patient(self) -> None:
        self._impatient = False
        self.set_timer(_PATIENCE, self._name_the_slow)

    def _name_the_slow(self) -> None:
        self._impatient = True
        self._show_trouble()

    # What is shown

    @on(ImageList.Changed)
    def _show_all(self) -> None:
        self._filter.follow()
        self._head.update(self._headline())
        self._entitle()
        self._show_trouble()
        self._describe_soon()

    def _headline(self) -> Content:
        catalog = self._catalog
        line = Content.styled(f"{counted(catalog.count, 'image')} at hand", "bold $text-primary")
        if catalog.stored is not None:
            line += Content(f"  {size(catalog.stored)} in all their layers")
        if catalog.waiting:
            line += Content.styled(f"  asking {', '.join(catalog.waiting)} …", "$text-accent")
        elif catalog.stored is None and catalog.detailed < catalog.count:
            line += Content.styled(f"  layers of {catalog.detailed:,} known …", "$text-accent")
        return line

    def _entitle(self) -> None:
        """Tell which engines there are, and what of their images is shown how."""
        catalog = self._catalog
        names = ("", *catalog.engines) if len(catalog.engines) > 1 else tuple(catalog.engines)
        notes = [f"by {catalog.order}"]
        if catalog.unnamed:
            notes.append(f"{'' if catalog.dangling else 'a shows '}{catalog.unnamed:,} without a name")
        if catalog.pattern and not self._filter.display:
            notes.append(f"filter {escape(catalog.pattern)}")
        self.query_one("#images-pane", Pane).entitle(Content(" │ ").join(map(self._tab, names)), " · ".join(notes))

    def _tab(self, engine: str) -> Content:
        """An engine, how many images it has, and whether it answers."""
        catalog = self._catalog
        state = catalog.engines.get(engine, EngineState())
        count = f" {catalog.count_of(engine):,}" if state.listed else ""
        sign = " ✗" if state.error else " …" if engine in catalog.waiting else ""
        look = "bold underline" if engine == catalog.engine else "dim"
        markup = f"[@click=screen.engine('{engine}')][{look}]$name[/][/]$rest"
        return Content.from_markup(markup, name=engine or "all", rest=count + sign)

    def _show_trouble(self) -> None:
        """Say what went wrong, or takes long, each in a line of its own."""
        catalog = self._catalog
        lines = [_wrong("", self._error)] if self._error else []
        if not catalog.failure:  # which the list says, having nothing else to show
            lines += [_wrong(f"{name}: ", state.error) for name, state in catalog.engines.items() if state.error]
        if self._impatient:
            lines += [Content.styled(f"… {name} has not answered yet", "$text-accent") for name in catalog.waiting]
        self._trouble.display = bool(lines)
        self._trouble.update(Content("\n").join(lines))

    def _describe_soon(self) -> None:
        if self._describing:
            self._describing.stop()
        self._describing = self.set_timer(_DETAILS_DELAY, self._describe)

    def _describe(self) -> None:
        row = self._images.row
        self._details.show(describe_listed(row, self._catalog.share_of(row.image), self._now) if row else [Line()])

    # What the panes say

    @on(LineList.Moved, "#images")
    def _image_moved(self) -> None:
        self._describe_soon()

    @on(LineList.Chosen, "#images")
    def _image_chosen(self) -> None:
        if row := self._images.row:
            self._catalog.cursor = row.key
            self.app.exit(Open(row.reference))

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self._entitle()

    @on(NameBar.Given)
    def _name_given(self, message: NameBar.Given) -> None:
        self.app.exit(Pull(message.name, self._catalog.engine))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Of a single engine there is no next one, and of tabs there are none."""
        if action == "next_tab":
            return False
        if action == "next_engine" and len(self._catalog.engines) < 2:
            return False
        return super().check_action(action, parameters)

    def steps_back(self) -> Iterator[Step]:
        yield from filter(None, (self._name_bar.step_back(), self._filter.step_back()))
        yield from super().steps_back()

    def action_pane(self) -> None:
        self.set_focus(self._images if self._details.has_focus else self._details)

    async def action_filter(self) -> None:
        await self._filter.open()

    def action_engine(self, name: str) -> None:
        self._catalog.show_engine(name)
        self._images.show()

    def action_next_engine(self) -> None:
        names = ["", *self._catalog.engines]
        self.action_engine(names[(names.index(self._catalog.engine) + 1) % len(names)])

    def action_pull(self) -> None:
        self._name_bar.open()

    def action_shared(self) -> None:
        """Show what the images that are shown share, as far as their layers are known."""
        images = {(row.image.engine, row.image.id): row.image for row in self._catalog.rows}
        self.app.push_screen(LineageScreen([image for image in images.values() if image.layers is not None]))

    def action_refresh_list(self) -> None:
        self.notify("The engines are asked again.")
        self._error = None
        self._catalog.ask_again()
        self._ask()
        self._be_patient()
        self._images.show()

    def action_compare(self) -> None:
        """Compare the two images that are marked, or the marked one with that under the cursor."""
        keys = list(self._catalog.marks)
        if len(keys) < 2 and self._images.row and self._images.row.key not in keys:
            keys.append(self._images.row.key)
        if len(keys) < 2:
            self.notify("Mark two images with the space bar, or one and go to the other.")
            return
        first, second = (reference_of(key) for key in keys)
        self.app.exit(Compare(first, second))


def _wrong(what: str, error: LayerviewError) -> Content:
    return Content.styled(f"✗ {what}{escape(sentences(error))}", "$text-error")
