"""Archives that are compressed as a whole: read once, from beginning to end, and unpacked nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from layerview.layers import open_decompressed
from layerview.sources.candidates import Wanted, select
from layerview.sources.members import changed, unreadable, version_of
from layerview.sources.protocol import Found, Progress
from layerview.sources.streamed import PassingMembers

_STEP = 1 << 22
"""Bytes between two reports of progress."""


class CompressedArchive:
    """An image in a compressed archive: one job, which finds out what the image is."""

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self._path, self._wanted = path, wanted

    def describe(self) -> None:
        """Nothing: the config may come last."""

    def jobs(self) -> Sequence[CompressedJob]:
        """The one pass."""
        try:
            return (CompressedJob(self._path, self._wanted, self._path.stat().st_size),)
        except OSError as error:
            raise unreadable(str(self._path), error) from error

    def cache_key(self, layer: int) -> str:
        """None: the layers are known only when all has been read."""
        return ""

    def contents(self, layer: int) -> None:
        """None: nothing in it can be sought."""

    def close(self) -> None:
        """Nothing."""


@dataclass(frozen=True)
class CompressedJob:
    """Decompresses the archive and indexes its layers as they pass."""

    path: Path
    wanted: Wanted
    cost: int
    """Bytes of the compressed file."""

    @property
    def layers(self) -> tuple[int, ...]:
        """Not known yet."""
        return ()

    def run(self, progress: Progress) -> Iterator[Found]:
        """Yields the image, then its layers. Raises LayerviewError."""
        done = reported = 0

        def read(size: int) -> bytes:
            nonlocal done, reported
            data = file.read(size)
            done += len(data)
            if done >= reported + _STEP:
                reported = done
                progress(0, done, self.cost)
            return data

        try:
            with self.path.open("rb") as file:
                version = version_of(os.fstat(file.fileno()))
                members = PassingMembers(open_decompressed(read).read, str(self.path))
                for _ in members.pass_by():
                    pass
                if version_of(os.fstat(file.fileno())) != version:
                    raise changed(str(self.path))
        except OSError as error:
            raise unreadable(str(self.path), error) from error
        chosen = select(members, self.path, self.wanted)
        yield chosen.image
        yield from members.layers_of(chosen)
