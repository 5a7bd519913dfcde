"""The last line: what the most useful keys do here, or what there is to say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from textwrap import wrap
from typing import NamedTuple, Protocol, runtime_checkable

from textual.content import Content
from textual.css.scalar import Scalar
from textual.timer import Timer
from textual.widget import Widget

from layerview.tui.keymap import BACK, KEYS, QUIT, keys, written
from layerview.tui.wishes import wishes

_ORDER = {key.id: number for number, key in enumerate(KEYS)}
_HIGHEST = 3
"""Lines that a notice takes at most."""
_ALWAYS = (BACK, "screen.keys", QUIT)


@runtime_checkable
class Labels(Protocol):
    """A screen of which some keys mean more than they do in general."""

    def label(self, id: str) -> str | None:
        """What a key does now, in a word or two: empty where it does nothing, None where it is called as always."""


class _Shown(NamedTuple):
    id: str
    key: str
    written: str
    label: str


class KeyLine(Widget):
    """As many of the focused pane's keys as there is room for; the way to all of them is always there.

    What is said stands in their place: until it is taken back, or for some seconds.
    """

    ALLOW_SELECT = False

    _written_last: Sequence[_Shown] = ()
    _said = ""
    _timer: Timer | None = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._follow())

    def _follow(self) -> None:
        if _shown(self) != self._written_last:  # Textual tells twice of another widget with the keys
            self.refresh()

    def say(self, text: str, seconds: float | None = None) -> None:
        """Show a text in place of the keys, for so many ``seconds`` if they are given; an empty one shows the keys again."""
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(seconds, lambda: self.say("")) if text and seconds else None
        # What answers a key is cut where it is too long: were the line higher, all above it would move for a moment.
        lines = len(wrap(text, max(self.size.width - 2, 1))) if seconds else 1
        if self.styles.height != Scalar.from_number(height := max(1, min(lines, _HIGHEST))):
            self.styles.height = height
        if text != self._said:
            self._said = text
            self.refresh()

    def render(self) -> Content:
        shown = self._written_last = _shown(self)
        always = [each for each in shown if each.id in _ALWAYS]
        last = _written(sorted(always, key=lambda each: _ALWAYS.index(each.id)))
        if self._said:
            return self._saying(last)
        line = Content("")
        for each in shown:
            if each not in always:
                longer = line + _written([each])
                if longer.cell_length + last.cell_length <= self.size.width:
                    line = longer
        return line + last

    def _saying(self, last: Content) -> Content:
        said = Content.styled(f" {self._said} ", "$foreground bold")
        if said.cell_length <= self.size.width - last.cell_length:
            return said + last
        return said if self.size.height > 1 else said.truncate(self.size.width, ellipsis=True)


def _shown(widget: Widget) -> list[_Shown]:
    """The keys for the line: the focused pane's own first, each once."""
    screen, named = widget.screen, keys(wishes().keys)
    own, general = dict[str, _Shown](), dict[str, _Shown]()
    # Asked once: to find that out takes as long as all the rest.
    label_of = screen.label if isinstance(screen, Labels) else _no_label
    for node, binding, enabled, _ in screen.active_bindings.values():
        id = binding.id or ""
        told = label_of(id)
        label = (binding.description if binding.show else "") if told is None else told
        if label and enabled and id in _ORDER:
            shown = _Shown(id, binding.key, written(named[id]).split("  ")[0], label)
            (general if node is screen else own).setdefault(id, shown)
    # A key that means something else in every other list stands where those have it.
    return [*sorted(own.values(), key=lambda each: _ORDER[each.id]), *general.values()]


def _no_label(id: str) -> str | None:
    return None


def _written(shown: list[_Shown]) -> Content:
    return Content("").join(_label(each.key, each.written, each.label) for each in shown)


@cache
def _label(key: str, shown: str, label: str) -> Content:
    """A key, which can be clicked, and what it does; there are some fifty."""
    return Content.from_markup(
        f"[@click=screen.press('{key}')] [$footer-key-foreground bold]$shown[/] $label [/]", shown=shown, label=label
    )
