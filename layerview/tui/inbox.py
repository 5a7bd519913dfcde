"""Between threads that find something out and the screen, which is not there yet when the first events come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from layerview.errors import LayerviewError
from layerview.exploration import Aborted, Described

Event = TypeVar("Event")


class Inbox(Generic[Event]):
    """Keeps events until someone listens, then hands them on."""

    def __init__(self) -> None:
        self._kept: list[Event] = []
        self._listener: Callable[[Event], None] | None = None
        self._lock = threading.Lock()

    def put(self, event: Event) -> None:
        with self._lock:
            if self._listener:
                self._listener(event)
            else:
                self._kept.append(event)

    @property
    def refusal(self) -> LayerviewError | None:
        """Why there is nothing to show, if that is known before anyone listens."""
        with self._lock:
            if any(isinstance(event, Described) for event in self._kept):
                return None
            return next((event.error for event in self._kept if isinstance(event, Aborted)), None)

    def open(self, listener: Callable[[Event], None]) -> None:
        """Hand over what was kept, and from now on all that comes."""
        with self._lock:
            for event in self._kept:
                listener(event)
            self._kept.clear()
            self._listener = listener
