"""Worker processes: they run tasks, send back what the tasks find, and end with the program, however it ends.

``concurrent.futures`` gives a task one result at its end; here a task reports while it runs, so that
layers appear as they are indexed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Protocol

from layerview.errors import LayerviewError

Send = Callable[[object], None]


class Task(Protocol):
    """What a worker runs. It is pickled on its way there, and what it sends on its way back."""

    def run(self, send: Send) -> None: ...


class Workers:
    """A few processes that run tasks beside this one. Not thread-safe, save ``close``."""

    def __init__(self, count: int) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._waiting: deque[Task] = deque()
        self._running: dict[Connection, Task] = {}
        self._idle: list[Connection] = []
        self._processes: dict[Connection, multiprocessing.process.BaseProcess] = {}
        self._wake, self._woken = self._context.Pipe()
        self._closed = False
        for _ in range(count):
            self._start()

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        self._processes[ours] = process
        self._idle.append(ours)

    @property
    def idle(self) -> int:
        """How many more tasks would run at once."""
        return len(self._idle) - len(self._waiting)

    def submit(self, task: Task) -> None:
        self._waiting.append(task)
        self._hand_out()

    def receive(self) -> tuple[Task, object]:
        """Wait for the next thing that a running task sends, or for its end, a Done."""
        while True:
            for connection in wait([self._woken, *self._running]):
                assert isinstance(connection, Connection)
                if connection is self._woken:
                    raise LayerviewError("the work was ended")
                return self._receive(connection)

    def close(self) -> None:
        """End all processes at once. May be called from another thread, and more than once."""
        if not self._closed:
            self._closed = True
            self._wake.send_bytes(b"")
            for process in self._processes.values():
                process.kill()
            for process in self._processes.values():
                process.join()

    def _hand_out(self) -> None:
        while self._idle and self._waiting:
            connection, task = self._idle.pop(), self._waiting.popleft()
            self._running[connection] = task
            connection.send(task)

    def _receive(self, connection: Connection) -> tuple[Task, object]:
        task = self._running[connection]
        try:
            message = connection.recv()
        except (EOFError, OSError):
            message = Done(self._bury(connection))
        if isinstance(message, Done):
            del self._running[connection]
            if connection in self._processes:
                self._idle.append(connection)
            self._hand_out()
        return task, message

    def _bury(self, connection: Connection) -> LayerviewError:
        """A process has ended by itself; another takes its place."""
        process = self._processes.pop(connection)
        process.join()
        self._start()
        return LayerviewError(
            f"a worker process ended with status {process.exitcode}", "The system may have run out of memory."
        )


@dataclass(frozen=True)
class Done:
    """The end of a task."""

    error: LayerviewError | None = None


def _serve(connection: Connection) -> None:
    """The life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C goes to the whole terminal; the program decides
    threading.Thread(target=_follow_parent, daemon=True).start()
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        error = None
        try:
            task.run(connection.send)
        except LayerviewError as raised:
            error = raised
        except Exception as raised:  # noqa: BLE001 (whatever it is, the program must hear of it)
            error = LayerviewError(
                f"an unexpected fault: {raised!r}", "This is a mistake in layerview; please report it."
            )
            error.__notes__ = [traceback.format_exc()]
        connection.send(Done(error))


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
