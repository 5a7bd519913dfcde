"""What is known of an image by now: from its source, from the cache, and from what the work on it finds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from layerview.analysis import Account, account
from layerview.errors import DamagedError, LayerviewError, NotAnImageError, NotFoundError
from layerview.exploration.events import (
    Begun,
    Described,
    ExplorationEvent,
    LayerFailed,
    Listener,
    Noticed,
    Progressed,
    Restacked,
)
from layerview.exploration.tasks import Beginning, Indexed, Merged, MergeTask, Summed, recall_tree
from layerview.filesystem import Stack, Tree
from layerview.image import Image, digest_of
from layerview.layers import MAX_ENTRIES, Cache, LayerIndex
from layerview.sources import Alternative, Contents, Job, Several, Source

Amend = Callable[[Image], Image]


class Facts:
    """What is known of one image; nothing is done here to know more.

    Every message that a task sends is taken, and whoever listens is told what it means.
    """

    def __init__(
        self, source: Source, cache: Cache | None, alternatives: Sequence[Alternative] = (), amend: Amend | None = None
    ) -> None:
        """``amend`` adds to the image what is known from elsewhere."""
        self.source = source
        self._amend = amend
        self.cache = cache
        self.image: Image | None = None
        self.stack: Stack | None = None
        self.account: Account | None = None
        self.alternatives = tuple(alternatives)
        """The images in the same place, this one among them; none where it is the only one."""
        self.failures: dict[int, LayerviewError] = {}
        """Layers that cannot be read, by number."""
        self.indexes: dict[int, LayerIndex] = {}
        """By layer."""
        self.keys: dict[int, str] = {}
        """By layer, the digest that its index may be kept under."""
        self.recalled: dict[int, str] = {}
        """By layer whose index is from the cache, what it is kept under there."""
        self.checksums: dict[tuple[int, int], int] = {}
        """Of contents that are far away, by layer and row: what one tree has asked for, the next asks for again."""
        self.lender: Facts | None = None
        """What else is explored: layers of the same digest are taken over from there."""
        self.closed = threading.Event()
        """Set once nobody wants to be told any more."""
        self.listen: Listener = lambda event: None
        """Is told what happens."""

    def has(self, job: Job) -> bool:
        """Whether all that a job would find is there."""
        return bool(job.layers) and self.indexes.keys() >= set(job.layers)

    def recall(self, image: Image) -> bool:
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
        if not self.closed.is_set():
            self.listen(event)
