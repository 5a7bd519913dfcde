"""``layerview build``: hand over to a builder, then explore what it has built."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from layerview.cli.command import Command
from layerview.cli.explore import has_screen, show
from layerview.cli.opening import explored, read_dockerfile, source_of, tell_failures, waiting_dockerfile
from layerview.cli.streams import print_lines, standard_output
from layerview.errors import InputError, NotFoundError
from layerview.text import escape

if TYPE_CHECKING:
    from layerview.sources.build_options import BuildOptions
    from layerview.sources.builders import Builder

HELP = """\
usage: layerview [--source docker|podman] build [OPTIONS] CONTEXT

Build an image by docker buildx, docker build, podman build or buildah build, whichever is there first, then explore it.
Everything behind "build" is handed on as it is: {command} --help tells which options there are.
layerview's own options, such as --source and --no-cache, stand before "build".

Without a terminal, the report is printed in place of the screen, unless there is a --quiet."""


def _build(options: argparse.Namespace) -> int:
    from layerview.sources.build_options import BuildOptions
    from layerview.sources.builders import choose_builder

    builder = choose_builder(options.source)
    if options.arguments in (["--help"], ["-h"]):
        print_lines([HELP.format(command=" ".join(builder.command))])
        return 0
    wanted = BuildOptions.read(options.arguments)
    _find_dockerfile(options, wanted, builder)
    with tempfile.TemporaryDirectory(prefix="layerview-") as folder:
        file = Path(wanted.last("iidfile") or Path(folder, "id"))
        status = builder.run([*_added(wanted, builder, file), *options.arguments])
        if status or wanted.asks_only:
            return status
        if not wanted.leaves_image:
            print(f"layerview: {_elsewhere(wanted)}", file=sys.stderr)
            return 0
        id = _read_id(file)
    name = wanted.last("tag") or id.removeprefix("sha256:")[:12]
    if len(wanted.platforms) > 1 and options.platform is None:
        opened = name if wanted.last("tag") else id
        print(
            f"layerview: built {escape(name)} for {len(wanted.platforms)} platforms.\n"
            f"Explore one of them: layerview --platform {escape(wanted.platforms[0])} {builder.engine}:{escape(opened)}",
            file=sys.stderr,
        )
        return 0
    return _open(options, f"{builder.engine}:{id}", name, wanted)


def _find_dockerfile(options: argparse.Namespace, wanted: BuildOptions, builder: Builder) -> None:
    """Read the Dockerfile before the build, since it may be changed meanwhile. Whether it is one the builder will tell."""
    options.dockerfile, options.target, options.build_arguments = None, wanted.last("target"), wanted.arguments
    with suppress(InputError, OSError):
        if wanted.reads_standard_input:
            options.dockerfile = waiting_dockerfile()
        elif (path := wanted.dockerfile(builder.dockerfiles)) is not None:
            options.dockerfile = read_dockerfile(os.fspath(path))


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


def _open(options: argparse.Namespace, reference: str, name: str, wanted: BuildOptions) -> int:
    options.image, options.source, options.name = reference, None, name
    if options.platform is None and wanted.platforms:
        options.platform = wanted.platforms[0]
    if has_screen():
        return show(options, name)
    if wanted.is_on("quiet"):
        return 0
    from layerview.reports import FORMATS

    findings = explored(source_of(options), options)
    with standard_output() as output:
        output.write(FORMATS["text"](findings))
    print(f"Explore it: layerview {escape(reference)}", file=sys.stderr)
    return tell_failures(findings, options)


BUILD = Command(
    "build [OPTIONS of docker build] CONTEXT",
    "build an image, then explore it",
    lambda parser: None,
    _build,
    pulls=False,
)
