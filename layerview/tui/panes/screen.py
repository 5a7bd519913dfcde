"""Layers, files and tabs side by side, whatever they show: which pane is where, and which has the keys."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import cycle
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from layerview.errors import LayerviewError
from layerview.exploration import Aborted, Finished, LayerFailed, Noticed, Progressed
from layerview.image import Layer
from layerview.process import garbage
from layerview.text import escape
from layerview.trees import Change
from layerview.tui.base import BaseScreen
from layerview.tui.frame.ground import Column, Ground, Tabs
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.pane import Pane
from layerview.tui.lists.filter_bar import FilterBar, FilteredList
from layerview.tui.lists.line_list import LineList
from layerview.tui.panes.arranged import Panes
from layerview.tui.panes.files import FileTree
from layerview.tui.panes.known import Known, Loading
from layerview.tui.panes.layers import LayerRows
from layerview.tui.panes.outline_list import OutlineList
from layerview.tui.panes.remembered import arrangement, keep
from layerview.tui.panes.told import Told
from layerview.tui.steps import Step

_TICK = 0.15
"""Seconds between two pictures of the progress, or of what is known meanwhile."""
_IN_LIST = {"files.fold": "go to file", "files.fold-all": "", "files.flat": "tree"}
"""What keys are called where the files are a list, in which nothing is folded."""
PANES = ("layers", "files", "tabs")
_DETAILS_DELAY = 0.05
"""Seconds that the cursor rests before it is described: two panes painted in one frame cost more than both alone."""

_AROUND_LAYERS = 3
"""Lines of the frame around the layers, and of their head."""
_NOTICED = 10
"""Seconds that a notice is shown."""

_PREPARING = """The engine is preparing an export of the image.
It packs all of it before it sends a byte:
of a large image that takes minutes …"""


class PanesScreen(Ground, BaseScreen):
    """Three panes. What stands in them, a subclass says."""

    TABS: ClassVar[Mapping[str, str]]
    """The ids of what the tabs pane switches between, and what they are called. The first is there from the start."""

    def __init__(self, head: Widget, layers: LayerRows, tabs: list[LineList]) -> None:
        first = (self.AUTO_FOCUS or "").removeprefix("#")
        wanted = arrangement()
        zoomed = " -zoomed" if wanted.zoomed else ""
        super().__init__(classes=f"-at-{first}-pane{zoomed}")  # or where one pane is shown alone, none could be entered
        self._head_line = head
        self._panes = Panes(wanted)
        self._files = FileTree("files")
        filtered = [each for each in (self._files, *tabs) if isinstance(each, FilteredList)]
        self._filters = {each: FilterBar(each) for each in filtered}
        self._filter = self._filters[self._files]
        self._tabs = Tabs(initial=next(iter(self.TABS)), id="tabs")
        self._all_layers = layers
        self._lists: dict[str, LineList] = {
            "layers": layers,
            "files": self._files,
            **dict(zip(self.TABS, tabs, strict=True)),
        }
        self._loading: Loading | None = Loading()
        """How far what is shown is read; None once all is that can be."""
        self._error: LayerviewError | None = None
        self._stale = 0
        """In how many more pictures progress is to be shown."""
        self._progress = cycle((self._show_known, self._show_head))
        """What shows it, in turn: to paint both at once is to paint all that lies between, and holds up a key."""
        self._ticker: Timer | None = None
        self._describing: Timer | None = None
        self._describes_path = False

    def compose(self) -> ComposeResult:
        yield self._head_line
        with self._panes:
            with Pane(id="layers-pane"):
                yield self._all_layers
            with Pane(id="files-pane"):
                yield self._files
                yield self._filter
            with Pane(id="tabs-pane"), self._tabs:
                for name in self.TABS:
                    each = self._lists[name]
                    yield Column(each, self._filters[each], id=name) if isinstance(each, FilteredList) else each
        yield KeyLine()

    def on_mount(self) -> None:
        self._ticker = self.set_interval(_TICK, self._tick)
        self.call_after_refresh(garbage.collect_what_comes)

    def on_unmount(self) -> None:
        keep()

    # What a subclass says

    @abstractmethod
    def _compare(self) -> None:
        """Have the files show what they are to show now."""

    @abstractmethod
    def _why_nothing(self) -> str:
        """What stands in place of the files as long as there are none to show."""

    @abstractmethod
    def _describe(self) -> None:
        """Describe what the cursor is on."""

    @abstractmethod
    def _entitle_files(self) -> None:
        """Tell what the files show."""

    @abstractmethod
    def _tab_shown(self) -> None:
        """Another tab is shown."""

    @abstractmethod
    def _named(self, told: Told) -> str:
        """What an error calls an image, with what separates that from it; nothing where there is one alone."""

    @property
    @abstractmethod
    def _is_described(self) -> bool:
        """Whether it is known what is looked at, if not yet what is in it."""

    @abstractmethod
    def _show_known(self) -> None:
        """Show what is known of the layers by now."""

    @abstractmethod
    def _show_head(self) -> None:
        """Show how far it is, and what is known of the whole."""

    # Loading

    def _take(self, event: object, told: Told | None = None) -> bool:
        """Take what happens, to one image if it is ``told`` of that; whether more is to be shown than how far it is."""
        if told:
            told.take(event)
        match event:
            case Progressed():
                self._progressed()
                return False
            case Noticed(lines):
                self._tell_notices(lines)
                return False
            case LayerFailed(layer, error) if told:
                self._error = LayerviewError(f"{self._named(told)}layer {layer}: {error.message}", error.hint)
            case Aborted(error) if not self._is_described:
                self.app.exit(error)
                return False
            case Aborted(error):
                self._error = error
                self._end_loading()
            case Finished():
                self._end_loading()
        return True

    def _progressed(self) -> None:
        """More is known of layers that are being read."""
        self._stale = 2
        if self._files.comparison is None and self._files.empty_text() != self._why_nothing():
            self._compare()

    def _tell_notices(self, lines: Iterable[str]) -> None:
        """What makes no difference to the image."""
        self.notify(". ".join(map(escape, lines)), timeout=_NOTICED)

    def _tick(self) -> None:
        """Show the progress, if there is any."""
        if self._stale:
            self._stale -= 1
            next(self._progress)()

    def _end_loading(self) -> None:
        self._loading = None
        if self._ticker:
            self._ticker.stop()
        garbage.leave_alone_what_is_there()

    def _why_unread(self, *held: tuple[Layer, Known]) -> str:
        """Why the files of a layer are not there, or not yet.

        ``held`` is the layer that is to be shown, and what is known of that image; then the same layer of another image.
        """
        layer, known = held[0]
        number = layer.number
        failure = known.failures.get(number) or (None if self._loading else self._error)
        if failure:
            return f"Layer {number} cannot be read.\n{escape(failure.message)}\n{escape(failure.hint)}"
        if layer.unavailable:
            return f"Layer {number} cannot be read: {escape(layer.unavailable)}."
        if any(known.awaited for _, known in held):
            return _PREPARING
        told = (known.progress.get(layer.number) or known.progress.get(0) for layer, known in held)
        progress = next(filter(None, told), None)
        if progress is None:
            return f"Layer {number} is still to be read …"
        done, total = progress
        if 0 < total <= done:
            return f"Layer {number} is read.\nIt is shown once it is merged with the others …"
        return f"Layer {number} is being read …"

    # Titles

    def _entitle_tabs(self, subtitle: Content | str = "") -> None:
        title = _tabs_title(tuple(self.TABS.items()), self._tabs.current or "")
        self._pane("tabs").entitle(title, subtitle)

    def _told_below_files(self, counts: str) -> str:
        """How the files are sorted, hidden and filtered, and how much changed, if all of that has room."""
        outline = self._files.outline
        if outline is None:
            return counts
        notes = [f"{'list ' * outline.flat}by {outline.order}"]
        if outline.hidden:
            notes.append("hidden: " + ", ".join(change.name.lower() for change in Change if change in outline.hidden))
        if outline.pattern and not self._filter.display:
            notes.append(f"filter {escape(outline.pattern)}")
        notes.append(counts)
        return " · ".join(notes)

    def _describe_soon(self) -> None:
        if self._describing:
            self._describing.stop()
        self._describing = self.set_timer(_DETAILS_DELAY, self._rest)

    def _rest(self) -> None:
        """The cursor has come to where it stays for a moment."""
        self._describe()
        self.call_after_refresh(garbage.collect_what_keys_left)

    def _pane(self, name: str) -> Pane:
        return self.query_one(f"#{name}-pane", Pane)

    # What the panes say

    @on(LayerRows.Listed)
    def _layers_listed(self, message: LayerRows.Listed) -> None:
        """Layers are given the lines that they take."""
        lines = message.rows + _AROUND_LAYERS
        if lines != self._panes.layer_lines:
            self._panes.layer_lines = lines
            self._panes.arrange_anew()

    @on(Pane.Dragged)
    def _border_dragged(self, message: Pane.Dragged) -> None:
        """Put a border where the mouse is."""
        place, wanted, pane = self._panes.region, self._panes.arrangement, message.pane
        x, y = message.x - place.x + 1, message.y - place.y + 1
        if message.is_side and self._is_beside_files(pane):
            wanted.across = x / place.width
        elif not message.is_side and pane.region.bottom < place.bottom:
            if pane is self._pane("layers"):
                wanted.layers = y / place.height
            else:
                wanted.tabs = (place.height - y) / place.height
        self._panes.arrange_anew()

    def _is_beside_files(self, pane: Pane) -> bool:
        files = self._pane("files")
        return files.display and files.region.x >= pane.region.right

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

    @on(OutlineList.Changed)
    def _rows_changed(self, message: OutlineList.Changed) -> None:
        self._filters[message.sender].follow()
        if message.sender is self._files:
            self._entitle_files()

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self._entitle_files()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Describe what has the keys."""
        if event.widget is self._all_layers or event.widget is self._files:
            self._describes_path = event.widget is self._files
            self._describe_soon()

    # Keys

    def steps_back(self) -> Iterator[Step]:
        """Its filter, then how it is looked at, of what has the keys, or of the files; what led there; others in view; zoom."""
        bars = self._filters
        here = next((each for each in bars if each.has_focus or bars[each].has_focus_within), self._files)
        shown = [each for name, each in self._lists.items() if name not in self.TABS or name == self._tabs.current]
        for each in sorted(shown, key=lambda each: each is not here):
            bar = bars.get(each) if isinstance(each, FilteredList) else None
            yield from filter(None, (bar and bar.step_back(), each.step_back()))
            if each is here:
                yield from self.ways_back()
        if self._panes.arrangement.zoomed:
            yield Step("all panes", self.action_zoom)
        yield from super().steps_back()

    def ways_back(self) -> Iterator[Step]:
        """From where the reader was led to, what leads to where that was."""
        yield from ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Not every screen has each tab."""
        is_there = action != "tab" or parameters[0] in self.TABS
        return is_there and super().check_action(action, parameters)

    def label(self, id: str) -> str | None:
        return _IN_LIST[id] if self._files.flat and id in _IN_LIST else super().label(id)

    def action_view(self) -> None:
        """Back to the layers, or from these to the files."""
        self._go_to("files" if self._all_layers.has_focus else "layers")

    def action_pane(self, step: int) -> None:
        here = next((index for index, name in enumerate(PANES) if self._pane(name).has_focus_within), 0)
        self._go_to(PANES[(here + step) % len(PANES)])

    def action_zoom(self) -> None:
        """Have the pane that has the keys take all of the screen, or share it again."""
        wanted = self._panes.arrangement
        wanted.zoomed = not wanted.zoomed
        self.set_class(wanted.zoomed, "-zoomed", update=False)  # nothing but panes looks different for it
        self.app.stylesheet.update_nodes(self.query(Pane))
        self._panes.arrange_anew()
        self._panes.refresh()  # else what looked for a place meanwhile would have Textual believe that nothing has moved
        self.refresh_bindings()

    def action_border(self, columns: int, lines: int) -> None:
        """Move the borders between panes: that beside files, and that below layers."""
        wanted, (width, height) = self._panes.arrangement, self._panes.size
        layers, tabs = self._pane("layers"), self._pane("tabs")
        before = self._panes.places
        if columns and self._is_beside_files(layers):
            wanted.across = (layers.region.width + columns) / width
        elif lines and tabs.has_focus_within and tabs.region.y > layers.region.bottom:
            wanted.tabs = (tabs.region.height - lines) / height
        elif lines and layers.display and layers.region.height < height:
            wanted.layers = (layers.region.height + lines) / height
        if self._panes.places == before:
            self.notify("There is no such border here, or it goes no further.")
        self._panes.arrange_anew()

    async def action_filter(self) -> None:
        """Filter what has the keys, or else the files."""
        if isinstance(self.focused, FilteredList) and self.focused in self._filters:
            await self._filters[self.focused].open()
            return
        self._pane("files").enter()
        await self._filter.open()

    def action_layer(self, step: int) -> None:
        before = self._all_layers.cursor
        self._all_layers.move_by_layer(step)
        if self._all_layers.cursor == before:
            self.notify(f"There is no layer {'after' if step > 0 else 'before'} this one.")

    def action_tab(self, name: str) -> None:
        if self._lists[name].has_focus:
            self.notify(f"This is {self.TABS[name]}.")
        self._tabs.current = name
        self._tab_shown()
        self._go_to("tabs")

    def enter(self, pane: LineList) -> None:
        """In whichever pane or tab it is."""
        name = next(name for name, each in self._lists.items() if each is pane)
        if name in self.TABS:
            self.action_tab(name)
        else:
            self._go_to(name)

    def action_next_tab(self, step: int) -> None:
        names = list(self.TABS)
        current = self._tabs.current or names[0]
        self.action_tab(names[(names.index(current) + step) % len(names)])

    def _go_to(self, pane: str) -> None:
        """Give a pane the keys."""
        self._compare()  # the cursor may have come to another layer a moment ago
        self._pane(pane).enter()  # where there is no room for all panes, what is not shown cannot have the keys
        if pane == "tabs":
            pane = self._tabs.current or next(iter(self.TABS))
        self.set_focus(self._lists[pane])


@cache
def _tabs_title(tabs: tuple[tuple[str, str], ...], current: str) -> Content:
    """The names of the tabs, each of which can be clicked: to read the markup takes longer than to paint it."""
    return Content(" │ ").join(
        Content.from_markup(f"[@click=screen.tab('{id}')][{'bold underline' if id == current else 'dim'}]{name}[/][/]")
        for id, name in tabs
    )
