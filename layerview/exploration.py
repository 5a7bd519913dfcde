"""One image being explored: its source, its layers as they arrive, and the merged tree that grows with them.

What the command line, the reports and the screen are handed, and where all concurrency is decided:
for a screen, layers are indexed and merged in worker processes, because a loop in this one would
hold up every key; a command without one has layers indexed there, several at a time, unless the image
is so small that handing it over would take longer.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from layerview.analysis import Account, account
from layerview.checksums import Checksums, Known
from layerview.errors import AmbiguousError, DamagedError, LayerviewError, NotAnImageError, NotFoundError, unexpected
from layerview.filesystem import ABSENT, Columns, Stack, merge
from layerview.image import Image, digest_of
from layerview.layers import MAX_SIZE, Cache, ColumnRecord, LayerIndex, max_size
from layerview.sources import Alternative, Contents, Job, Several, Source, alternatives_of
from layerview.workers import Done, Send, Task, Workers

SMALL = 4_000_000
"""The cost of all jobs up to which a command works without further processes: some 4,000 entries of files."""

_MOST_WORKERS = 8

_PAUSE = 1.0
"""Seconds between two trees while layers are indexed: one that comes sooner shows little, and keeps the last waiting."""
_FEW = 5_000
"""Entries that are not worth a tree before the others are there: all of such an image is merged in 50 ms."""

MAX_ENTRIES = 1 << 23
"""Entries of all layers; each takes some 500 bytes of memory. The largest images have a million."""


@dataclass(frozen=True)
class Described:
    """The image is known: its layers, instructions and configuration."""

    image: Image


@dataclass(frozen=True)
class Progressed:
    """A layer's bytes are being read."""

    layer: int
    """0 where it is not known yet which layer they belong to."""
    done: int
    total: int
    """0 where it is not known."""


@dataclass(frozen=True)
class Restacked:
    """More layers are in the tree. Earlier stacks stay valid."""

    stack: Stack
    account: Account


@dataclass(frozen=True)
class LayerFailed:
    """A layer cannot be read; the others go on."""

    layer: int
    error: LayerviewError


@dataclass(frozen=True)
class Finished:
    """All that can be read has been."""


@dataclass(frozen=True)
class Aborted:
    """Nothing more can be read."""

    error: LayerviewError


ExplorationEvent = Several | Described | Progressed | Restacked | LayerFailed | Finished | Aborted
Listener = Callable[[ExplorationEvent], None]
Amend = Callable[[Image], Image]


class Exploration:
    """One image being explored.

    ``run`` explores to the end and then answers; ``start`` explores beside whoever calls it and
    tells what happens as events. What is known so far stands in the attributes.
    """

    def __init__(
        self,
        source: Source,
        cache: Cache | None = None,
        max_size: int = MAX_SIZE,
        alternatives: Sequence[Alternative] = (),
        amend: Amend | None = None,
    ) -> None:
        """``max_size`` are the bytes that one compressed layer or archive may unpack to.

        ``alternatives`` are the images of the same place where they are known; else a screen's exploration asks for them.
        ``amend`` adds to the image what is known from elsewhere.
        """
        self.source = source
        self._amend = amend
        self._max_size = max_size
        self.cache = cache
        self.image: Image | None = None
        self.stack: Stack | None = None
        self.account: Account | None = None
        self.alternatives = tuple(alternatives)
        """The images in the same place, this one among them; none where it is the only one."""
        self.failures: dict[int, LayerviewError] = {}
        """Layers that cannot be read, by number."""
        self.notices: list[str] = []
        """What went wrong and made no difference but to speed."""
        self.indexes: dict[int, LayerIndex] = {}
        """By layer."""
        self.keys: dict[int, str] = {}
        """By layer, the digest that its index may be kept under."""
        self.checksums: dict[tuple[int, int], int] = {}
        """Of contents that are far away, by layer and row: what one tree has asked for, the next asks for again."""
        self.lender: Exploration | None = None
        """What else is explored: layers of the same digest are taken over from there."""
        self._workers: Workers | None = None
        self._closed = threading.Event()
        self.listen: Listener = lambda event: None
        """Is told what happens."""

    def run(self) -> None:
        """Explore to the end. Raises LayerviewError where nothing can be shown at all."""
        try:
            self._explore()
        finally:
            self.close()

    def start(self, listen: Listener) -> None:
        """Explore in the background; ``listen`` is called from another thread."""
        self.listen = listen
        self._workers = Workers(worker_count())  # before there is another thread, so that they can be forked
        threading.Thread(target=self._explore_aloud, name="exploration", daemon=True).start()

    def close(self) -> None:
        """End all work at once. What is known stays."""
        self._closed.set()
        if self._workers is not None:
            self._workers.close()
        self.source.close()

    def _explore_aloud(self) -> None:
        try:
            self._explore()
        except AmbiguousError as error:
            if not self.alternatives:
                self._look_around()
            self.take(Aborted(error))
        except LayerviewError as error:
            self.take(Aborted(error))
        except Exception as error:  # noqa: BLE001 (a thread that dies in silence leaves the screen waiting)
            self.take(Aborted(unexpected(error)))
        else:
            self.take(Finished())

    def _look_around(self) -> None:
        """Find out what else there is to explore in the same place."""
        with suppress(LayerviewError):  # the image that is asked for does not need it
            alternatives = self.alternatives or alternatives_of(self.source)
            if len(alternatives) > 1:
                self.take(Several(alternatives))

    def _explore(self) -> None:
        tasks = self.prepare()
        if tasks is None:
            return
        if self._workers is not None:
            self._explore_beside(tasks, self._workers, early=True)
        elif len(tasks) > 1 and sum(task.job.cost for task in tasks) > SMALL:
            self._workers = Workers(min(worker_count(), len(tasks)))
            self._explore_beside(tasks, self._workers, early=False)
        else:
            self._explore_here(tasks)

    def prepare(self) -> list[IndexTask] | None:
        """Find out what the image is, and take what is known of it; what is left to index, or None where all is there."""
        image = self.source.describe()
        if image is not None:
            self.take(Described(image))
            if self._workers is not None:  # and so a screen, and someone who may choose
                self._look_around()
            if self._recall(image):
                return None
        return [
            IndexTask(job, self.cache, self.keys, self._max_size)
            for job in sorted(self.source.jobs(), key=_urgency)
            if not self.has(job)
        ]

    def has(self, job: Job) -> bool:
        """Whether all that a job would find is there."""
        return bool(job.layers) and self.indexes.keys() >= set(job.layers)

    def _recall(self, image: Image) -> bool:
        """Take from the cache what is there; whether that is all."""
        self.keys = {layer.number: key for layer in image.layers if (key := self.source.cache_key(layer.number))}
        self.borrow()
        if self.cache is None:
            return False
        for number, key in self.keys.items():
            index = self.cache.get(LayerIndex, key)
            if index is not None:
                self._add(number, index)
        self.notices += self.cache.complaints
        self.cache.complaints.clear()
        if self._tree_key and len(self.indexes) == len(image.layers):
            tree = self.cache.get(Columns, self._tree_key)
            if tree is not None:
                self._show(tree, self.indexes)
                return True
        return False

    def borrow(self) -> None:
        """Take over what the lender has indexed by now."""
        if self.lender is not None:
            theirs = {key: self.lender.indexes.get(number) for number, key in self.lender.keys.items()}
            for number, key in self.keys.items():
                index = theirs.get(key)
                if index is not None and number not in self.indexes:
                    self._add(number, index)

    @property
    def _tree_key(self) -> str:
        """The digest that the tree of all layers is kept under; empty where a layer has none."""
        assert self.image is not None
        if not self.keys or len(self.keys) < len(self.image.layers):
            return ""
        return digest_of("\n".join(self.keys.values()).encode())

    def _explore_here(self, tasks: Sequence[IndexTask]) -> None:
        """Index and merge in this process."""
        fault = None
        for task in tasks:
            try:
                task.run(self.take)
            except LayerviewError as error:
                fault = error
        self.give_up(fault)
        self.merge_task().run(self.take)

    def _explore_beside(self, tasks: Sequence[IndexTask], workers: Workers, early: bool) -> None:
        """Index and merge in other processes; what layers are there already, too, if trees are wanted ``early``."""
        if self._closed.is_set():
            workers.close()
        run = Run(self, tasks, workers, early)
        run.begin(tasks)
        while not self._closed.is_set() and run.goes_on():
            run.take(*workers.receive())

    def doubled(self) -> bool:
        """Whether the tree would be twice as large as it is: so all merges together cost two at most."""
        if self.image is None or not self.indexes:
            return False
        merged = len(self.stack.columns.event_node) if self.stack is not None else 0
        return sum(len(index.kind) for index in self.indexes.values()) >= max(2 * merged, _FEW)

    def merge_task(self) -> MergeTask:
        """What merges the layers that are indexed."""
        assert self.image is not None
        known = dict(self.checksums)
        return MergeTask(len(self.image.layers), dict(self.indexes), self.readers(), known, self.cache, self._tree_key)

    def readers(self) -> dict[int, Contents | None]:
        """What reads contents, by layer that is indexed."""
        return {number: self.source.contents(number) for number in self.indexes}

    def give_up(self, fault: LayerviewError | None) -> None:
        """All has been read that can be: name the layers that are not there, or raise what left nothing to show."""
        if self.image is None:
            raise fault or NotAnImageError("no image was found", "Is it what docker save or podman save writes?")
        left = [layer for layer in self.image.layers if layer.number not in self.indexes]
        if fault is not None and len(left) == len(self.image.layers):
            raise fault
        for layer in left:
            if layer.number not in self.failures:
                reason = layer.unavailable or "it was not found where the image is stored"
                error = fault or NotFoundError(f"layer {layer.number} cannot be read: {reason}")
                self.take(LayerFailed(layer.number, error))

    def take(self, message: object) -> None:
        """Take what a task has found."""
        match message:
            case Described(image):
                self.image = image if self._amend is None else self._amend(image)
                message = Described(self.image)
            case Several(alternatives):
                self.alternatives = alternatives
            case _Indexed(number, index):
                self._add(number, index)
                return
            case _Merged(numbers, columns):
                self._show(columns, {number: self.indexes[number] for number in numbers})
                return
            case _Noticed(lines):
                self.notices += lines
                return
            case _Summed(checksums):
                self.checksums |= checksums
                return
            case LayerFailed(number, error):
                self.failures[number] = error
        assert isinstance(message, ExplorationEvent)
        self._tell(message)

    def _add(self, number: int, index: LayerIndex) -> None:
        """Take the index of a layer, if that is not too much."""
        if sum(len(known.kind) for known in (*self.indexes.values(), index)) <= MAX_ENTRIES:
            self.indexes[number] = index
        else:
            what = f"layer {number} is left out: with it the image has more than {MAX_ENTRIES:,} entries"
            self.take(LayerFailed(number, DamagedError(what, "No image of this size is known; it may be an attack.")))

    def _show(self, columns: Columns, indexes: Mapping[int, LayerIndex]) -> None:
        self.stack = Stack(columns, dict(indexes))
        self.account = account(self.stack)
        self._tell(Restacked(self.stack, self.account))

    def _tell(self, event: ExplorationEvent) -> None:
        if not self._closed.is_set():
            self.listen(event)


class Run:
    """What workers do for one exploration: they index what is left, and merge what is indexed."""

    def __init__(self, exploration: Exploration, tasks: Sequence[IndexTask], workers: Workers, early: bool) -> None:
        """``tasks`` are all that are left. Trees are wanted ``early`` where there is a screen to show them."""
        self._exploration = exploration
        self._workers = workers
        self._early = early
        self._left = list(tasks)
        self._fault: LayerviewError | None = None
        self._merging: MergeTask | None = None
        """One at a time, as it takes memory."""
        self._merged = ABSENT
        """How many layers the last tree has."""
        self._due = 0.0
        """When the next one is wanted before all layers are there."""
        if not tasks:
            exploration.give_up(None)

    @property
    def indexing(self) -> bool:
        return bool(self._left)

    def begin(self, tasks: Iterable[IndexTask]) -> None:
        for task in tasks:
            self._workers.submit(task)

    def goes_on(self) -> bool:
        """Have a tree made where one is wanted; whether there is anything to wait for."""
        exploration = self._exploration
        wanted = not self._left or (self._early and monotonic() >= self._due and exploration.doubled())
        if wanted and not self._merging and self._merged != len(exploration.indexes):
            self._merging, self._merged = exploration.merge_task(), len(exploration.indexes)
            self._due = monotonic() + _PAUSE
            self._workers.submit(self._merging, first=True)
        return bool(self._left or self._merging)

    def owns(self, task: Task) -> bool:
        return task is self._merging or any(task is each for each in self._left)

    def take(self, task: Task, message: object) -> None:
        """Take what a task of this run has found, or its end."""
        if not isinstance(message, Done):
            self._exploration.take(message)
        elif task is self._merging:
            self._merging = None
            if message.error is not None:
                raise message.error
        else:
            self.end(task, message.error)

    def end(self, task: Task, error: LayerviewError | None = None) -> None:
        """A task has ended, or need not begin."""
        self._left = [each for each in self._left if each is not task]
        self._fault = error or self._fault
        if not self._left:
            self._exploration.give_up(self._fault)


def worker_count() -> int:
    """As many processes as there are processors, and no more than pays: most images have one or two large layers."""
    return min(os.cpu_count() or 1, _MOST_WORKERS)


def _urgency(job: Job) -> tuple[bool, int]:
    """The lowest layer comes first, as it is what the screen shows first; then the largest, so that none is left over."""
    return 1 not in job.layers, -job.cost


@dataclass(frozen=True)
class _Noticed:
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Indexed:
    number: int
    index: LayerIndex


@dataclass(frozen=True)
class _Merged:
    numbers: tuple[int, ...]
    columns: Columns


@dataclass(frozen=True)
class _Summed:
    checksums: Known


@dataclass(frozen=True)
class IndexTask:
    """Indexes what a job of the source covers."""

    job: Job
    cache: Cache | None
    keys: Mapping[int, str]
    """The digest that each layer is kept under in the cache."""
    max_size: int

    def run(self, send: Send) -> None:
        before = max_size.set(self.max_size)
        try:
            self._run(send)
        finally:
            max_size.reset(before)

    def _run(self, send: Send) -> None:
        for found in self.job.run(lambda layer, done, total: send(Progressed(layer, done, total))):
            match found:
                case Image():
                    send(Described(found))
                case Several():
                    send(found)
                case (number, LayerIndex() as index):
                    send(_Indexed(number, index))
                    if self.cache is not None and number in self.keys:
                        _keep(self.cache, self.keys[number], index, send)
                case (number, LayerviewError() as error):
                    send(LayerFailed(number, error))


@dataclass(frozen=True)
class MergeTask:
    """Merges the layers that are indexed."""

    layers: int
    indexes: Mapping[int, LayerIndex]
    contents: Mapping[int, Contents | None]
    known: Known
    """Of contents that are far away."""
    cache: Cache | None
    key: str
    """The digest that the tree of all layers is kept under in the cache; empty for none."""

    def run(self, send: Send) -> None:
        checksums = Checksums(self.indexes, self.contents, self.known)
        columns = merge(self.layers, self.indexes, checksums)
        while checksums.fetch():
            columns = merge(self.layers, self.indexes, checksums)
        if len(checksums.known) > len(self.known):
            send(_Summed(checksums.known))
        send(_Merged(tuple(self.indexes), columns))
        if self.cache is not None and self.key and not columns.missing:
            _keep(self.cache, self.key, columns, send)


def _keep(cache: Cache, key: str, record: ColumnRecord, send: Send) -> None:
    cache.put(key, record)
    if cache.complaints:
        send(_Noticed(tuple(cache.complaints)))
        cache.complaints.clear()
