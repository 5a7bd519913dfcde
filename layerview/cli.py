"""The command line: reads it, then calls one function.

Nothing here imports Textual or an engine's client before it is needed, so ``--help`` and ``--version`` are there at once.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from layerview import __version__
from layerview.errors import InputError, LayerviewError, NotFoundError, UsageError, unexpected
from layerview.text import escape, size

if TYPE_CHECKING:
    from layerview.exploration import Exploration
    from layerview.layers import Cache
    from layerview.reports import Findings
    from layerview.sources import Source

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it: 128 and the signal's number."""
CUT_OFF = 141
"""Exit status where the reader of standard output has gone, likewise."""

_TERMINAL = "/dev/tty"
"""The terminal that this process was started in."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run layerview with these arguments, those of the process unless told; the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        _prepare_streams()
        status = _run(list(arguments))
        with _standard_output() as output:
            output.flush()
    except BrokenPipeError:
        _discard_output()
        return CUT_OFF
    except KeyboardInterrupt:
        return INTERRUPTED
    except LayerviewError as error:
        _complain(error, "--verbose" in arguments)
        return error.exit_status
    except Exception as error:  # noqa: BLE001  the last resort: no traceback without --verbose
        _complain(unexpected(error), "--verbose" in arguments)
        return InputError.exit_status
    return status


def _prepare_streams() -> None:
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
def _standard_output() -> Iterator[TextIO]:
    """To be written to. Raises BrokenPipeError where nobody reads it, and InputError where else it cannot be."""
    try:
        yield sys.stdout
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard_output()
        raise InputError(f"standard output cannot be written: {error.strerror}", "Is the disk full?") from error


def _discard_output() -> None:
    """So that the flush at the end does not fail too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(error: LayerviewError, verbose: bool) -> None:
    """Say what happened, and with ``verbose`` where."""
    if verbose:
        for line in traceback.format_exc().splitlines():
            print(escape(line), file=sys.stderr)
    print(f"layerview: {escape(error.message)}", file=sys.stderr)
    if error.hint:
        print(escape(error.hint), file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"See {self.prog} --help.")


@dataclass(frozen=True)
class _Command:
    usage: str
    meaning: str
    """In one sentence, without a full stop."""
    options: Callable[[_Parser], object]
    run: Callable[[argparse.Namespace], int]


def _run(arguments: list[str]) -> int:
    # The options that all commands share may stand anywhere; the first of what is left is a command or an image.
    options, rest = _common().parse_known_args(arguments)
    if rest[:1] == ["--version"]:
        print(f"layerview {__version__}")
        return 0
    if not rest or rest[0] in ("-h", "--help"):
        print(_help())
        return 0
    name = rest.pop(0) if rest[0] in _COMMANDS else ""
    command = _COMMANDS[name] if name else _EXPLORE
    parser = _Parser(
        prog=f"layerview {name}".rstrip(),
        usage=f"layerview {command.usage}",
        description=command.meaning,
        parents=[_common()],
        allow_abbrev=False,
    )
    command.options(parser)
    return command.run(parser.parse_args(rest, options))


def _common() -> _Parser:
    parser = _Parser(prog="layerview", add_help=False, allow_abbrev=False)
    parser.add_argument("--platform", metavar="OS/ARCH[/VARIANT]", help="which of an image's platforms")
    parser.add_argument("--source", metavar="SOURCE", help="where the image is: docker, registry, oci …")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor keep what was indexed")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--export", action="store_true", help="have the engine export the image, instead of its records")
    way.add_argument("--records", action="store_true", help="read the engine's records even where it is not local")
    parser.add_argument(
        "--max-size", metavar="SIZE", type=_size, help="what one compressed layer may unpack to (default: 200GB)"
    )
    parser.add_argument("--verbose", action="store_true", help="tell what was odd, and where an error came from")
    return parser


def _help() -> str:
    commands = [_EXPLORE, *_COMMANDS.values()]
    return "\n".join(
        [
            "Show what is inside container images: layers, merged files, changes and wasted bytes.",
            "",
            *(f"  layerview {command.usage}\n      {command.meaning}" for command in commands),
            "",
            "IMAGE is a Docker archive or OCI layout (a file or a folder, or - for standard input), or an image of a local",
            "engine or of a registry.",
            "",
            "Options of all commands, before or after them: --platform OS/ARCH, --source SOURCE, --no-cache,",
            "--export, --records, --max-size SIZE, --verbose.",
            "layerview COMMAND --help tells more; layerview --version tells which version this is.",
        ]
    )


# explore


def _explore(options: argparse.Namespace) -> int:
    _require_terminal(f"layerview report {options.image}")
    return _show(options, options.image)


def _show(options: argparse.Namespace, title: str) -> int:
    from layerview.tui import explore

    source = _source(options)  # which takes what is piped in, if that is the image
    if not sys.stdin.isatty():
        _read_keys_from_terminal()
    return explore(_exploration(source, options), title=title)


def _has_terminal() -> bool:
    """Whether there is one, whatever standard input is."""
    with suppress(OSError):
        os.close(os.open(_TERMINAL, os.O_RDWR))
        return True
    return False


def _read_keys_from_terminal() -> None:
    """Have the terminal in place of standard input."""
    terminal = os.open(_TERMINAL, os.O_RDWR)
    os.dup2(terminal, 0)
    os.close(terminal)


def _require_terminal(instead: str) -> None:
    if not (sys.stdout.isatty() and sys.stderr.isatty() and (sys.stdin.isatty() or _has_terminal())):
        raise UsageError("exploring an image needs a terminal", f"Without one: {instead}, or layerview ls, or history.")
    if os.environ.get("TERM") == "dumb":
        raise UsageError("this terminal, TERM=dumb, can show no screen", f"Try {instead}, or layerview ls, or history.")


# ls


def _ls_options(parser: _Parser) -> None:
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("path", metavar="PATH", nargs="?", default="", help="what to list (default: the root)")
    parser.add_argument("-r", "--recursive", action="store_true", help="the path itself and all below it")
    state = parser.add_mutually_exclusive_group()
    state.add_argument(
        "--layer", metavar="N", type=_number, help="as of this layer, counted from 1 (default: the last)"
    )
    state.add_argument("--changes", metavar="N", type=_number, help="only what this layer changed")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _ls(options: argparse.Namespace) -> int:
    from layerview.filesystem import Comparison
    from layerview.reports import Listing

    findings = _findings(options)
    layers = findings.stack.layers
    at = options.layer or options.changes or layers
    if at > layers:
        raise NotFoundError(f"there is no layer {at}", f"The image has {layers} layers; layerview history lists them.")
    changes = options.changes is not None
    comparison = Comparison(findings.stack, at - 1 if changes else 0, at)
    listing = Listing(comparison, os.fsencode(options.path), recursive=options.recursive, changes=changes)
    _print(listing.json() if options.json else listing.text())
    return _tell_failures(findings, options)


def _number(text: str) -> int:
    """A layer's number, from 1."""
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no layer; they are counted from 1")


# history


def _history_options(parser: _Parser) -> None:
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("--no-trunc", action="store_true", help="what the builder recorded, in full")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _history(options: argparse.Namespace) -> int:
    from layerview.reports import history

    source = _source(options)
    image = source.describe()
    sizes: dict[int, int | None]
    if image is not None and all(layer.size is not None for layer in image.layers):
        sizes = {layer.number: layer.size for layer in image.layers}
        status = 0
    else:
        findings = _explored(source, options)
        image, stack = findings.image, findings.stack
        sizes = {n: None if n in stack.missing else stack.stored(n) for n in range(1, stack.layers + 1)}
        status = _tell_failures(findings, options)
    if options.json:
        _print(history.json(image, sizes))
    else:
        _print(history.text(image, sizes, None if options.no_trunc else shutil.get_terminal_size().columns))
    return status


# report


def _report_options(parser: _Parser) -> None:
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FORMAT[=FILE]",
        action="append",
        type=_output,
        help="text or json, to standard output or to a file (default: text; may be given several times)",
    )


def _report(options: argparse.Namespace) -> int:
    from layerview.reports import FORMATS
    from layerview.writing import whole_file

    outputs: list[tuple[str, Path | None]] = options.output or [("text", None)]
    for format_, _ in outputs:
        if format_ not in FORMATS:
            raise UsageError(f"there is no format {format_!r}", f"There are: {', '.join(FORMATS)}.")
    findings = _findings(options)
    for format_, path in outputs:
        text = FORMATS[format_](findings)
        if path is None:
            with _standard_output() as output:
                output.write(text)
        else:
            with whole_file(path) as file:
                file.write(text.encode())
    return _tell_failures(findings, options)


def _output(text: str) -> tuple[str, Path | None]:
    format_, equals, file = text.partition("=")
    if equals and not file:
        raise argparse.ArgumentTypeError(f"{text!r} names no file")
    return format_, Path(file) if equals else None


# demo


def _demo_options(parser: _Parser) -> None:
    parser.add_argument("--archive", metavar="FILE", type=Path, help="keep the archive there, and do not open it")


def _demo(options: argparse.Namespace) -> int:
    from layerview.demo import write_demo
    from layerview.writing import whole_file

    if options.archive:
        with whole_file(options.archive) as file:
            write_demo(file)
        print(
            f"Wrote {escape(os.fsencode(options.archive))}; layerview {escape(os.fsencode(options.archive))} opens it."
        )
        return 0
    _require_terminal("layerview demo --archive FILE, then layerview report FILE")
    with tempfile.TemporaryDirectory(prefix="layerview-") as folder:
        options.image = str(Path(folder, "demo.tar"))
        with Path(options.image).open("wb") as file:
            write_demo(file)
        return _show(options, "demo")


# cache


def _cache_options(parser: _Parser) -> None:
    parser.add_argument("action", choices=("info", "clear"), nargs="?", default="info")


def _manage_cache(options: argparse.Namespace) -> int:
    cache = _cache(argparse.Namespace(no_cache=False))
    if cache is None:
        raise NotFoundError("there is no folder for a cache", "Set HOME, or XDG_CACHE_HOME, to a folder's full path.")
    if options.action == "clear":
        print(f"Freed {size(cache.clear())}.")
    else:
        usage = cache.usage()
        print(f"folder  {escape(os.fsencode(usage.folder))}")
        print(f"holds   {usage.files:,} files, {size(usage.bytes)} of {size(usage.limit)} at most")
    for complaint in cache.complaints:
        print(f"layerview: {escape(complaint)}", file=sys.stderr)
    return InputError.exit_status if cache.complaints else 0


# what the commands share


def _size(text: str) -> int:
    """A size in bytes, as people write it: 500MB, 2TB, 1GiB."""
    found = re.fullmatch(r"(\d{1,15})\s*(?:([kMGTP]?)(i?)B?)?", text, re.ASCII | re.IGNORECASE)
    if found is None or not (number := int(found[1])):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 500MB or 2TB")
    factor: int = (1024 if found[3] else 1000) ** " kmgtp".index((found[2] or " ").lower())
    return number * factor


def _source(options: argparse.Namespace) -> Source:
    from layerview.sources import open_source

    records = False if options.export else True if options.records else None
    return open_source(options.image, source=options.source, platform=options.platform, records=records)


def _cache(options: argparse.Namespace) -> Cache | None:
    """The cache in the platform's folder for such, unless it is not wanted, or nothing tells where that is."""
    if options.no_cache:
        return None
    import platformdirs

    from layerview.layers import Cache

    try:
        folder = platformdirs.user_cache_path("layerview", appauthor=False)
    except RuntimeError:  # without HOME, for a user that the system does not know
        return None
    return Cache(folder) if folder.is_absolute() else None


def _findings(options: argparse.Namespace) -> Findings:
    return _explored(_source(options), options)


def _exploration(source: Source, options: argparse.Namespace) -> Exploration:
    from layerview.exploration import Exploration
    from layerview.layers import MAX_SIZE

    return Exploration(source, _cache(options), options.max_size or MAX_SIZE)


def _explored(source: Source, options: argparse.Namespace) -> Findings:
    from layerview.reports import Findings

    exploration = _exploration(source, options)
    exploration.run()
    assert exploration.image and exploration.stack and exploration.account, "an exploration that ends has them"
    if options.verbose:
        for notice in exploration.notices:
            print(f"layerview: {escape(notice)}", file=sys.stderr)
    return Findings(exploration.image, exploration.stack, exploration.account, exploration.failures)


def _print(lines: Iterable[str]) -> None:
    with _standard_output() as output:
        output.writelines(f"{line}\n" for line in lines)


def _tell_failures(findings: Findings, options: argparse.Namespace) -> int:
    """Say on standard error what the output is without; the exit status."""
    sys.stdout.flush()
    if options.verbose:
        for warning in findings.image.warnings:
            print(f"layerview: {escape(warning)}", file=sys.stderr)
        for layer in range(1, findings.stack.layers + 1):
            for odd in findings.stack.warnings(layer):
                print(f"layerview: layer {layer}: {escape(odd.path)}: {escape(odd.text)}", file=sys.stderr)
    for layer, error in sorted(findings.failures.items()):
        print(f"layerview: without layer {layer}: {escape(error.message)}", file=sys.stderr)
    for hint in {error.hint: None for error in findings.failures.values() if error.hint}:
        print(escape(hint), file=sys.stderr)
    return max((error.exit_status for error in findings.failures.values()), default=0)


_EXPLORE = _Command(
    "IMAGE",
    "explore an image in the terminal",
    lambda parser: parser.add_argument("image", metavar="IMAGE"),
    _explore,
)
_COMMANDS = {
    "ls": _Command(
        "ls IMAGE [PATH] [-r] [--layer N | --changes N] [--json]", "list what an image holds", _ls_options, _ls
    ),
    "history": _Command(
        "history IMAGE [--no-trunc] [--json]", "list the instructions that made an image", _history_options, _history
    ),
    "report": _Command(
        "report IMAGE [-o FORMAT[=FILE]]...", "say what an image holds and what it wastes", _report_options, _report
    ),
    "cache": _Command(
        "cache [info | clear]", "what is kept of layers that were indexed, or remove it", _cache_options, _manage_cache
    ),
    "demo": _Command(
        "demo [--archive FILE]", "explore a small, wasteful sample image, without any engine", _demo_options, _demo
    ),
}
