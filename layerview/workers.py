"""Worker processes: they run tasks, send back what the tasks find, and end with the program, however it ends.

``concurrent.futures`` gives a task one result, at its end; here a task reports while it runs, so that layers appear as
they are indexed. And tables of half a million rows go back and forth as shared pages, not as copies.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import pickle
import sys
import tempfile
import threading
import traceback
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO, FileIO
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any, Protocol

import msgspec

from layerview.errors import LayerviewError, unexpected
from layerview.layers.columns import ColumnRecord, pieces, read
from layerview.process import interrupts, open_files

Send = Callable[[object], None]

_YIELDING = 10
"""How much nicer than a screen the workers beside it are, so that a key is answered first where all processors are busy. As
much as the command ``nice`` makes a program."""
_OUT_OF_MEMORY = "The system may have run out of memory."


class Task(Protocol):
    """What a worker runs. It is pickled on its way there, and what it sends on its way back."""

    def run(self, send: Send) -> None: ...


class Workers:
    """A few processes that run tasks beside this one. Not thread-safe, save ``close``."""

    def __init__(self, count: int, *, yielding: bool = False) -> None:
        """Start them. It takes 3 ms each where this process may be forked, and 100 ms each where it may not.

        ``yielding`` is for those beside a screen.
        """
        # A fork is for where the system is made for it, and no other thread is caught in the middle of something.
        forked = sys.platform == "linux" and threading.active_count() == 1
        self._context = multiprocessing.get_context("fork") if forked else multiprocessing.get_context("spawn")
        self._waiting: deque[Task] = deque()
        self._running: dict[Connection, Task] = {}
        self._idle: list[Connection] = []
        self._channels: dict[Connection, _Channel] = {}
        self._processes: dict[Connection, multiprocessing.process.BaseProcess] = {}
        self._wake, self._woken = self._context.Pipe()
        self._closed = False
        self._niceness = _YIELDING if yielding else 0
        open_files.allow()
        with interrupts.held():  # until they know what to do about Ctrl+C
            for _ in range(count):
                self._start()

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._niceness), daemon=True)
        process.start()
        theirs.close()
        self._processes[ours] = process
        self._channels[ours] = _Channel(ours)
        self._idle.append(ours)

    @property
    def idle(self) -> int:
        """How many processes have nothing to do."""
        return len(self._idle)

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Have a task run once a process is free, before those that wait already if it is to be first."""
        if first:
            self._waiting.appendleft(task)
        else:
            self._waiting.append(task)
        self._hand_out()

    def shared_file(self, size: int) -> FileIO:
        """A file of so many zeros that no folder names, for tasks that are to see what others of them write."""
        file = FileIO(_unnamed_file(), "r+")
        file.truncate(size)
        weakref.finalize(self, file.close)
        return file

    def receive(self) -> tuple[Task, object]:
        """Wait for the next thing that a running task sends, or for its end, a Done."""
        if self._waiting and not self._processes:
            return self._waiting.popleft(), Done(LayerviewError("no worker process is left", _OUT_OF_MEMORY))
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
            processes = list(self._processes.values())  # another thread may bury one meanwhile
            for process in processes:
                process.kill()
            for process in processes:
                process.join()

    def _hand_out(self) -> None:
        while self._idle and self._waiting:
            connection, task = self._idle.pop(), self._waiting.popleft()
            self._running[connection] = task
            self._channels[connection].send(task)

    def _receive(self, connection: Connection) -> tuple[Task, object]:
        task = self._running[connection]
        try:
            message = self._channels[connection].receive()
        except (EOFError, OSError):
            message = Done(self._bury(connection))
        if isinstance(message, Done):
            del self._running[connection]
            if connection in self._processes:
                self._idle.append(connection)
            self._hand_out()
        return task, message

    def _bury(self, connection: Connection) -> LayerviewError:
        """A process has ended by itself, or what it says cannot be taken; the others do without it."""
        process = self._processes.pop(connection)
        process.kill()
        process.join()
        return LayerviewError(f"a worker process ended with status {process.exitcode}", _OUT_OF_MEMORY)


class Done(msgspec.Struct, frozen=True):
    """The end of a task."""

    error: LayerviewError | None = None


_Sent = ColumnRecord | FileIO
"""What is not copied into another process."""


class _Channel:
    """Sends objects to another process.

    A record of columns goes as a file that both map and no folder names; an open file as it is, to be read there.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, message: object) -> None:
        buffer = BytesIO()
        pickler = _Pickler(buffer)
        pickler.dump(message)
        self._connection.send_bytes(len(pickler.files).to_bytes(4, "little") + buffer.getbuffer())
        for file in pickler.files:
            send_handle(self._connection, file, None)  # a process ID is for Windows

    def receive(self) -> object:
        data = self._connection.recv_bytes()
        files = [recv_handle(self._connection) for _ in range(int.from_bytes(data[:4], "little"))]
        unpickler = _Unpickler(BytesIO(memoryview(data)[4:]), files)
        message = unpickler.load()
        for number, record in unpickler.records.items():
            _keep_open(record, files[number])
        return message


class _Pickler(pickle.Pickler):
    def __init__(self, buffer: BytesIO) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)
        self._numbers: dict[int, int] = {}
        self.files: list[int] = []
        """Descriptors."""

    def persistent_id(self, obj: Any) -> tuple[type[_Sent], int] | None:
        if not isinstance(obj, _Sent):
            return None
        if id(obj) not in self._numbers:  # images that share layers may come in one message
            self._numbers[id(obj)] = len(self.files)
            self.files.append(obj.fileno() if isinstance(obj, FileIO) else _file_of(obj))
        return type(obj), self._numbers[id(obj)]


class _Unpickler(pickle.Unpickler):
    def __init__(self, buffer: BytesIO, files: list[int]) -> None:
        super().__init__(buffer)
        self._files = files
        self.records: dict[int, ColumnRecord] = {}

    def persistent_load(self, pid: tuple[type[_Sent], int]) -> _Sent:
        kind, number = pid
        if issubclass(kind, FileIO):
            return FileIO(self._files[number])
        if number not in self.records:
            pages = mmap.mmap(self._files[number], 0, access=mmap.ACCESS_READ)
            self.records[number] = read(kind, memoryview(pages))
        return self.records[number]


_open_files: dict[int, int] = {}
"""The file of each record that came from another process or went to one, by identity: it needs no second one there."""


def _file_of(record: ColumnRecord) -> int:
    if id(record) not in _open_files:
        descriptor = _unnamed_file()
        with open(descriptor, "wb", closefd=False) as file:
            file.writelines(pieces(record))
        _keep_open(record, descriptor)
    return _open_files[id(record)]


def _keep_open(record: ColumnRecord, file: int) -> None:
    """As long as the record is there."""
    _open_files[id(record)] = file
    weakref.finalize(record, _close, id(record)).atexit = False


def _close(record: int) -> None:
    os.close(_open_files.pop(record))


def _unnamed_file() -> int:
    """In memory where the system has such files, else in the folder for temporary ones."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("layerview")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _serve(connection: Connection, niceness: int) -> None:
    """The life of a worker."""
    interrupts.ignore()  # Ctrl+C goes to the whole terminal; the program decides
    os.nice(niceness)
    threading.Thread(target=_follow_parent, daemon=True).start()
    channel = _Channel(connection)
    while True:
        try:
            task: Any = channel.receive()
        except EOFError:
            return
        error = None
        try:
            task.run(channel.send)
        except LayerviewError as raised:
            error = raised
        except Exception as raised:  # noqa: BLE001 (whatever it is, the program must hear of it)
            error = unexpected(raised)
            error.add_note(traceback.format_exc())
        task = None
        channel.send(Done(error))
        _give_memory_back()


def _give_memory_back() -> None:
    """The C library of Linux keeps what was freed for itself: 90 MB of a large layer, while another process merges."""
    with suppress(AttributeError, OSError, TypeError):  # where there is no such library, or it has no such function
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
