"""What all Textual apps here have in common, and their screens."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from inspect import isawaitable
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.driver import Driver
from textual.markup import escape as escape_markup
from textual.notifications import SeverityLevel
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from layerview.process.interrupts import INTERRUPTED
from layerview.text import escape
from layerview.tui.colours import TERMINAL, has_few_colours
from layerview.tui.driver import TerminalDriver
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.keys import KeysScreen
from layerview.tui.frame.palette import Commands
from layerview.tui.keymap import ASKED_BY_LETTERS, BACK, PLACES, QUIT, Key, keymap, keys, places_of, why_not, written
from layerview.tui.lists.line_list import LineList
from layerview.tui.steps import Step
from layerview.tui.textual_private import PatientApp
from layerview.tui.wishes import wishes

Result = TypeVar("Result")

_TYPED = ("list", "filter", "name")
"""Whose keys are no commands: they move, or count while something is typed."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class BaseApp(PatientApp[Result]):
    """An app with the styles and the commands of all of them, which ends in order when it is told to.

    Apps run one after the other, each for one screen. Ended by Ctrl+C or a signal, an app has no result; its return code
    is 128 and the signal's number.
    """

    CSS_PATH = Path(__file__).with_name("styles.tcss")
    TITLE = "layerview"
    COMMAND_PALETTE_BINDING = "f1"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Commands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012, since Textual declares no ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-short"), (36, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", "quit", show=False, priority=True)]

    def __init__(self, chosen: bool = False) -> None:
        """``chosen`` tells that what it shows was chosen from a list, and that there is a way back to that."""
        few = has_few_colours()
        super().__init__(ansi_color=few or None)
        self.register_theme(TERMINAL)
        if few:
            self.theme = TERMINAL.name
        self.set_keymap(keymap(wishes().keys))
        self.chosen = chosen
        self.goes_back = False
        """Whether the reader has left for the list."""
        self._answered: KeyLine | None = None
        """Where something is said that the next key takes back."""

    def get_driver_class(self) -> type[Driver]:
        return TerminalDriver

    async def run_async(self, **how: Any) -> Result | None:
        loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)
        for name in _SIGNALS:
            if hasattr(signal, name):
                number = getattr(signal, name)
                loop.add_signal_handler(number, self.exit, None, 128 + number)
        try:
            return await super().run_async(**how)
        finally:  # asyncio would leave Python's own behind, which breaks into imports; another app may follow
            loop.remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, before)

    async def action_quit(self) -> None:
        self.exit(return_code=INTERRUPTED)

    async def on_event(self, event: events.Event) -> None:
        if self._answered and isinstance(event, (events.Key, events.MouseDown)) and not event.is_forwarded:
            self._answered.say("")
            self._answered = None
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """No key is passed over in silence: say why one does nothing that nobody has taken."""
        screen = self.screen
        if event.key not in screen.active_bindings:
            nodes = screen.focused.ancestors_with_self if screen.focused else [screen]
            here = [place for node in nodes for place in places_of(type(node))]
            self.notify(
                why_not(event.key, here, screen.PLACES if isinstance(screen, BaseScreen) else (), wishes().keys)
            )

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something in the last line, where it covers nothing: until the next key, or for ``timeout`` seconds.

        All that is said leads through here, what Textual says included. It is taken literally, whatever is told of markup.
        """
        lines = (line for screen in reversed(self.screen_stack) for line in screen.query(KeyLine))
        if line := next(lines, None):
            line.say(f"{title}: {message}" if title else message, timeout)
            self._answered = None if timeout else line

    def copy_to_clipboard(self, text: str) -> None:
        """Put on the clipboard what the screen shows of a text: one line that does nothing where it is pasted.

        Whatever leads to the clipboard leads through here, Textual's own inputs and selections included: control characters
        of an image would end a bracketed paste, and a line break would run what is pasted into a shell.
        """
        shown = escape(text)
        super().copy_to_clipboard(shown)
        self.notify(shown, title="Copied")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the command palette offers: all that keys do on a screen, and Textual's themes."""
        if isinstance(screen, BaseScreen):
            yield from screen.commands()
        yield SystemCommand("change the colours", "theme", self.action_change_theme)


class BaseScreen(Screen[None]):
    """A screen that answers the keys of all screens."""

    PLACES: ClassVar[tuple[str, ...]]
    """Whose keys its list of keys has, in this order."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """What has the keys. Textual paints the whole screen anew where it changes; here what looks different for it does."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, letters are letters; and no list can ask a screen for what only others do."""
        if not hasattr(self, f"action_{action}"):
            return False
        return action not in ASKED_BY_LETTERS or not isinstance(self.focused, Input)

    def steps_back(self) -> Iterator[Step]:
        """What Esc can undo, what it undoes next first; a screen tells its own before these.

        Whoever changes what comes next without another pane having the keys calls ``refresh_bindings``.
        """
        if self._is_chosen:
            yield Step("list", self.action_quit)

    def label(self, id: str) -> str | None:
        """What the last line calls a key that means what the screen says."""
        if id == BACK:
            return next((step.label for step in self.steps_back()), "")
        return "list" if id == QUIT and self._is_chosen else None

    @property
    def _is_chosen(self) -> bool:
        return isinstance(self.app, BaseApp) and self.app.chosen

    def action_press(self, key: str) -> None:
        """What a click on a key in the last line does."""
        self.app.simulate_key(key)

    def action_palette(self) -> None:
        self.app.action_command_palette()

    async def action_back(self) -> None:
        """Undo one step. That never ends the program."""
        step = next(self.steps_back(), None)
        if step is None:
            self.notify("Nothing to go back from; q quits.")
        elif isawaitable(outcome := step.undo()):
            await outcome

    def action_quit(self) -> None:
        """End; what was chosen from a list is left for that."""
        assert isinstance(self.app, BaseApp)
        self.app.goes_back = self.app.chosen
        self.app.exit()

    def action_keys(self) -> None:
        """Show all keys, those of the pane that has them first."""
        own = {PLACES[place] for place in self._own_places}
        self.app.push_screen(KeysScreen(sorted(self.PLACES, key=lambda place: PLACES[place] not in own)))

    def commands(self) -> Iterator[SystemCommand]:
        """All that can be asked for here: first of the pane that has the keys and of the screen, then of other panes.

        Of each, what the last line tells comes before the rest.
        """
        own, general = self._own_places, (*places_of(type(self)), "mode")
        known = [key for key in keys(wishes().keys).values() if key.keys and key.place in self.PLACES]
        for others in (False, True):
            asked = [key for key in known if (key.place not in (*own, *general)) is others and key.place not in _TYPED]
            for key in sorted(asked, key=lambda key: (not key.label, key.place not in own)):
                title = f"{PLACES[key.place]}: {key.help}" if others else key.help
                yield SystemCommand(title, escape_markup(written(key)), partial(self._do, key))

    async def _do(self, key: Key) -> None:
        """What a key asks for, in the pane that it belongs to."""
        who: Widget = self
        if key.place not in (*places_of(type(self)), "mode"):
            lists = [self.focused, *self.query("LineList")]
            who = next((each for each in lists if each and key.place in places_of(type(each))), self)
        if isinstance(who, LineList) and not who.has_focus:
            self.enter(who)
        if not await self.app.run_action(key.action, who):
            self.notify(key.unable or f"Not now: {key.help}.")

    def enter(self, pane: LineList) -> None:
        """Have a list have the keys, wherever it is."""
        self.set_focus(pane)

    @property
    def _own_places(self) -> list[str]:
        """Whose keys the pane has alone that has the keys."""
        places = places_of(type(self.focused)) if self.focused else []
        return [place for place in places if place not in ("list", "mode")]
