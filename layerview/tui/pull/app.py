"""The app that asks whether to pull an image, and shows how an engine does it."""

from __future__ import annotations

import threading

from layerview.errors import LayerviewError, unexpected
from layerview.sources.pullers import pulled_by
from layerview.sources.pulling import Puller, Stop
from layerview.sources.tally import Tally
from layerview.tui.base import BaseApp
from layerview.tui.pull.question import QuestionScreen
from layerview.tui.pull.screen import Ended, PullScreen

_PARTING = 2
"""Seconds that an engine is given to notice that a pull is given up, before it is left to the program's end."""


class PullApp(BaseApp[str | LayerviewError]):
    """Its result is what to open, an error that the reader has seen, or nothing."""

    def __init__(self, puller: Puller, *, ask: bool, registry: bool, why: str = "", chosen: bool = False) -> None:
        super().__init__(chosen)
        self._puller = puller
        self._question = QuestionScreen(puller, registry, why, self._answer) if ask else None
        self._screen: PullScreen | None = None
        self._stop = Stop()
        self._thread: threading.Thread | None = None

    def on_mount(self) -> None:
        if self._question is None:
            self._pull()
        else:
            self.push_screen(self._question)

    def stop(self) -> None:
        """End the pull, if there is one."""
        self._stop()
        if self._thread is not None:
            self._thread.join(_PARTING)

    def _answer(self, opens: str) -> None:
        """``opens`` is what the reader wants to have opened."""
        if opens == pulled_by(self._puller):
            self._pull()
        else:
            self.exit(opens)

    def _pull(self) -> None:
        tally, self._stop = Tally(), Stop()
        screen = PullScreen(self._puller, tally, self._pull, self._ask_again if self._question else None)
        if isinstance(self.screen, PullScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen)
        self._thread = threading.Thread(target=self._run, args=(screen, tally, self._stop), name="pull", daemon=True)
        self._thread.start()

    def _ask_again(self) -> None:
        """Give the pull up for the question that it was an answer to."""
        self._stop()
        self.pop_screen()

    def _run(self, screen: PullScreen, tally: Tally, stop: Stop) -> None:
        error = None
        try:
            self._puller.pull(tally.take, stop)
        except LayerviewError as raised:
            error = raised
        except Exception as raised:  # noqa: BLE001 (a thread that dies in silence leaves the screen waiting)
            error = unexpected(raised)
        if not stop.asked:  # by a reader who has left for something else
            screen.post_message(Ended(error))
