"""The last line: what the most useful keys do here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget

from layerview.tui.keymap import KEYS

_ORDER = {key.id: number for number, key in enumerate(KEYS)}


class KeyLine(Widget):
    """As many of the focused pane's keys as there is room for; the way to all of them is always there."""

    ALLOW_SELECT = False

    _written_last: Sequence[Binding] = ()

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._follow())

    def _follow(self) -> None:
        if _shown(self) != self._written_last:  # Textual tells twice of another widget with the keys
            self.refresh()

    def render(self) -> Content:
        bindings = self._written_last = _shown(self)
        always = [binding for binding in bindings if binding.id in ("screen.keys", "screen.quit", "panes.back")]
        last = _written(always)
        line = Content("")
        for binding in bindings:
            if binding not in always:
                longer = line + _written([binding])
                if longer.cell_length + last.cell_length <= self.size.width:
                    line = longer
        return line + last


def _shown(widget: Widget) -> list[Binding]:
    """The bindings for the footer: the focused pane's own first, each once."""
    own, general = dict[str, Binding](), dict[str, Binding]()
    for node, binding, enabled, _ in widget.screen.active_bindings.values():
        if binding.show and enabled and binding.id:
            (general if node is widget.screen else own).setdefault(binding.id, binding)
    # A key that means something else in every other list stands where those have it.
    return [*sorted(own.values(), key=lambda binding: _ORDER[binding.id or ""]), *general.values()]


def _written(bindings: list[Binding]) -> Content:
    return Content("").join(
        _label(binding.key, binding.key_display or binding.key, binding.description) for binding in bindings
    )


@cache
def _label(key: str, shown: str, label: str) -> Content:
    """A key, which can be clicked, and what it does; there are some fifty."""
    return Content.from_markup(
        f"[@click=screen.press('{key}')] [$footer-key-foreground bold]$shown[/] $label [/]", shown=shown, label=label
    )
