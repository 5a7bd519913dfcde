"""Archives that are read once, from beginning to end, and unpacked nowhere: compressed as a whole, or from a pipe."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import IO

import msgspec

from layerview.errors import DamagedError, LayerviewError, ServiceError, UsageError
from layerview.layers import open_decompressed
from layerview.sources.archives.choosing import STANDARD_INPUT, FromArchive, Selection, Wanted
from layerview.sources.archives.kept import kept
from layerview.sources.archives.placed import changed, unreadable, version_of
from layerview.sources.archives.streamed import PassingMembers
from layerview.sources.protocol import Found, Reading
from layerview.sources.reporting import reporting

_MAX_SAID = 10_000
"""Bytes of what a program says that are looked at."""


class Command(msgspec.Struct, frozen=True):
    """A program that writes an archive to its standard output."""

    words: tuple[str, ...]


class PassingArchive:
    """An image in an archive that passes by: one job, which finds out what the image is."""

    def __init__(self, file: Path | FileIO | Command, select: Selection, what: str) -> None:
        """``file`` is the archive's, or what it comes through, as it was opened, or who writes it.

        ``select`` tells which images there are, and which is meant; ``what`` names the archive, for people.
        """
        self._file, self._select, self._what = file, select, what

    @classmethod
    def at(cls, path: Path, wanted: Wanted) -> PassingArchive:
        """The image that is wanted of those in a file."""
        return cls(path, FromArchive(path, wanted), str(path))

    @classmethod
    def through(cls, path: Path, wanted: Wanted) -> PassingArchive:
        """The image that is wanted of those that come through a pipe which has a name.

        Waits for who writes into it. Raises OSError.
        """
        return cls(FileIO(path), FromArchive(path, wanted), str(path))

    @classmethod
    def piped(cls, wanted: Wanted) -> PassingArchive:
        """The image that is wanted of those that come through standard input. Raises UsageError."""
        if os.isatty(0):
            raise UsageError(
                "Standard input is a terminal, not an archive", "Pipe one in: docker save NAME | layerview -"
            )
        # Under a descriptor of its own, so that keys can take the place of the other.
        pipe = FileIO(os.dup(0))
        return cls(pipe, FromArchive(None, wanted), STANDARD_INPUT.capitalize())

    def describe(self) -> None:
        """Nothing: the config may come last."""

    def jobs(self) -> Sequence[PassingJob]:
        """The one pass."""
        try:
            size = self._file.stat().st_size if isinstance(self._file, Path) else 0
        except OSError as error:
            raise unreadable(str(self._file), error) from error
        return (PassingJob(self._file, self._select, self._what, size),)

    def cache_key(self, layer: int) -> str:
        """None: the layers are known only when all has been read."""
        return ""

    def contents(self, layer: int) -> None:
        """None: nothing in it can be sought."""

    def close(self) -> None:
        """Let whoever writes into a pipe know that nobody reads."""
        if isinstance(self._file, FileIO):
            self._file.close()


class PassingJob(msgspec.Struct, frozen=True):
    """Indexes the layers of an archive as they pass."""

    file: Path | FileIO | Command
    select: Selection
    what: str
    cost: int
    """Bytes of the file; 0 where nobody knows how many will come."""

    @property
    def layers(self) -> tuple[int, ...]:
        """Not known yet."""
        return ()

    def run(self, reading: Reading) -> Iterator[Found]:
        """Yields what images there are, if several, then the one that is meant and its layers. Raises LayerviewError."""
        if not isinstance(self.file, Path):
            reading.progress(0, 0, 0)  # whoever writes it may make all of it ready before the first byte
        try:
            with opened(self.file) as file:
                read = reporting(file.read, lambda done: reading.progress(0, done, self.cost))
                members = PassingMembers(open_decompressed(read, reading.max_size).read, self.what, reading)
                try:
                    members.take_in()
                except DamagedError as error:
                    raise DamagedError(f"{self.what}: {error.message}", error.hint) from error
        except OSError as error:
            raise unreadable(self.what, error) from error
        images = self.select(members)
        if several := kept(images, members):
            yield several
        chosen = images.chosen
        yield chosen.image
        yield from members.layers_of(chosen)


@contextmanager
def opened(file: Path | FileIO | Command) -> Iterator[FileIO | IO[bytes]]:
    """To be read to the end. Raises what went wrong with whoever wrote it, in place of what that led to."""
    if isinstance(file, FileIO):
        with file:
            yield file
    elif isinstance(file, Path):
        with file.open("rb") as stored:
            version = version_of(os.fstat(stored.fileno()))
            yield stored
            if version_of(os.fstat(stored.fileno())) != version:
                raise changed(str(file))
    else:
        with tempfile.TemporaryFile() as said, _started(file, said) as process:
            assert process.stdout is not None
            try:
                yield process.stdout
            except LayerviewError as error:
                process.stdout.close()
                raise (_failed(file, process, said) or error) from error
            if failed := _failed(file, process, said):
                raise failed


def _started(command: Command, said: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)


def _failed(command: Command, process: subprocess.Popen[bytes], said: IO[bytes]) -> ServiceError | None:
    """What a program says of why it has failed, if it has by itself."""
    if process.wait() <= 0:
        return None
    said.seek(0)
    lines = said.read(_MAX_SAID).decode(errors="replace").split("\n")
    why = next((line.strip() for line in reversed(lines) if line.strip()), f"exit status {process.returncode}")
    return ServiceError(f"{command.words[0]} has failed: {why}", f"See that {' '.join(command.words)} works.")
