"""``layerview build``: hand over to a builder, then explore what it has built."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from layerview.cli.command import SHARED, Asked, Command, shown
from layerview.cli.explore import has_screen, show
from layerview.cli.opening import explored_from, read_dockerfile, source_of, tell_failures, waiting_dockerfile
from layerview.cli.request import Recipe, Request
from layerview.cli.streams import output_width, print_lines, standard_output
from layerview.errors import InputError, NotFoundError
from layerview.text import escape

if TYPE_CHECKING:
    from layerview.building import Builder, BuildOptions
    from layerview.image import Dockerfile

_HELP = """\
usage: layerview [--source docker|podman] build [OPTIONS] CONTEXT

Build an image by docker buildx, docker build, podman build or buildah build, whichever is there first, then explore it.
Everything behind "build" is handed on as it is: {command} --help tells which options there are.
layerview's own options, such as --source and --no-cache, stand before "build".

Without a terminal, the report is printed in place of the screen, unless there is a --quiet.

{examples}"""

_ABBREVIATED = 12
"""Digits of an ID, as engines abbreviate it."""


class Build(Asked, frozen=True):
    """All that stands behind ``build``."""

    arguments: Sequence[str]


def print_help(source: str | None = None) -> None:
    """With the builder that ``source`` means. Raises LayerviewError where there is none."""
    from layerview.building import choose_builder

    print_lines([_HELP.format(command=" ".join(choose_builder(source).command), examples=shown(COMMAND.examples))])


def _build(asked: Build) -> int:
    import tempfile

    from layerview.building import BuildOptions, choose_builder

    request, arguments = asked.request, asked.arguments
    if arguments in (["--help"], ["-h"]):
        print_help(request.source)
        return 0
    builder = choose_builder(request.source)
    wanted = BuildOptions.read(arguments)
    dockerfile = _dockerfile(wanted, builder)
    with tempfile.TemporaryDirectory(prefix="layerview-") as folder:
        file = Path(wanted.last("iidfile") or Path(folder, "id"))
        status = builder.run([*_added(wanted, builder, file), *arguments])
        if status or wanted.asks_only:
            return status
        if not wanted.leaves_image:
            print(f"layerview: {_elsewhere(wanted)}", file=sys.stderr)
            return 0
        id = _read_id(file)
    name = wanted.last("tag") or id.removeprefix("sha256:")[:_ABBREVIATED]
    opens = escape(f"{builder.engine}:{name}")
    if len(wanted.platforms) > 1 and request.platform is None:
        print(
            f"layerview: built {escape(name)} for {len(wanted.platforms)} platforms.\n"
            f"Explore one of them: layerview --platform {escape(wanted.platforms[0])} {opens}",
            file=sys.stderr,
        )
        return 0
    built = replace(
        request,
        reference=f"{builder.engine}:{id}",
        source=None,
        platform=request.platform or next(iter(wanted.platforms), None),
        recipe=None if dockerfile is None else Recipe(dockerfile, wanted.last("target"), wanted.arguments),
        name=name,
    )
    return _open(built, wanted, opens)


def _dockerfile(wanted: BuildOptions, builder: Builder) -> Dockerfile | None:
    """Read before the build, since it may be changed meanwhile; None where it is not at hand."""
    with suppress(InputError, OSError):
        if wanted.reads_standard_input:
            return waiting_dockerfile()
        if (path := wanted.dockerfile(builder.dockerfiles)) is not None:
            return read_dockerfile(os.fspath(path))
    return None


def _added(wanted: BuildOptions, builder: Builder, file: Path) -> Sequence[str]:
    """Options by which the image comes to the engine and its ID here, where the user has not said otherwise."""
    added = []
    if builder.has_to_be_told_to_load and not wanted.says_where_to and len(wanted.platforms) < 2:
        added.append("--load")
    if "iidfile" not in wanted.values and wanted.leaves_image and not wanted.asks_only:
        added += ["--iidfile", str(file)]
    return added


def _elsewhere(wanted: BuildOptions) -> str:
    """Where the image is, and how to open it."""
    if "output" in wanted.values:
        return f"built; --output {escape(wanted.last('output'))} leaves no image that can be opened"
    return f"built and pushed; layerview registry:{escape(wanted.last('tag') or 'NAME')} opens it"


def _read_id(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError("the builder has not said what it built", "Open the image by its name.") from error


def _open(built: Request, wanted: BuildOptions, opens: str) -> int:
    """Explore what was built, or report it and say what ``opens`` it."""
    if has_screen():
        return show(built, built.name)
    if wanted.is_on("quiet"):
        return 0
    from layerview.reports import FORMATS

    explored = explored_from(source_of(built), built)
    status = tell_failures(explored, built)
    with standard_output() as output:
        output.write(FORMATS["text"](explored, output_width()))
    print(f"Explore it: layerview {opens}", file=sys.stderr)
    return status


COMMAND = Command(
    "build [OPTIONS of docker build] CONTEXT",
    "build an image, then explore it",
    Build,
    _build,
    (
        "layerview build -t app:1 .",
        "layerview --source podman build -t app:1 .",
    ),
    shared=SHARED - {"--pull"},
)
