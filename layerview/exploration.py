"""One image being explored: its source, its layers as they arrive, and the merged tree that grows with them.

What the command line, the reports and the screen are handed, and where all concurrency is decided:
for a screen, layers are indexed and merged in worker processes, because a loop in this one would
hold up every key; a command without one has layers indexed there, several at a time, unless the image
is so small that handing it over would take longer.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from layerview.analysis import Account, account
from layerview.errors import DamagedError, LayerviewError, NotAnImageError, NotFoundError, unexpected
from layerview.filesystem import ABSENT, Columns, Stack, merge
from layerview.image import Image, digest_of
from layerview.layers import MAX_SIZE, Cache, ColumnRecord, LayerIndex, content_checksum, max_size
from layerview.sources import Contents, Job, Source
from layerview.workers import Done, Send, Workers

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


ExplorationEvent = Described | Progressed | Restacked | LayerFailed | Finished | Aborted
Listener = Callable[[ExplorationEvent], None]
Amend = Callable[[Image], Image]


class Exploration:
    """One image being explored.

    ``run`` explores to the end and then answers; ``start`` explores beside whoever calls it and
    tells what happens as events. What is known so far stands in the attributes.
    """

    def __init__(
        self, source: Source, cache: Cache | None = None, max_size: int = MAX_SIZE, amend: Amend | None = None
    ) -> None:
        """``max_size`` are the bytes that one compressed layer or archive may unpack to.

        ``amend`` adds to the image what is known from elsewhere.
        """
        self.source = source
        self._amend = amend
        self._max_size = max_size
        self.cache = cache
        self.image: Image | None = None
        self.stack: Stack | None = None
        self.account: Account | None = None
        self.failures: dict[int, LayerviewError] = {}
        """Layers that cannot be read, by number."""
        self.notices: list[str] = []
        """What went wrong and made no difference but to speed."""
        self._indexes: dict[int, LayerIndex] = {}
        self._keys: dict[int, str] = {}
        self._workers: Workers | None = None
        self._closed = threading.Event()
        self._listen: Listener = lambda event: None

    def run(self) -> None:
        """Explore to the end. Raises LayerviewError where nothing can be shown at all."""
        try:
            self._explore()
        finally:
            self.close()

    def start(self, listen: Listener) -> None:
        """Explore in the background; ``listen`` is called from another thread."""
        self._listen = listen
        self._workers = Workers(_worker_count())  # before there is another thread, so that they can be forked
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
        except LayerviewError as error:
            self._take(Aborted(error))
        except Exception as error:  # noqa: BLE001 (a thread that dies in silence leaves the screen waiting)
            self._take(Aborted(unexpected(error)))
        else:
            self._take(Finished())

    def _explore(self) -> None:
        image = self.source.describe()
        if image is not None:
            self._take(Described(image))
            if self._recall(image):
                return
        tasks = [
            _IndexTask(job, self.cache, self._keys, self._max_size)
            for job in sorted(self.source.jobs(), key=_urgency)
            if not job.layers or not self._indexes.keys() >= set(job.layers)
        ]
        if self._workers is not None:
            self._explore_beside(tasks, self._workers, early=True)
        elif len(tasks) > 1 and sum(task.job.cost for task in tasks) > SMALL:
            self._workers = Workers(min(_worker_count(), len(tasks)))
            self._explore_beside(tasks, self._workers, early=False)
        else:
            self._explore_here(tasks)

    def _recall(self, image: Image) -> bool:
        """Take from the cache what is there; whether that is all."""
        if self.cache is None:
            return False
        self._keys = {layer.number: key for layer in image.layers if (key := self.source.cache_key(layer.number))}
        for number, key in self._keys.items():
            index = self.cache.get(LayerIndex, key)
            if index is not None:
                self._add(number, index)
        self.notices += self.cache.complaints
        self.cache.complaints.clear()
        if self._tree_key and len(self._indexes) == len(image.layers):
            tree = self.cache.get(Columns, self._tree_key)
            if tree is not None:
                self._show(tree, self._indexes)
                return True
        return False

    @property
    def _tree_key(self) -> str:
        """The digest that the tree of all layers is kept under; empty where a layer has none."""
        assert self.image is not None
        if not self._keys or len(self._keys) < len(self.image.layers):
            return ""
        return digest_of("\n".join(self._keys.values()).encode())

    def _explore_here(self, tasks: Sequence[_IndexTask]) -> None:
        """Index and merge in this process."""
        fault = None
        for task in tasks:
            try:
                task.run(self._take)
            except LayerviewError as error:
                fault = error
        self._give_up(fault)
        self._merge_task().run(self._take)

    def _explore_beside(self, tasks: Sequence[_IndexTask], workers: Workers, early: bool) -> None:
        """Index and merge in other processes; what layers are there already, too, if trees are wanted ``early``."""
        if self._closed.is_set():
            workers.close()
        for task in tasks:
            workers.submit(task)
        indexing, fault = len(tasks), None
        if not indexing:
            self._give_up(fault)
        merging, merged = False, ABSENT
        """Whether a tree is being made (one at a time, as it takes memory), and how many layers the last one has."""
        due = 0.0
        """When the next tree is wanted before all layers are there."""
        while not self._closed.is_set():
            wanted = not indexing or (early and monotonic() >= due and self._doubled())
            if wanted and not merging and merged != len(self._indexes):
                workers.submit(self._merge_task(), first=True)
                merging, merged, due = True, len(self._indexes), monotonic() + _PAUSE
            if not indexing and not merging:
                return
            done, message = workers.receive()
            if not isinstance(message, Done):
                self._take(message)
            elif isinstance(done, _MergeTask):
                merging = False
                if message.error is not None:
                    raise message.error
            else:
                indexing -= 1
                fault = message.error or fault
                if not indexing:
                    self._give_up(fault)

    def _doubled(self) -> bool:
        """Whether the tree would be twice as large as it is: so all merges together cost two at most."""
        if self.image is None or not self._indexes:
            return False
        merged = len(self.stack.columns.event_node) if self.stack is not None else 0
        return sum(len(index.kind) for index in self._indexes.values()) >= max(2 * merged, _FEW)

    def _merge_task(self) -> _MergeTask:
        assert self.image is not None
        readers = {number: self.source.contents(number) for number in self._indexes}
        return _MergeTask(len(self.image.layers), dict(self._indexes), readers, self.cache, self._tree_key)

    def _give_up(self, fault: LayerviewError | None) -> None:
        """All has been read that can be: name the layers that are not there, or raise what left nothing to show."""
        if self.image is None:
            raise fault or NotAnImageError("no image was found", "Is it what docker save or podman save writes?")
        left = [layer for layer in self.image.layers if layer.number not in self._indexes]
        if fault is not None and len(left) == len(self.image.layers):
            raise fault
        for layer in left:
            if layer.number not in self.failures:
                reason = layer.unavailable or "it was not found where the image is stored"
                error = fault or NotFoundError(f"layer {layer.number} cannot be read: {reason}")
                self._take(LayerFailed(layer.number, error))

    def _take(self, message: object) -> None:
        """Take what a task has found."""
        match message:
            case Described(image):
                self.image = image if self._amend is None else self._amend(image)
                message = Described(self.image)
            case _Indexed(number, index):
                self._add(number, index)
                return
            case _Merged(numbers, columns):
                self._show(columns, {number: self._indexes[number] for number in numbers})
                return
            case _Noticed(lines):
                self.notices += lines
                return
            case LayerFailed(number, error):
                self.failures[number] = error
        assert isinstance(message, ExplorationEvent)
        self._tell(message)

    def _add(self, number: int, index: LayerIndex) -> None:
        """Take the index of a layer, if that is not too much."""
        if sum(len(known.kind) for known in (*self._indexes.values(), index)) <= MAX_ENTRIES:
            self._indexes[number] = index
        else:
            what = f"layer {number} is left out: with it the image has more than {MAX_ENTRIES:,} entries"
            self._take(LayerFailed(number, DamagedError(what, "No image of this size is known; it may be an attack.")))

    def _show(self, columns: Columns, indexes: Mapping[int, LayerIndex]) -> None:
        self.stack = Stack(columns, dict(indexes))
        self.account = account(self.stack)
        self._tell(Restacked(self.stack, self.account))

    def _tell(self, event: ExplorationEvent) -> None:
        if not self._closed.is_set():
            self._listen(event)


def _worker_count() -> int:
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
class _IndexTask:
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
                case (number, LayerIndex() as index):
                    send(_Indexed(number, index))
                    if self.cache is not None and number in self.keys:
                        _keep(self.cache, self.keys[number], index, send)
                case (number, LayerviewError() as error):
                    send(LayerFailed(number, error))


@dataclass(frozen=True)
class _MergeTask:
    """Merges the layers that are indexed."""

    layers: int
    indexes: Mapping[int, LayerIndex]
    contents: Mapping[int, Contents | None]
    cache: Cache | None
    key: str
    """The digest that the tree of all layers is kept under in the cache; empty for none."""

    def run(self, send: Send) -> None:
        def crc(layer: int, row: int) -> int | None:
            reader = self.contents.get(layer)
            return None if reader is None else content_checksum(self.indexes[layer], row, reader.read)

        columns = merge(self.layers, self.indexes, crc)
        send(_Merged(tuple(self.indexes), columns))
        if self.cache is not None and self.key and not columns.missing:
            _keep(self.cache, self.key, columns, send)


def _keep(cache: Cache, key: str, record: ColumnRecord, send: Send) -> None:
    cache.put(key, record)
    if cache.complaints:
        send(_Noticed(tuple(cache.complaints)))
        cache.complaints.clear()
