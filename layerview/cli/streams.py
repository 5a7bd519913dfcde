"""Standard input, output and error: usable whatever the caller has closed, and never the cause of a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from layerview.errors import InputError, LayerviewError, UsageError


def prepare_streams() -> None:
    """Have the three streams usable, whatever the caller has closed. Raises UsageError without standard output."""
    # The lowest descriptor first, since the next file that is opened gets it.
    for descriptor, name, mode in ((0, "stdin", "r"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115  it stays open to the end
            with suppress(OSError):
                os.dup2(getattr(sys, name).fileno(), descriptor)
    if sys.stdout is None:
        raise UsageError("standard output is closed", "Send it to a file or a pipe; /dev/null will do.")
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


@contextmanager
def standard_output() -> Iterator[TextIO]:
    """To be written to. Raises BrokenPipeError where nobody reads it, and InputError where else it cannot be."""
    try:
        yield sys.stdout
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_output()
        raise InputError(f"standard output cannot be written: {error.strerror}", "Is the disk full?") from error


def output_width() -> int:
    """How many columns a line may take: those of the terminal that standard output is, else as many as it likes."""
    from layerview.text import UNLIMITED

    if not sys.stdout.isatty():
        return UNLIMITED
    import shutil

    return shutil.get_terminal_size().columns


def flush() -> None:
    """Write what standard output keeps back; raises as :func:`standard_output`."""
    with standard_output() as output:
        output.flush()


def discard_output() -> None:
    """So that the flush at the end does not fail too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(error: LayerviewError, verbose: bool) -> None:
    """Say what happened, and with ``verbose`` where."""
    from layerview.text import escape

    if verbose:
        import traceback

        for line in traceback.format_exc().splitlines():
            print(escape(line), file=sys.stderr)
    print(f"layerview: {escape(error.message)}", file=sys.stderr)
    if error.hint:
        print(escape(error.hint), file=sys.stderr)


def print_lines(lines: Iterable[str]) -> None:
    """To standard output; raises as :func:`standard_output`."""
    with standard_output() as output:
        output.writelines(f"{line}\n" for line in lines)
