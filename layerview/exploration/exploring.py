"""One image being explored: its source, its layers as they arrive, and the merged tree that grows with them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from layerview.analysis import Account, account
from layerview.errors import AmbiguousError, DamagedError, LayerviewError, NotAnImageError, NotFoundError, unexpected
from layerview.exploration.events import (
    Aborted,
    Begun,
    Described,
    ExplorationEvent,
    Finished,
    LayerFailed,
    Listener,
    Noticed,
    Progressed,
    Restacked,
)
from layerview.exploration.run import Run
from layerview.exploration.tasks import Beginning, Indexed, IndexTask, Merged, MergeTask, Summed, recall_tree
from layerview.filesystem import Stack, Tree
from layerview.image import Image, digest_of
from layerview.layers import MAX_ENTRIES, MAX_SIZE, Cache, LayerIndex
from layerview.sources import Alternative, Contents, Job, Several, Source, alternatives_of
from layerview.workers import Workers

SMALL = 4_000_000
"""The cost of all jobs up to which a command works without further processes: some 4,000 entries of files."""

_MOST_WORKERS = 8
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
        self.recalled: dict[int, str] = {}
        """By layer whose index is from the cache, what it is kept under there."""
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
        self._workers = Workers(worker_count(), yielding=True)  # before another thread, so that they can be forked
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
            if self._workers is not None:
                self._look_around()
        elif self._workers is not None:
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
            if self._recall(image):
                return None
        of = len(image.layers) if image is not None and self._workers is not None else 0
        return [
            IndexTask(job, self.cache, self.keys, self._max_size, of)
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
                self.recalled[number] = key
        whole = bool(self._tree_key) and len(self.indexes) == len(image.layers)
        tree = recall_tree(self.cache, self._tree_key, self.indexes) if whole else None
        if self.cache.complaints:
            self.take(Noticed(tuple(self.cache.complaints)))
            self.cache.complaints.clear()
        if tree is not None:
            self._show(tree, self.indexes)
        return tree is not None

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
        if early:  # there is a screen, and someone who may choose
            self._look_around()
        while not self._closed.is_set() and run.goes_on():
            run.take(*workers.receive())

    def merge_task(self) -> MergeTask:
        """What merges the layers that are indexed."""
        assert self.image is not None
        return MergeTask(
            len(self.image.layers),
            dict(self.indexes),
            self.readers(),
            dict(self.checksums),
            self.cache,
            self._tree_key,
            dict(self.recalled),
        )

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
                error = fault or layer.fault or NotFoundError("it was not found where the image is stored")
                self.take(LayerFailed(layer.number, error))

    def take(self, message: object) -> None:
        """Take what a task has found."""
        match message:
            case Described(image):
                self.image = image if self._amend is None else self._amend(image)
                message = Described(self.image)
            case Several(alternatives):
                self.alternatives = alternatives
            case Indexed(number, index):
                self._add(number, index)
                return
            case Beginning(index, tree):
                message = Begun(Stack(tree, {1: index}))
            case Merged(numbers, tree):
                self._show(tree, {number: self.indexes[number] for number in numbers})
                return
            case Noticed(lines):
                self.notices += lines
            case Summed(checksums):
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
            size = index.tar_size or 1  # a table of contents does not tell
            self._tell(Progressed(number, size, size))
        else:
            what = f"with it the image has more than {MAX_ENTRIES:,} entries"
            self.take(LayerFailed(number, DamagedError(what, "No image of this size is known; it may be an attack.")))

    def _show(self, tree: Tree, indexes: Mapping[int, LayerIndex]) -> None:
        self.stack = Stack(tree, dict(indexes))
        self.account = account(self.stack)
        self._tell(Restacked(self.stack, self.account))

    def _tell(self, event: ExplorationEvent) -> None:
        if not self._closed.is_set():
            self.listen(event)


def worker_count() -> int:
    """As many processes as there are processors, and no more than pays: most images have one or two large layers."""
    return min(os.cpu_count() or 1, _MOST_WORKERS)


def _urgency(job: Job) -> tuple[bool, int]:
    """The lowest layer comes first, as it is what the screen shows first; then the largest, so that none is left over."""
    return 1 not in job.layers, -job.cost
