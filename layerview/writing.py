"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from layerview.errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, put in place of ``path`` once it is complete; on any failure ``path`` stays as it was.

    What is no regular file, such as a pipe, is written to directly, and so is where standard output or error goes. Raises InputError where it cannot be written, BrokenPipeError where nobody reads it.
    """
    try:
        target = path.resolve()  # a symbolic link stays one
        if path.exists() and ((stream := _stream(path)) or not path.is_file()):
            with os.fdopen(os.dup(stream), "wb") if stream else path.open("wb") as output:
                yield output
            return
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as output:
                yield output
            Path(name).chmod(_mode(target))
            Path(name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}",
            "Is there such a folder, may you write to it, is it full?",
        ) from error


def _stream(path: Path) -> int:
    """The descriptor of standard output or error, if it goes there: another file in its place would lose it. Else 0."""
    for descriptor in (1, 2):
        with suppress(OSError):  # it may be closed
            if os.path.samestat(path.stat(), os.fstat(descriptor)):
                return descriptor
    return 0


def _mode(target: Path) -> int:
    """As if it had been opened in the ordinary way."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
