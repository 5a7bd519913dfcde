"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from layerview.errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, put in place of ``path`` once it is complete; on any failure ``path`` stays as it was.

    What is no regular file, such as a pipe, is written to directly. Raises InputError where it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as output:
                yield output
            return
        target = path.resolve()  # a symbolic link stays one
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as output:
                yield output
            Path(name).chmod(0o666 & ~_umask())  # as if it had been opened in the ordinary way
            Path(name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}",
            "Is there such a folder, may you write to it, is it full?",
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
