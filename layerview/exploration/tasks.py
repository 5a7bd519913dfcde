"""What is done to an image, here or in a worker process: pieces of work that can be sent there, and what they find."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from io import FileIO

import msgspec

from layerview.errors import DamagedError, LayerviewError
from layerview.exploration.checksums import Checksums, Known
from layerview.exploration.events import Described, LayerFailed, Noticed, Progressed
from layerview.filesystem import Columns, Paths, Rivals, Tree, check_tree, merge
from layerview.image import Image
from layerview.layers import Cache, ColumnRecord, LayerIndex, beginning_of
from layerview.sources import Contents, Job, Notice, Reading, Several
from layerview.workers import Send


class Indexed(msgspec.Struct, frozen=True):
    """A layer is indexed."""

    number: int
    index: LayerIndex


class Beginning(msgspec.Struct, frozen=True):
    """The lowest layer, as far as it has been read, and the tree that it makes by itself."""

    index: LayerIndex
    tree: Tree


class Merged(msgspec.Struct, frozen=True):
    """These layers are one tree."""

    numbers: tuple[int, ...]
    tree: Tree


class Summed(msgspec.Struct, frozen=True):
    """Contents that are far away were fetched, and are known by these checksums."""

    checksums: Known


class Expected(msgspec.Struct, frozen=True):
    """Contents that a merge is about to compare, and that another process may read meanwhile."""

    rivals: Rivals


class IndexTask(msgspec.Struct, frozen=True):
    """Indexes what a job of the source covers."""

    job: Job
    cache: Cache | None
    keys: Mapping[int, str]
    """The digest that each layer is kept under in the cache."""
    max_size: int
    of: int = 0
    """How many layers the image has, if files of the lowest are wanted before it is read; else 0."""

    def run(self, send: Send) -> None:
        def begun(index: LayerIndex) -> None:
            send(Beginning(index, merge(self.of, {1: index}, lambda layer, row: None)))

        def progress(layer: int, done: int, total: int) -> None:
            send(Progressed(layer, done, total))

        # Where a job has other layers, too, only the job knows which one is being read.
        show = begun if self.of and self.job.layers == (1,) else None
        for found in self.job.run(Reading(progress, self.max_size, show)):
            match found:
                case Image():
                    send(Described(found))
                case Several():
                    send(found)
                case Notice(text):
                    send(Noticed((text,)))
                case (number, LayerIndex() as index):
                    send(Indexed(number, index))
                    if self.cache is not None and number in self.keys:
                        _keep(self.cache, self.keys[number], index, send)
                case (number, LayerviewError() as error):
                    send(LayerFailed(number, error))


class BeginTask(msgspec.Struct, frozen=True):
    """Makes a tree of the beginning of a lowest layer that is known already, since that of all of it takes longer."""

    index: LayerIndex
    of: int
    """How many layers the image has."""
    rows: int

    def run(self, send: Send) -> None:
        index = beginning_of(self.index, self.rows)
        send(Beginning(index, merge(self.of, {1: index}, lambda layer, row: None)))


class MergeTask(msgspec.Struct, frozen=True):
    """Merges the layers that are indexed."""

    layers: int
    indexes: Mapping[int, LayerIndex]
    contents: Mapping[int, Contents | None]
    known: Known
    """Of contents that are far away."""
    cache: Cache | None
    key: str
    """The digest that the tree of all layers is kept under in the cache; empty for none."""
    recalled: Mapping[int, str]
    """By layer whose index is from the cache, what it is kept under there."""
    least: int | None = None
    """The highest layer of the last tree, 0 where there is none, if trees of the lower layers are wanted before that of
    all; each has as many."""
    shared: FileIO | None = None
    """Where it finds checksums that another process reads for it; None where none does."""

    def run(self, send: Send) -> None:
        try:
            self._run(send)
        except (ArithmeticError, LookupError, ValueError, DamagedError) as error:
            if self.cache is None or not self.recalled:
                raise
            # An index that was damaged by no chance can look sound and be none: next time it is made anew.
            for key in self.recalled.values():
                self.cache.drop(LayerIndex, key, "it cannot be merged")
            if isinstance(error, DamagedError):
                raise
            raise DamagedError("what the cache kept of this image was damaged, and is dropped", "Try again.") from error

    def _run(self, send: Send) -> None:
        def expect(rivals: Rivals) -> None:
            if rivals[0]:
                send(Expected(rivals))

        def grow(tree: Tree) -> None:
            numbers = tuple(number for number in self.indexes if number not in tree.columns.missing)
            send(Merged(numbers, tree))

        checksums = Checksums(self.indexes, self.contents, self.known, self.shared)
        tree = merge(
            self.layers,
            self.indexes,
            checksums,
            None if self.shared is None else expect,
            None if self.least is None or checksums.far else grow,
            self.least or 0,
        )
        while checksums.fetch():
            tree = merge(self.layers, self.indexes, checksums)
        if len(checksums.known) > len(self.known):
            send(Summed(checksums.known))
        send(Merged(tuple(self.indexes), tree))
        if self.cache is not None and self.key and not tree.columns.missing:
            for record in tree:
                _keep(self.cache, self.key, record, send)


class ChecksumTask(msgspec.Struct, frozen=True):
    """Reads contents for a merge that another process is at."""

    merge: MergeTask
    rivals: Rivals

    def run(self, send: Send) -> None:  # what it finds is where both look
        with suppress(LayerviewError):  # the merge meets the same, and tells it
            Checksums(self.merge.indexes, self.merge.contents, shared=self.merge.shared).read(self.rivals)


def recall_tree(cache: Cache, key: str, indexes: Mapping[int, LayerIndex]) -> Tree | None:
    """The tree of all these layers, from the cache; None where it is not there, or cannot be theirs."""
    paths, columns = cache.get(Paths, key), cache.get(Columns, key)
    if paths is None or columns is None:
        return None
    tree = Tree(paths, columns)
    try:
        check_tree(tree, indexes)
    except DamagedError as error:
        cache.drop(Columns, key, error.message)
        return None
    return tree


def _keep(cache: Cache, key: str, record: ColumnRecord, send: Send) -> None:
    cache.put(key, record)
    if cache.complaints:
        send(Noticed(tuple(cache.complaints)))
        cache.complaints.clear()
