"""Two images being explored and compared: each as by itself, with the same workers, and what differs once both are read.

Layers that both have by the same digest are indexed once. Nothing is compared before all is read that can be, since a
path whose layer is still to come is not removed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from layerview.errors import LayerviewError, unexpected
from layerview.exploration.checksums import Checksums, Known
from layerview.exploration.events import Aborted, ExplorationEvent, Finished
from layerview.exploration.exploring import Exploration, worker_count
from layerview.exploration.run import Run
from layerview.exploration.tasks import IndexTask
from layerview.filesystem import Differences, ImageComparison, Stack, Tree, align, differ
from layerview.layers import LayerIndex
from layerview.sources import Contents
from layerview.workers import Done, Send, Workers


class Happened(msgspec.Struct, frozen=True):
    """Something happened to one of the two."""

    number: int
    """0: the first image, 1: the second."""
    event: ExplorationEvent


class Compared(msgspec.Struct, frozen=True):
    """All is known."""

    comparison: ImageComparison


PairEvent = Happened | Compared | Finished | Aborted


class ImagePair:
    """Two images being compared, the second with the first.

    ``run`` compares to the end and then answers; ``start`` does so beside whoever calls it and tells what happens.
    """

    def __init__(self, first: Exploration, second: Exploration, names: tuple[str, str]) -> None:
        """``names`` are what the reader calls them, for errors that concern one of them."""
        self.explorations = (first, second)
        self.comparison: ImageComparison | None = None
        self._names = names
        self._listen: Callable[[PairEvent], None] = lambda event: None
        self._closed = threading.Event()
        self._workers: Workers | None = None
        second.lender = first

    def run(self) -> None:
        """Explore and compare to the end. Raises LayerviewError, which names the image, where one cannot be read at all."""
        for number, exploration in enumerate(self.explorations):
            with self._naming(number):
                exploration.run()
        self._pair_task().run(self._take)

    def start(self, listen: Callable[[PairEvent], None]) -> None:
        """Compare in the background; ``listen`` is called from another thread."""
        self._listen = listen
        self._workers = Workers(worker_count(), yielding=True)  # before another thread, so that they can be forked
        threading.Thread(target=self._explore_aloud, args=(self._workers,), name="pair", daemon=True).start()

    def close(self) -> None:
        """End all work at once. What is known stays."""
        self._closed.set()
        if self._workers is not None:
            self._workers.close()
        for exploration in self.explorations:
            exploration.close()

    def _explore_aloud(self, workers: Workers) -> None:
        try:
            self._explore(workers)
        except LayerviewError as error:
            self._tell(Aborted(error))
        except Exception as error:  # noqa: BLE001 (a thread that dies in silence leaves the screen waiting)
            self._tell(Aborted(unexpected(error)))
        else:
            self._tell(Finished())

    def _explore(self, workers: Workers) -> None:
        left = [self._prepare(number) for number in range(2)]
        runs: dict[int, Run] = {}
        for number, tasks in enumerate(left):
            if tasks is not None:
                with self._naming(number):
                    runs[number] = Run(self.explorations[number], tasks, workers, early=True)
        waiting = self._shared(left[1] or [])
        shared = set(map(id, waiting))  # two tasks of one archive are equal
        for number, run in runs.items():
            run.begin(task for task in left[number] or [] if id(task) not in shared)
        while not self._closed.is_set():
            waiting = self._lend(runs, waiting)
            busy = [run.goes_on() for run in runs.values()]
            if not any(busy):
                break
            task, message = workers.receive()
            number = next(number for number, run in runs.items() if run.owns(task))
            with self._naming(number):
                runs[number].take(task, message)
        if not self._closed.is_set():
            self._compare(workers)

    def _prepare(self, number: int) -> list[IndexTask] | None:
        exploration = self.explorations[number]
        exploration.listen = lambda event: self._tell(Happened(number, event))
        with self._naming(number):
            return exploration.prepare()

    def _shared(self, tasks: list[IndexTask]) -> list[IndexTask]:
        """Those tasks of the second image that find nothing but what the first one's find."""
        first, second = self.explorations
        keys = set(first.keys.values())
        return [
            task for task in tasks if task.job.layers and {second.keys.get(layer) for layer in task.job.layers} <= keys
        ]

    def _lend(self, runs: Mapping[int, Run], waiting: list[IndexTask]) -> list[IndexTask]:
        """Hand on what is there by now; which tasks still wait for the first image."""
        second = self.explorations[1]
        second.borrow()
        left = []
        for task in waiting:
            with self._naming(1):
                if second.has(task.job):
                    runs[1].end(task)
                elif 0 in runs and runs[0].indexing:
                    left.append(task)
                else:  # the first image's layer cannot be read
                    runs[1].begin([task])
        return left

    def _compare(self, workers: Workers) -> None:
        pairing = self._pair_task()
        workers.submit(pairing)
        while True:
            task, message = workers.receive()
            if task is not pairing:  # what helped with a tree
                continue
            if not isinstance(message, Done):
                self._take(message)
            elif message.error is not None:
                raise message.error
            else:
                return

    def _pair_task(self) -> _PairTask:
        sides = []
        for exploration in self.explorations:
            assert exploration.image and exploration.stack
            numbers = [number for number in exploration.indexes if number not in exploration.stack.missing]
            sides.append(
                _Side(
                    tree=exploration.stack.tree,
                    indexes={number: exploration.indexes[number] for number in numbers},
                    contents=exploration.readers(),
                    known=dict(exploration.checksums),
                    diff_ids={layer.number: layer.diff_id for layer in exploration.image.layers if layer.diff_id},
                )
            )
        return _PairTask(*sides)

    def _take(self, message: object) -> None:
        assert isinstance(message, _Paired)
        one, other = (
            Stack(tree, exploration.indexes)
            for tree, exploration in zip((message.one, message.other), self.explorations, strict=True)
        )
        self.comparison = ImageComparison(one, other, message.differences)
        self._tell(Compared(self.comparison))

    def _tell(self, event: PairEvent) -> None:
        if not self._closed.is_set():
            self._listen(event)

    @contextmanager
    def _naming(self, number: int) -> Iterator[None]:
        """Errors say which image they are about."""
        try:
            yield
        except LayerviewError as error:
            name = self._names[number]
            if name in error.message:
                raise
            told = type(error)(f"{name}: {error.message}", error.hint)
            told.image = error.image
            raise told from error


class _Side(msgspec.Struct, frozen=True):
    """One of two images, wholly read."""

    tree: Tree
    indexes: Mapping[int, LayerIndex]
    contents: Mapping[int, Contents | None]
    known: Known
    """Checksums of contents that are far away."""
    diff_ids: Mapping[int, str]
    """By layer, where it is known."""

    def checksums(self) -> Checksums:
        return Checksums(self.indexes, self.contents, self.known)


class _Paired(msgspec.Struct, frozen=True):
    one: Tree
    other: Tree
    differences: Differences


class _PairTask(msgspec.Struct, frozen=True):
    """Numbers the paths of both alike and finds out what differs."""

    one: _Side
    other: _Side

    def run(self, send: Send) -> None:
        one, other = align(self.one.tree, self.other.tree)
        stacks = Stack(one, self.one.indexes), Stack(other, self.other.indexes)
        checksums = self.one.checksums(), self.other.checksums()
        twins = _twins(self.one, self.other)
        found = differ(*stacks, twins, checksums)
        while any([each.fetch() for each in checksums]):  # noqa: C419 (both are to fetch)
            found = differ(*stacks, twins, checksums)
        send(_Paired(one, other, found))


def _twins(one: _Side, other: _Side) -> dict[int, int]:
    """Layers of the second image that are in the first, too, with their number there: of one diffID, and the same rows.

    Not every place verifies a diffID, so it is not believed alone.
    """
    twins = {}
    for number, index in other.indexes.items():
        same = [each for each in one.indexes if one.diff_ids.get(each) == other.diff_ids.get(number, "")]
        if same:
            twin = number if number in same else same[0]
            if _rows(one.indexes[twin]) == _rows(index):
                twins[number] = twin
    return twins


def _rows(index: LayerIndex) -> tuple[object, ...]:
    """What the entries of a layer are, whichever way it was read."""
    columns = (index.paths, index.kind, index.mode, index.uid, index.gid, index.size, index.mtime)
    return *map(bytes, columns), index.links, index.devices, index.xattrs
