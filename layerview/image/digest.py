"""Digests, the names of blobs: ``sha256:…``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec

from layerview.errors import DamagedError

Digest = Annotated[str, msgspec.Meta(pattern="^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$")]
"""A digest that can be computed, and whose parts are safe as names of files."""


def digest_of(data: bytes) -> str:
    """The SHA-256 digest of a blob."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def verify(data: bytes, digest: Digest, what: str) -> None:
    """Raise DamagedError where a small blob is not what its digest says. ``what`` names it, for people."""
    algorithm, _, expected = digest.partition(":")
    if hashlib.new(algorithm, data).hexdigest() != expected:
        raise DamagedError(f"{what} is not what its digest {digest} says")


def chain_ids(diff_ids: Iterable[str]) -> Iterator[str]:
    """The chainID of each layer, the lowest first: what engines store a layer by, with all that is below it.

    As the OCI image specification defines it.
    """
    chain = ""
    for diff_id in diff_ids:
        chain = digest_of(f"{chain} {diff_id}".encode()) if chain else diff_id
        yield chain
