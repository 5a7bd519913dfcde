"""Archives that are read once, from beginning to end, and unpacked nowhere: compressed as a whole, or from a pipe."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from layerview.errors import UsageError
from layerview.layers import open_decompressed
from layerview.sources.candidates import STANDARD_INPUT, Wanted, select
from layerview.sources.members import changed, unreadable, version_of
from layerview.sources.protocol import Found, Progress
from layerview.sources.streamed import PassingMembers

_STEP = 1 << 22
"""Bytes between two reports of progress."""


class PassingArchive:
    """An image in an archive that passes by: one job, which finds out what the image is."""

    def __init__(self, file: Path | FileIO, wanted: Wanted) -> None:
        """``file`` is the archive's, or what it comes through, as it was opened."""
        self._file, self._wanted = file, wanted

    def describe(self) -> None:
        """Nothing: the config may come last."""

    def jobs(self) -> Sequence[PassingJob]:
        """The one pass."""
        if isinstance(self._file, FileIO):
            return (PassingJob(self._file, self._wanted, 0),)
        try:
            return (PassingJob(self._file, self._wanted, self._file.stat().st_size),)
        except OSError as error:
            raise unreadable(str(self._file), error) from error

    def cache_key(self, layer: int) -> str:
        """None: the layers are known only when all has been read."""
        return ""

    def contents(self, layer: int) -> None:
        """None: nothing in it can be sought."""

    def close(self) -> None:
        """Let whoever writes into a pipe know that nobody reads."""
        if isinstance(self._file, FileIO):
            self._file.close()


@dataclass(frozen=True)
class PassingJob:
    """Indexes the layers of an archive as they pass."""

    file: Path | FileIO
    wanted: Wanted
    cost: int
    """Bytes of the file; 0 where nobody knows how many will come."""

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

        path = self.file if isinstance(self.file, Path) else None
        what = STANDARD_INPUT.capitalize() if path is None else str(path)
        try:
            with self.file.open("rb") if isinstance(self.file, Path) else self.file as file:
                version = path and version_of(os.fstat(file.fileno()))
                members = PassingMembers(open_decompressed(read).read, what)
                members.take_in()
                if path and version_of(os.fstat(file.fileno())) != version:
                    raise changed(what)
        except OSError as error:
            raise unreadable(what, error) from error
        chosen = select(members, path, self.wanted)
        yield chosen.image
        yield from members.layers_of(chosen)


def standard_input() -> FileIO:
    """What is piped into this program, under a descriptor of its own: keys can take the place of the other.

    Raises UsageError.
    """
    if os.isatty(0):
        raise UsageError("Standard input is a terminal, not an archive", "Pipe one in: docker save NAME | layerview -")
    return FileIO(os.dup(0))
