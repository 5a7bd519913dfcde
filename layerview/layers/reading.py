"""Layers read from where they lie: a region of a file, a stream, or an engine's record."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from layerview.layers.beginning import Show
from layerview.layers.blocks import Read, ReadAt, Region, Stream
from layerview.layers.compression import MAGIC_SIZE, MAX_SIZE, Decompressed, sniff
from layerview.layers.digest import Verifier, digesting
from layerview.layers.index import LayerIndex
from layerview.layers.indexing import index_tar
from layerview.layers.records import Recorded

_STEP = 1 << 22
"""Bytes between two reports of progress, at least, where contents are skipped."""

_SENT = 1 << 20
"""The same for a stream, which may come through a slow network."""

_PAUSE = 0.1
"""Seconds between them, at least: where contents are skipped, a thousand a second would keep everyone busy."""


def index_region(
    read_at: ReadAt,
    length: int,
    progress: Callable[[int, int], None] | None = None,
    *,
    diff_id: str = "",
    digest: str = "",
    max_size: int = MAX_SIZE,
    show: Show | None = None,
) -> LayerIndex:
    """The index of a layer of ``length`` bytes that can be read at any place, compressed or not.

    What files hold is skipped where the tar is not compressed, and nothing is verified then; else the blob is compared
    with ``digest`` and the tar in it with ``diff_id``, where given. ``progress`` is called now and then with the bytes
    of the layer that are done, and ``length``; ``show`` with its beginning. Raises DamagedError, also where it unpacks to
    more than ``max_size`` bytes, and whatever ``read_at`` raises.
    """
    steps = _Steps((lambda done: progress(done, length)) if progress else None, _STEP)
    if not sniff(read_at(0, min(MAGIC_SIZE, length))):
        return index_tar(Region(read_at, length, steps.reach), show)
    at = 0

    def read(size: int) -> bytes:
        nonlocal at
        data = read_at(at, min(size, length - at))
        at += len(data)
        return data

    return index_stream(read, steps.reach, diff_id=diff_id, digest=digest, max_size=max_size, show=show)


def index_stream(
    read: Read,
    progress: Callable[[int], None] | None = None,
    *,
    diff_id: str = "",
    digest: str = "",
    max_size: int = MAX_SIZE,
    show: Show | None = None,
) -> LayerIndex:
    """The index of a layer that is read once, to its end, compressed or not.

    ``progress`` is called now and then with the bytes that were read, ``show`` with the beginning of the layer. Raises
    DamagedError, also where the blob is not what ``digest`` says, the tar in it not what ``diff_id`` says, or of more than
    ``max_size`` bytes, and whatever ``read`` raises.
    """
    steps = _Steps(progress, _SENT)
    with digesting() as executor:
        blob = Verifier(digest, read, executor) if digest else None
        decompressed = Decompressed(steps.counting(blob.read if blob else read), max_size)
        tar = Verifier(diff_id, decompressed.read, executor) if diff_id else None
        index = index_tar(Stream(tar.read if tar else decompressed.read), show)
        if blob:
            blob.verify("The layer's blob")
        if tar:
            tar.verify("The layer's tar")
        return index


def index_records(
    read: Read,
    progress: Callable[[int], None] | None = None,
    *,
    max_size: int = MAX_SIZE,
    show: Show | None = None,
) -> LayerIndex:
    """The index of a layer from its tar-split record, compressed or not.

    ``progress`` is called now and then with the bytes that were read. Raises DamagedError, and whatever ``read`` raises.
    """
    steps = _Steps(progress, _SENT)
    return index_tar(Recorded(Decompressed(steps.counting(read), max_size).read), show)


class _Steps:
    """Passes on reports of progress, now and then."""

    def __init__(self, progress: Callable[[int], None] | None, step: int) -> None:
        self._progress, self._step = progress, step
        self._next, self._time = step, monotonic()

    def reach(self, done: int) -> None:
        """So many bytes are done."""
        if self._progress is not None and done >= self._next and (now := monotonic()) >= self._time + _PAUSE:
            self._next, self._time = done + self._step, now
            self._progress(done)

    def counting(self, read: Read) -> Read:
        """The same, which tells how far it is."""
        done = 0

        def counted(size: int) -> bytes:
            nonlocal done
            data = read(size)
            done += len(data)
            self.reach(done)
            return data

        return counted
