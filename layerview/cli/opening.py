"""From the options to the image that they mean, and to all that can be found out about it."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from layerview import garbage
from layerview.cli.command import Parser
from layerview.cli.pulling import pull_first
from layerview.cli.streams import flush
from layerview.errors import InputError, UsageError
from layerview.text import escape

if TYPE_CHECKING:
    from layerview.exploration import Amend, Exploration
    from layerview.exploration.pair import ImagePair
    from layerview.image import Dockerfile, Image
    from layerview.layers import Cache
    from layerview.reports import Findings
    from layerview.sources import Alternative, Source

_MAX_DOCKERFILE = 1 << 20
"""Bytes of a Dockerfile; BuildKit takes as many."""


def add_dockerfile(parser: Parser) -> None:
    """The option by which layers are said to come from lines."""
    parser.add_argument(
        "--dockerfile",
        metavar="FILE",
        type=read_dockerfile,
        help="name the lines of this Dockerfile that each layer comes from",
    )


def source_of(options: argparse.Namespace, *, last_resort: bool = True) -> Source:
    """The place of the image that is asked for, pulled before if that is wanted. Raises LayerviewError.

    ``last_resort`` tells whether it may be a registry that nobody has named a scheme for.
    """
    from layerview.sources import open_source

    if options.pull:
        pull_first(options)
    records = False if options.export else True if options.records else None
    return open_source(
        options.image,
        source=options.source,
        platform=options.platform,
        records=records,
        last_resort=last_resort,
    )


def cache_of(options: argparse.Namespace) -> Cache | None:
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


def findings_of(options: argparse.Namespace) -> Findings:
    """All that can be found out about the image that is asked for. Raises LayerviewError."""
    garbage.put_off()  # the command ends soon, where one that looks at many images does not
    return explored(source_of(options), options)


def exploration_of(
    source: Source, options: argparse.Namespace, alternatives: Sequence[Alternative] = ()
) -> Exploration:
    """Of this source, with the cache and the limits that are asked for; ``alternatives`` as Exploration has it."""
    from layerview.exploration import Exploration
    from layerview.layers import MAX_SIZE

    return Exploration(source, cache_of(options), options.max_size or MAX_SIZE, alternatives, amendment_of(options))


def pair_of(options: argparse.Namespace) -> ImagePair:
    """The two images that are asked for, to be compared. Raises LayerviewError."""
    from layerview.exploration.pair import ImagePair
    from layerview.sources import is_piped

    names = options.image, options.image2
    if all(is_piped(name, options.source) for name in names):
        raise UsageError("both images are to come from standard input", "Save one to a file first.")
    # Of a tag that has several platforms, two may be compared with each other.
    platforms = (options.platform or "").split(",")
    explorations = []
    for name, platform in zip(names, (platforms[0], platforms[-1]), strict=True):
        each = argparse.Namespace(**{**vars(options), "image": name, "platform": platform or None})
        explorations.append(exploration_of(source_of(each), each))
    return ImagePair(explorations[0], explorations[1], names)


def amendment_of(options: argparse.Namespace) -> Amend | None:
    """What adds to an image what the command line tells of it: the lines of its Dockerfile, and what it is called."""
    dockerfile: Dockerfile | None = getattr(options, "dockerfile", None)
    name: str = getattr(options, "name", "")
    if dockerfile is None and not name:
        return None
    target, arguments = getattr(options, "target", ""), getattr(options, "build_arguments", {})

    def amend(image: Image) -> Image:
        from layerview.image import located

        image = image if dockerfile is None else located(image, dockerfile, target, arguments)
        return replace(image, name=name or image.name)

    return amend


def read_dockerfile(path: str) -> Dockerfile:
    """The Dockerfile in a file. Raises InputError."""
    name = escape(os.fsencode(path))
    try:
        with Path(path).open("rb") as file:
            return _dockerfile(file.read(_MAX_DOCKERFILE + 1), name)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{name} cannot be read: {why}", "Give the path of a Dockerfile.") from error


def waiting_dockerfile() -> Dockerfile | None:
    """The Dockerfile that standard input is, left there for who reads it; None where that would take it away.

    Raises InputError where it is something else.
    """
    if not stat.S_ISREG(os.fstat(0).st_mode):
        return None
    return _dockerfile(os.pread(0, _MAX_DOCKERFILE + 1, os.lseek(0, 0, os.SEEK_CUR)), "standard input")


def _dockerfile(text: bytes, name: str) -> Dockerfile:
    from layerview.image import Dockerfile

    if len(text) > _MAX_DOCKERFILE or b"\0" in text:
        raise InputError(f"{name} is no Dockerfile", "Give the path of the one that the image was built by.")
    return Dockerfile.parse(text.decode(errors="surrogateescape"), name)


def explored(source: Source, options: argparse.Namespace) -> Findings:
    """Explore to the end. Raises LayerviewError."""
    exploration = exploration_of(source, options)
    exploration.run()
    return findings_from(exploration, options)


def findings_from(exploration: Exploration, options: argparse.Namespace) -> Findings:
    """What an exploration has found that has come to its end."""
    from layerview.reports import Findings

    assert exploration.image and exploration.stack and exploration.account, "an exploration that ends has them"
    if options.verbose:
        for notice in exploration.notices:
            print(f"layerview: {escape(notice)}", file=sys.stderr)
    return Findings(exploration.image, exploration.stack, exploration.account, exploration.failures)


def tell_warnings(image: Image, options: argparse.Namespace) -> None:
    """Say on standard error what is odd about the image, if that or the lines of its Dockerfile are asked for."""
    if options.verbose or getattr(options, "dockerfile", None):
        for warning in image.warnings:
            print(f"layerview: {escape(warning)}", file=sys.stderr)


def tell_failures(findings: Findings, options: argparse.Namespace, of: str = "") -> int:
    """Say on standard error what the output is without; the exit status. ``of`` names the image where there are two."""
    image = f" of {escape(of)}" if of else ""
    flush()
    tell_warnings(findings.image, options)
    if options.verbose:
        for layer in range(1, findings.stack.layers + 1):
            for odd in findings.stack.warnings(layer):
                print(f"layerview: layer {layer}{image}: {escape(odd.path)}: {escape(odd.text)}", file=sys.stderr)
    for layer, error in sorted(findings.failures.items()):
        print(f"layerview: without layer {layer}{image}: {escape(error.message)}", file=sys.stderr)
    for hint in {error.hint: None for error in findings.failures.values() if error.hint}:
        print(escape(hint), file=sys.stderr)
    return max((error.exit_status for error in findings.failures.values()), default=0)
