"""The explorer: layers, files and details side by side, and the state that they share."""

from __future__ import annotations

import gc
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import ContentSwitcher

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.exploration import (
    Aborted,
    Described,
    ExplorationEvent,
    Finished,
    LayerFailed,
    Progressed,
    Restacked,
)
from layerview.filesystem import Change, Comparison, Stack
from layerview.image import Image
from layerview.text import escape
from layerview.tui.describe import changes, describe_image, describe_layer, describe_path
from layerview.tui.keymap import bindings
from layerview.tui.screens.keys import KeysScreen
from layerview.tui.widgets.details import Description
from layerview.tui.widgets.files import FileTree
from layerview.tui.widgets.filter_bar import FilterBar
from layerview.tui.widgets.head import Head, Loading
from layerview.tui.widgets.key_line import KeyLine
from layerview.tui.widgets.layers import Known, LayerList, Mode
from layerview.tui.widgets.line_list import LineList
from layerview.tui.widgets.pane import Pane
from layerview.tui.widgets.wasted import WastedList

TABS = {"details": "Details", "wasted": "Wasted", "image": "Image"}
PANES = ("layers", "files", "tabs")
_LETTERS = frozenset(("filter", "mode", "layer", "tab", "palette", "keys", "quit"))
"""Actions that are asked for by keys that write a letter."""
_DETAILS_DELAY = 0.05
"""Seconds that the cursor rests before it is described: two panes painted in one frame cost more than both alone."""
_TICK = 0.1
"""Seconds between two pictures of the progress."""


class Heard(Message):
    """Something happened to the exploration."""

    def __init__(self, event: ExplorationEvent) -> None:
        super().__init__()
        self.event = event

    def can_replace(self, message: Message) -> bool:
        new, old = self.event, message.event if isinstance(message, Heard) else None
        return isinstance(new, Progressed) and isinstance(old, Progressed) and new.layer == old.layer


class ExploreScreen(Screen[None]):
    """One image."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("explore")
    AUTO_FOCUS = "#layers"

    def __init__(self, title: str) -> None:
        super().__init__(classes="-at-layers")  # as it will be: Textual takes 15 ms to style a class that comes later
        self._head = Head(title)
        self._files = FileTree("files")
        self._layers = LayerList("layers", self._compare)
        self._filter = FilterBar(self._files)
        self._details = Description("details")
        self._wasted = WastedList("wasted")
        self._image_details = Description("image")
        lists = (self._layers, self._files, self._details, self._wasted, self._image_details)
        self._lists: dict[str | None, LineList] = {each.id: each for each in lists}
        self._tabs = ContentSwitcher(initial="details", id="tabs")
        self._image: Image | None = None
        self._stack: Stack | None = None
        self._account: Account | None = None
        self._known = Known()
        self._loading: Loading | None = Loading()
        self._error: LayerviewError | None = None
        self._stale = False
        self._ticker: Timer | None = None
        self._describing: Timer | None = None
        self._describes_path = False

    def compose(self) -> ComposeResult:
        yield self._head
        with Container(id="panes"):
            with Pane(id="layers-pane"):
                yield self._layers
            with Pane(id="files-pane"):
                yield self._files
                yield self._filter
            with Pane(id="tabs-pane"), self._tabs:
                yield self._details
                yield self._wasted
                yield self._image_details
        yield KeyLine()

    def on_mount(self) -> None:
        self._filter.display = False
        self._ticker = self.set_interval(_TICK, self._tick)
        self._entitle_layers()
        self._entitle_tabs()
        self._compare()
        self.call_after_refresh(gc.enable)

    # What happens to the exploration

    def on_heard(self, message: Heard) -> None:
        match message.event:
            case Described(image):
                self._image = image
                self._loading = Loading(layers=len(image.layers))
                self._layers.show(image)
                self._image_details.show(describe_image(image))
                self._entitle_layers()
            case Progressed(layer, done, total):
                self._known.progress[layer] = (done, total)
                self._stale = True
                return
            case Restacked(stack, account):
                self._take(stack, account)
            case LayerFailed(layer, error):
                self._known.failures[layer] = error
                self._error = LayerviewError(f"layer {layer}: {error.message}", error.hint)
                self._layers.know(self._known)
                self._compare()
            case Finished():
                self._end_loading()
            case Aborted(error):
                if self._image is None:
                    self.app.exit(error)
                    return
                self._error = error
                self._end_loading()
                self._compare()
        self._tick(anyway=True)
        self._describe_soon()

    def _take(self, stack: Stack, account: Account) -> None:
        self._stack, self._account = stack, account
        present = [number for number in range(1, stack.layers + 1) if number not in stack.missing]
        self._known.sizes = {number: stack.stored(number) for number in present}
        self._known.counts = {number: stack.counts(number) for number in present}
        self._layers.know(self._known)
        self._show_wasted()
        self._compare()

    def _end_loading(self) -> None:
        self._loading = None
        if self._ticker:
            self._ticker.stop()
        # A collection over all that an image is made of would be felt as a key that hangs.
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)

    def _tick(self, anyway: bool = False) -> None:
        """Show the progress."""
        if not (self._stale or anyway):
            return
        loading = self._loading
        if loading:
            progress, layers = self._known.progress, self._image.layers if self._image else ()
            totals = [progress.get(layer.number, (0, layer.stored_size or layer.size or 0))[1] for layer in layers]
            loading.done = sum(done for done, _ in progress.values())
            loading.total = progress[0][1] if 0 in progress else sum(totals) if all(totals) else 0
            read = {number for number, (done, total) in progress.items() if number and done >= total > 0}
            loading.indexed = len(read | self._known.counts.keys())
        if self._stale:
            self._stale = False
            self._layers.know(self._known)
        missing = self._stack.missing if self._stack else ()
        self._head.show(self._image, self._account, missing, loading, self._error)

    # What the panes show

    def _compare(self) -> None:
        """Show the files of the layer under the cursor."""
        number, stack = self._layers.number, self._stack
        if stack is None or not number or number in stack.missing:
            self._files.show_message(self._why_nothing(number))
            self._entitle_files()
            return
        below = number - 1 if self._layers.mode is Mode.LAYER or number == 1 else 1
        now = self._files.comparison
        if now is None or (now.stack, now.below, now.at) != (stack, below, number):
            self._files.show(Comparison(stack, below, number))
        self._entitle_files()

    def _why_nothing(self, number: int) -> str:
        if self._image and not self._image.layers:
            return "This image has no layers, and so no files."
        failure = self._known.failures.get(number) or (self._error if self._loading is None else None)
        if failure:
            return f"Layer {number} cannot be read.\n{escape(failure.message)}\n{escape(failure.hint)}"
        layer = next((layer for layer in self._image.layers if layer.number == number), None) if self._image else None
        if layer and layer.unavailable:
            return f"Layer {number} cannot be read: {escape(layer.unavailable)}."
        if self._image is None:
            return "Opening the image …"
        return f"Layer {number} is being read …"

    def _entitle_layers(self) -> None:
        count = len(self._image.layers) if self._image else 0
        self._pane("layers").entitle(f"Layers · {count}" if count else "Layers")

    def _entitle_files(self, count: bool = False) -> None:
        """Tell what is compared, and how much changed, unless that would first have to be counted and is not to be."""
        comparison = self._files.comparison
        number = self._layers.number
        if comparison is None:
            self._pane("files").entitle(f"Files at layer {number}" if number else "Files")
            return
        what = "what this layer changed" if comparison.below == number - 1 else "all changes since layer 1"
        title = f"Files at layer {number} · {what}"
        missing = sorted(layer for layer in comparison.stack.missing if layer < number)
        if missing:
            title += f" · without layer{'s' if len(missing) > 1 else ''} {', '.join(map(str, missing))}"
        outline = self._files.outline
        notes = [changes(comparison.counts()) if count or comparison.counted else "…"]
        if outline and outline.hidden:
            notes.append("hidden: " + ", ".join(change.name.lower() for change in Change if change in outline.hidden))
        if outline and outline.order != "name":
            notes.append(f"by {outline.order}")
        if outline and outline.pattern and not self._filter.display:
            notes.append(f"filter {escape(outline.pattern)}")
        self._pane("files").entitle(title, " · ".join(notes))

    def _entitle_tabs(self) -> None:
        current = self._tabs.current
        title = Content(" │ ").join(
            Content.from_markup(
                f"[@click=screen.tab('{id}')][{'bold underline' if id == current else 'dim'}]{name}[/][/]"
            )
            for id, name in TABS.items()
        )
        files = f"{self._wasted.row_count:,} files" if self._account and current == "wasted" else ""
        self._pane("tabs").entitle(title, files)

    def _show_wasted(self) -> None:
        """List what is wasted, if anyone looks: of a large image, sorting it takes as long as some keys."""
        if self._account and self._tabs.current == "wasted":
            self._wasted.show(self._account)
        self._entitle_tabs()

    def _describe_soon(self) -> None:
        if self._describing:
            self._describing.stop()
        self._describing = self.set_timer(_DETAILS_DELAY, self._describe)

    def _describe(self) -> None:
        """Describe what the cursor is on."""
        comparison, node, step = self._files.comparison, self._files.node, self._layers.step
        if self._image is None:
            return
        self._entitle_files(count=True)
        if self._describes_path and comparison and node is not None:
            self._details.show(describe_path(comparison, node, self._image))
        elif step:
            number = step[1].number if step[1] else 0
            failure = self._known.failures.get(number)
            self._details.show(describe_layer(self._image, step, self._stack, self._account, failure))

    def _pane(self, name: str) -> Pane:
        return self.query_one(f"#{name}-pane", Pane)

    # What the panes say

    @on(LineList.Moved, "#layers")
    def _layer_moved(self) -> None:
        self._compare()
        self._describe_soon()

    @on(LineList.Moved, "#files")
    def _path_moved(self) -> None:
        self._describe_soon()

    @on(LineList.Chosen, "#layers")
    def _layer_chosen(self) -> None:
        self._go_to("files")

    @on(LineList.Chosen, "#wasted")
    def _waste_chosen(self) -> None:
        """Go to the wasted path, at the layer that hides it."""
        waste, stack = self._wasted.waste, self._stack
        if waste and stack and waste.node >= 0:
            self._layers.set_mode(Mode.LAYER)
            self._layers.move_to_layer(waste.hidden_by)
            self._compare()
            self._files.reveal(stack.path(waste.node))
            self._go_to("files")

    @on(FileTree.Changed)
    def _rows_changed(self) -> None:
        self._filter.follow()
        self._entitle_files()

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self._entitle_files()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Where there is no room for all panes, the one with the keys is shown."""
        for name in PANES:
            self.set_class(self._pane(name).has_focus_within, f"-at-{name}")
        if event.widget is self._layers or event.widget is self._files:
            self._describes_path = event.widget is self._files
            self._describe_soon()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed, letters are letters."""
        return action not in _LETTERS or not self._filter.has_focus_within

    def action_pane(self, step: int) -> None:
        here = next((index for index, name in enumerate(PANES) if self._pane(name).has_focus_within), 0)
        self._go_to(PANES[(here + step) % len(PANES)])

    def action_filter(self) -> None:
        self._at("files")
        self._filter.open()

    def action_mode(self, mode: str) -> None:
        """Compare as asked for; in the other way where nothing is."""
        other = Mode.ALL if self._layers.mode is Mode.LAYER else Mode.LAYER
        self._layers.set_mode(Mode(mode) if mode else other)
        self._compare()
        self._describe_soon()

    def action_layer(self, step: int) -> None:
        self._layers.action_move(step)

    def action_tab(self, name: str) -> None:
        self._tabs.current = name
        self._show_wasted()
        self._go_to("tabs")

    def action_next_tab(self, step: int) -> None:
        names = list(TABS)
        current = self._tabs.current or names[0]
        self.action_tab(names[(names.index(current) + step) % len(names)])

    def action_press(self, key: str) -> None:
        """What a click on a key in the last line does."""
        self.app.simulate_key(key)

    def action_palette(self) -> None:
        self.app.action_command_palette()

    def action_quit(self) -> None:
        self.app.exit()

    def action_keys(self) -> None:
        self.app.push_screen(KeysScreen())

    def _go_to(self, pane: str) -> None:
        """Give a pane the keys."""
        self._compare()  # the cursor may have come to another layer a moment ago
        self._at(pane)
        if pane == "tabs":
            pane = self._tabs.current or "details"
        self.set_focus(self._lists[pane])

    def _at(self, pane: str) -> None:
        for name in PANES:
            self.set_class(name == pane, f"-at-{name}")
