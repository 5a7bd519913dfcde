"""The explorer: layers, files and details side by side, and the state that they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from layerview.exploration import Aborted, Begun, Described, ExplorationEvent, LayerFailed, Progressed, Restacked
from layerview.filesystem import Comparison, Stack
from layerview.sources import Alternative, Several
from layerview.tui.explore.head import Head
from layerview.tui.explore.layers import LayerList, Mode
from layerview.tui.explore.stored import StoredList
from layerview.tui.explore.wasted import WastedList
from layerview.tui.keymap import bindings
from layerview.tui.lists.description import Description
from layerview.tui.lists.line import Line
from layerview.tui.lists.line_list import LineList
from layerview.tui.panes.describe import describe_image, describe_layer, describe_path
from layerview.tui.panes.files import FileTree
from layerview.tui.panes.screen import PanesScreen
from layerview.tui.panes.told import Told
from layerview.tui.pick.screen import PickScreen
from layerview.tui.steps import Step
from layerview.wording.changes import counted_changes
from layerview.wording.layers import without

_AWAITED = """Nothing has come yet.
Whoever writes the archive
may pack all of it first …"""

_PASSING = """The archive is being read.
What it holds, it tells
at its end …"""


class Heard(Message):
    """Something happened to the exploration."""

    def __init__(self, event: ExplorationEvent) -> None:
        super().__init__()
        self.event = event

    def can_replace(self, message: Message) -> bool:
        new, old = self.event, message.event if isinstance(message, Heard) else None
        return isinstance(new, Progressed) and isinstance(old, Progressed) and new.layer == old.layer


class ExploreScreen(PanesScreen):
    """One image."""

    TABS: ClassVar[Mapping[str, str]] = {
        "details": "Details",
        "wasted": "Wasted",
        "stored": "Stored",
        "image": "Image",
    }
    BINDINGS: ClassVar[list[BindingType]] = bindings("panes", "explore", "screen")
    PLACES = (
        "panes", "explore", "mode", "screen", "list", "layers", "files", "tabs", "details", "wasted", "stored", "filter",
    )  # fmt: skip
    AUTO_FOCUS = "#layers"

    def __init__(self, title: str) -> None:
        self._title = title
        self._head = Head(title)
        self._layers = LayerList("layers", self._compare)
        self._details = Description("details")
        self._wasted = WastedList("wasted-list")
        self._stored = StoredList("stored-list")
        self._image_details = Description("image")
        super().__init__(self._head, self._layers, [self._details, self._wasted, self._stored, self._image_details])
        self._files.leads = True
        self._alternatives: tuple[Alternative, ...] = ()
        self._begun: Stack | None = None
        """What there is of the lowest layer while it is being read; None before and afterwards."""
        self._told = Told()
        self._way_back: tuple[str, int, Mode] | None = None
        """The tab that a file was gone to from, the layer then and what was shown of it; None where there is no way back."""

    def on_mount(self) -> None:
        self._entitle_layers()
        self._entitle_tabs()
        self._compare()

    # What happens to the exploration

    def on_heard(self, message: Heard) -> None:
        event, told = message.event, self._told
        if isinstance(event, Several):
            self._alternatives = event.alternatives
            self.refresh_bindings()
            return
        if not self._take(event, told):
            return
        match event:
            case Described(image):
                self._layers.show(image)
                self._image_details.show(describe_image(image))
                self._entitle_layers()
            case Begun(stack):
                self._begun = stack
            case Restacked(stack):
                self._tab_shown()
                self._begun = self._begun if 1 in stack.missing else None
            case LayerFailed(layer):
                self._begun = self._begun if layer > 1 else None
            case Aborted():
                self._begun = None
        self._layers.know(told.known)
        self._compare()
        self._show_head()
        self._describe_soon()

    def _named(self, told: Told) -> str:
        return ""

    @property
    def _is_described(self) -> bool:
        return self._told.image is not None

    def _show_known(self) -> None:
        self._layers.progress()

    def _show_head(self) -> None:
        told = self._told
        if self._loading:
            self._loading = told.measure()
        missing = told.stack.missing if told.stack else ()
        self._head.show(told.image, told.account, missing, self._loading, self._error)

    # What the panes show

    def _compare(self) -> None:
        """Show the files of the layer under the cursor."""
        number, below = self._layers.number, self._layers.below
        stacks = filter(None, (self._told.stack, self._begun))
        stack = next((stack for stack in stacks if number and self._shown_layers.isdisjoint(stack.missing)), None)
        if stack is None:
            self._files.show_message(self._why_nothing())
            self._entitle_files()
            return
        now = self._files.comparison
        if now is not None and (now.stack, now.below, now.at) != (stack, below, number):
            now = None
        self._files.tell_layer(self._layers.mode is Mode.LAYER, of=now)
        if now is None:
            self._files.show(Comparison(stack, below, number))
        self._entitle_files()

    @property
    def _shown_layers(self) -> set[int]:
        """The layers that files cannot be shown without."""
        layers = self._layers
        return {layers.number, layers.below} if layers.mode is Mode.FROM else {layers.number}

    def _why_nothing(self) -> str:
        if self._told.image is None:
            known = self._told.known
            return _AWAITED if known.awaited else _PASSING if known.comes else "Opening the image …"
        if not self._told.image.layers:
            return "This image has no layers, and so no files."
        number = self._layers.number
        if not number:
            return "Before the first layer there are no files."
        missing = self._shown_layers & set(self._told.stack.missing if self._told.stack else self._shown_layers)
        return self._why_unread((self._told.image.layers[max(missing, default=number) - 1], self._told.known))

    def _entitle_layers(self) -> None:
        count = len(self._told.image.layers) if self._told.image else 0
        marked = f"● compared from layer {self._layers.marked}" if self._layers.marked else ""
        self._pane("layers").entitle(f"Layers · {count}" if count else "Layers", marked)

    def _entitle_files(self, count: bool = False) -> None:
        """Tell what is compared, and how much changed, unless that would first have to be counted and is not to be."""
        comparison = self._files.comparison
        number = self._layers.number
        if comparison is None:
            self._pane("files").entitle(f"Files at layer {number}" if number else "Files")
            return
        what = self._layers.compared + (" · f ends" if self._layers.mode is Mode.FROM else "")
        so_far = " so far" if comparison.stack is self._begun else ""
        title = f"Files at layer {number}{so_far} · {what}"
        missing = [layer for layer in comparison.stack.missing if layer < max(number, comparison.below)]
        if missing:
            title += f" · {without(missing)}"
        counts = counted_changes(comparison.counts()) if count or comparison.counted else "…"
        self._pane("files").entitle(title, self._told_below_files(counts))

    def _tab_shown(self) -> None:
        """Add up what is wasted, if anyone looks: of a large image that takes as long as many keys."""
        if self._tabs.current == "wasted" and self._told.account and self._told.image:
            self.run_worker(self._wasted.gather(self._told.account, self._told.image), group="wasted")
        elif self._tabs.current == "stored" and self._told.stack:
            self._stored.show(self._told.stack)
        self._sum_up()

    def _sum_up(self) -> None:
        """Tell of what is in the tab as a whole."""
        summaries: dict[str, Content | str] = {"wasted": self._wasted.summary, "stored": self._stored.summary}
        self._entitle_tabs(summaries.get(self._tabs.current or "", ""))

    def _describe(self) -> None:
        """Describe what the cursor is on."""
        comparison, node, step = self._files.comparison, self._files.node, self._layers.step
        if self._told.image is None:
            return
        self._entitle_files(count=True)
        if self._describes_path and comparison and node is not None:
            self._details.show(describe_path(comparison, node, self._told.image))
        elif step:
            number = step[1].number if step[1] else 0
            failure = self._told.known.failures.get(number)
            self._details.show(describe_layer(self._told.image, step, self._told.stack, self._told.account, failure))
        else:
            self._details.show([Line("", self._layers.empty_text(), "dim")])

    # What the panes say

    @on(WastedList.Changed, "#wasted-list")
    @on(StoredList.Counted)
    def _summary_changed(self) -> None:
        self._sum_up()

    @on(LineList.Chosen, "#wasted-list")
    @on(LineList.Chosen, "#stored-list")
    def _file_chosen(self) -> None:
        """Go to a file that is wasted or stored, at the layer that stores it."""
        tab = self._tabs.current or ""
        chosen = self._stored if tab == "stored" else self._wasted
        if place := chosen.place:
            path, layer = place
            self._way_back = tab, self._layers.number, self._layers.mode
            self._layers.set_mode(Mode.LAYER)
            self._layers.move_to_layer(layer)
            self._compare()
            self._files.reveal(path)
            self._go_to("files")
            self.refresh_bindings()

    @on(FileTree.Led)
    def _led_elsewhere(self, message: FileTree.Led) -> None:
        """Go to the layer that holds what the filter looks for."""
        self._layers.move_to_layer(message.there.layer)
        self._compare()
        self._files.to_first_match()
        self._go_to("files")

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The others are offered where there are some."""
        if action == "others" and not self._alternatives:
            return False
        return super().check_action(action, parameters)

    def action_mode(self, mode: str) -> None:
        """Compare as asked for; in the next way where nothing is. Say how, as at some layers nothing else tells."""
        layers, before = self._layers, self._layers.below
        ways = [way for way in Mode if way is not Mode.FROM or layers.marked]
        layers.set_mode(Mode(mode) if mode else ways[(ways.index(layers.mode) + 1) % len(ways)])
        same = f", the same at layer {layers.number}" if layers.below == before and not mode else ""
        self._compare_anew(f"Shown: {layers.compared}{same}.")

    def action_from(self) -> None:
        """Compare from the layer under the cursor, or no longer."""
        layers = self._layers
        if layers.marked:
            layers.mark(None)
            self._compare_anew(f"No layer is marked any more. Shown: {layers.compared}.")
        elif layers.number:
            layers.mark(layers.number)
            self._compare_anew(f"Compared from layer {layers.number}: go to another one. f ends this.")
        else:
            self.notify("There is no layer here to compare from.")

    def _compare_anew(self, told: str) -> None:
        self._entitle_layers()
        self._compare()
        self._describe_soon()
        self.notify(told)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        super().on_descendant_focus(event)
        if event.widget in (self._wasted, self._stored):  # the reader is back, whichever way that was
            self._way_back = None

    def ways_back(self) -> Iterator[Step]:
        """From a file that is wasted or stored to where it was gone to from."""
        if self._way_back:
            yield Step(f"back to {self.TABS[self._way_back[0]].lower()}", self._return)

    def _return(self) -> None:
        """With all as it was there."""
        if self._way_back:
            (tab, layer, mode), self._way_back = self._way_back, None
            self._layers.set_mode(mode)
            self._layers.move_to_layer(layer)
            self.action_tab(tab)

    async def action_others(self) -> None:
        """Offer the other images of the same place. The next key waits until it can be for these."""
        await self.app.push_screen(PickScreen(self._alternatives, self._title))
