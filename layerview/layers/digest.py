"""Digests made, and compared, while bytes pass."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from layerview.errors import DamagedError
from layerview.layers.blocks import Read

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future, ThreadPoolExecutor

_ALGORITHMS = frozenset(("sha256", "sha384", "sha512"))


def digesting() -> ThreadPoolExecutor:
    """A thread for digests, until the context is left.

    It is one for all of them. A second that decompresses ahead of the indexing saves nothing on two processors (2.2 s
    for a layer of 1.3 GB either way, and 4.8 s instead of 4.5 for an image): handing chunks over costs what it gains.
    """
    from concurrent.futures import ThreadPoolExecutor  # takes 5 ms, of no use to what is in the cache

    return ThreadPoolExecutor(max_workers=1)


class Hashed:
    """Hashes what is read through it, beside the reading thread.

    hashlib releases the interpreter for every chunk, and SHA-256 is about as slow as decompression: one chunk is
    hashed while the next is made.
    """

    def __init__(self, read: Read, executor: Executor, algorithm: str = "sha256") -> None:
        self._source, self._executor = read, executor
        self._algorithm, self._hash = algorithm, hashlib.new(algorithm)
        self._pending: Future[None] | None = None

    def read(self, size: int) -> bytes:
        """What the input gives."""
        data = self._source(size)
        self._settle()
        if data:
            self._pending = self._executor.submit(self._hash.update, data)
        return data

    @property
    def digest(self) -> str:
        """Of all that was read, as OCI writes it: ``sha256:…``."""
        self._settle()
        return f"{self._algorithm}:{self._hash.hexdigest()}"

    def _settle(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None


class Verifier(Hashed):
    """Compares what is read through it with a digest."""

    def __init__(self, digest: str, read: Read, executor: Executor) -> None:
        """``digest`` is as OCI writes it. Raises DamagedError for an algorithm that OCI has not."""
        algorithm = digest.partition(":")[0]
        if algorithm not in _ALGORITHMS:
            raise DamagedError(f"The digest {digest!r} is of an unknown kind")
        super().__init__(read, executor, algorithm)
        self._expected = digest

    def verify(self, what: str) -> None:
        """Raise DamagedError where what was read is not what the digest says. ``what`` names it, for people."""
        if self.digest != self._expected:
            raise DamagedError(f"{what} is not what its digest says: {self.digest} instead of {self._expected}")
