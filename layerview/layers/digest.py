"""Digests compared while bytes pass."""

from __future__ import annotations

import hashlib
from concurrent.futures import Executor, Future

from layerview.errors import DamagedError
from layerview.layers.blocks import Read

_ALGORITHMS = frozenset(("sha256", "sha384", "sha512"))


class Verifier:
    """Hashes what is read through it, beside the reading thread.

    hashlib releases the interpreter for every chunk, and SHA-256 is about as slow as decompression: one chunk is
    hashed while the next is made.
    """

    def __init__(self, digest: str, read: Read, executor: Executor) -> None:
        """``digest`` is as OCI writes it, ``sha256:…``. Raises DamagedError for an algorithm that OCI has not."""
        self._algorithm, _, self._expected = digest.partition(":")
        if self._algorithm not in _ALGORITHMS:
            raise DamagedError(f"The digest {digest!r} is of an unknown kind")
        self._hash = hashlib.new(self._algorithm)
        self._source = read
        self._executor = executor
        self._pending: Future[None] | None = None

    def read(self, size: int) -> bytes:
        """What the input gives."""
        data = self._source(size)
        self._settle()
        if data:
            self._pending = self._executor.submit(self._hash.update, data)
        return data

    def verify(self, what: str) -> None:
        """Raise DamagedError where what was read is not what the digest says. ``what`` names it, for people."""
        self._settle()
        if (found := self._hash.hexdigest()) != self._expected:
            raise DamagedError(
                f"{what} is not what its digest says: {self._algorithm}:{found} instead of {self._expected}"
            )

    def _settle(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None
