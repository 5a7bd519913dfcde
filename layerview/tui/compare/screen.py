"""Two images compared: their layers in one list, the files of both in one tree, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from layerview.analysis import is_same, layer_pairs
from layerview.exploration import Described
from layerview.exploration.pair import Compared, Happened, PairEvent
from layerview.filesystem import Comparison, ImageComparison
from layerview.image import Image, Layer, changed_settings
from layerview.text import escape
from layerview.tui.compare.describe import (
    Names,
    describe_configs,
    describe_difference,
    describe_layer_pair,
    names_of,
)
from layerview.tui.compare.head import PairHead
from layerview.tui.compare.layers import LayerPairList
from layerview.tui.keymap import bindings
from layerview.tui.lists.description import Description
from layerview.tui.lists.line import Line
from layerview.tui.panes.describe import describe_path
from layerview.tui.panes.known import Loading
from layerview.tui.panes.screen import PanesScreen
from layerview.tui.panes.told import Told
from layerview.wording.changes import THIS_LAYER, compared, counted_changes
from layerview.wording.layers import without


class HeardOfPair(Message):
    """Something happened to the pair."""

    def __init__(self, event: PairEvent) -> None:
        super().__init__()
        self.event = event


class CompareScreen(PanesScreen):
    """The second image against the first; or, if asked for, what one layer of either changed."""

    TABS: ClassVar[Mapping[str, str]] = {"details": "Details", "config": "Configuration"}
    BINDINGS: ClassVar[list[BindingType]] = bindings("panes", "compare", "screen")
    PLACES = ("panes", "compare", "mode", "screen", "list", "pair", "files", "tabs", "details", "filter")
    AUTO_FOCUS = "#files"

    def __init__(self, titles: Names) -> None:
        self._head = PairHead(titles)
        self._layers = LayerPairList("layers", self._compare)
        self._details = Description("details")
        self._config = Description("config")
        super().__init__(self._head, self._layers, [self._details, self._config])
        self._titles = titles
        self._read = (Told(), Told())
        """What is known of each image, in the order in which they were named."""
        self._swapped = False
        self._comparisons: dict[bool, ImageComparison] = {}
        """By whether times count. Empty until both images are read."""
        self._times = False

    def on_mount(self) -> None:
        self._pane("layers").entitle("Layers")
        self._entitle_tabs()
        self._compare()

    # What happens to the pair

    def on_heard_of_pair(self, message: HeardOfPair) -> None:
        match message.event:
            case Happened(number, event):
                if not self._take(event, self._read[number]):
                    return
                if isinstance(event, Described):
                    self._list_layers()
            case Compared(comparison):
                self._comparisons = {comparison.times: comparison.mirrored() if self._swapped else comparison}
                self._count_times()
            case event:
                if not self._take(event):
                    return
        self._show_known()
        self._compare()
        self._show_head()
        self._describe_soon()

    def _named(self, told: Told) -> str:
        return f"{self._names[self._sides.index(told)]}, "

    @property
    def _is_described(self) -> bool:
        return self._images is not None

    def _list_layers(self) -> None:
        """Both images are known, or only the first is, whose layers are there to be seen meanwhile."""
        if self._images:
            one, other = self._images
            pairs = layer_pairs(one.layers, other.layers)
            self._layers.show(pairs)
            self._config.show(describe_configs(self._images, self._names))
            common = sum(map(is_same, pairs))
            self._pane("layers").entitle(f"Layers · {len(one.layers)} → {len(other.layers)}", f"{common} in common")
        elif first := self._read[0].image:
            self._layers.show(
                [(None, layer) if self._swapped else (layer, None) for layer in first.layers], matched=False
            )

    def _show_known(self) -> None:
        one, other = self._sides
        self._layers.know((one.known, other.known))

    def _show_head(self) -> None:
        if self._loading:
            self._loading = Loading.joined([side.measure() for side in self._sides])
        one, other = self._sides
        settings = len(changed_settings(*self._images)) if self._images else 0
        comparison = self._comparisons.get(self._times)
        self._head.show(self._names, (one.account, other.account), comparison, self._loading, self._error, settings)

    # What the panes show

    @property
    def _sides(self) -> tuple[Told, Told]:
        """The old one and the new one."""
        one, other = self._read
        return (other, one) if self._swapped else (one, other)

    @property
    def _names(self) -> Names:
        one, other = self._read
        first, second = names_of(self._titles, (one.image, other.image))
        return (second, first) if self._swapped else (first, second)

    @property
    def _images(self) -> tuple[Image, Image] | None:
        one, other = (side.image for side in self._sides)
        return (one, other) if one and other else None

    def _compare(self) -> None:
        """Show what the images differ in, or the layer under the cursor."""
        wanted = self._layer_changes() if self._shows_layer else self._comparisons.get(self._times)
        if wanted is None:
            self._files.show_message(self._why_nothing())
        elif not _is_same(self._files.comparison, wanted):
            self._files.show(wanted)
        self._entitle_files()

    @property
    def _shows_layer(self) -> bool:
        """Whether the files are to be those of the layer under the cursor, if there is one."""
        return self._layers.marked and self._layers.pair is not None

    def _layer_changes(self) -> Comparison | None:
        side, layer = self._held[0]
        if side.stack is None or layer.number in side.stack.missing:
            return None
        return Comparison(side.stack, layer.number - 1, layer.number)

    @property
    def _held(self) -> list[tuple[Told, Layer]]:
        """The layer under the cursor as each image has it, the second's first: of one that both have, that is shown."""
        pair = self._layers.pair or (None, None)
        return [(side, layer) for side, layer in zip(self._sides, pair, strict=True) if layer][::-1]

    def _why_nothing(self) -> str:
        if self._shows_layer:
            return self._why_unread(*((layer, side.known) for side, layer in self._held))
        if self._loading is None and self._error:
            return f"The images cannot be compared.\n{escape(self._error.message)}\n{escape(self._error.hint)}"
        return "The images are compared once both are read …" if self._images else "Opening the images …"

    def _entitle_files(self) -> None:
        comparison = self._files.comparison
        names = tuple(map(escape, self._names))
        if self._shows_layer:
            side, layer = self._held[0]
            title = f"Files at layer {layer.number} of {names[self._sides.index(side)]} · {THIS_LAYER}"
        else:
            title = f"What changed from {names[0]} to {names[1]}"
            for side, name in zip(self._sides, names, strict=True):
                if side.stack and side.stack.missing and self._loading is None:
                    title += f" · {without(side.stack.missing)} of {name}"
        notes = [self._changes_told(comparison)] if comparison else []
        if isinstance(comparison, ImageComparison) and comparison.uncounted:
            notes.append(f"{comparison.uncounted:,} by time alone")
        self._pane("files").entitle(title, self._told_below_files(" · ".join(notes)))

    def _changes_told(self, comparison: Comparison) -> str:
        """How many paths differ; where none does, what else the images differ in."""
        counts = comparison.counts()
        if counts.total or not isinstance(comparison, ImageComparison):
            return counted_changes(counts)
        before, after = (side.account.wasted_bytes if side.account else 0 for side in self._sides)
        return ", ".join(compared(comparison, 0, (before, after)))

    def _tab_shown(self) -> None:
        self._entitle_tabs()

    def _describe(self) -> None:
        """Describe what the cursor is on."""
        comparison, node, pair = self._files.comparison, self._files.node, self._layers.pair
        if self._images is None:
            return
        if self._describes_path and comparison and node is not None:
            if isinstance(comparison, ImageComparison):
                self._details.show(describe_difference(comparison, node, self._images, self._names))
            else:
                image = self._held[0][0].image
                assert image
                self._details.show(describe_path(comparison, node, image))
        elif pair:
            sides = [
                (side.stack, side.account, side.known.failures.get(layer.number) if layer else None)
                for side, layer in zip(self._sides, pair, strict=True)
            ]
            self._details.show(describe_layer_pair(pair, self._images, self._names, sides))
        else:
            self._details.show([Line("", self._layers.empty_text(), "dim")])

    # Keys

    def action_mode(self, mode: str) -> None:
        """Show the layer under the cursor, or what the images differ in; the other where nothing is asked for."""
        self._layers.mark(mode == "layer" if mode else not self._layers.marked)
        self._compare()
        self._describe_soon()
        self.notify(f"Shown: {THIS_LAYER if self._shows_layer else 'what the images differ in'}.")

    def action_swap(self) -> None:
        """Take the new image for the old one. Nothing is compared again."""
        self._swapped = not self._swapped
        self._comparisons = {times: known.mirrored() for times, known in self._comparisons.items()}
        self._list_layers()
        self._show_known()
        self._compare()
        self._show_head()
        self._describe_soon()

    def action_times(self) -> None:
        """Have paths count as modified, or not, of which nothing but the time differs."""
        self._times = not self._times
        self._count_times()
        self._compare()
        self._show_head()
        self._describe_soon()
        self.notify(f"Paths that differ in their time alone {'count' if self._times else 'do not count'}.")

    def _count_times(self) -> None:
        """Compare as is asked for, if anything is compared yet."""
        known = next(iter(self._comparisons.values()), None)
        if known and self._times not in self._comparisons:
            self._comparisons[self._times] = known.with_times(self._times)


def _is_same(one: Comparison | None, other: Comparison) -> bool:
    if one is None or isinstance(other, ImageComparison):
        return one is other
    return not isinstance(one, ImageComparison) and (one.stack, one.at) == (other.stack, other.at)
