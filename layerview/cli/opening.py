"""From the options to the image that they mean, and to all that can be found out about it."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from layerview.errors import InputError
from layerview.text import escape

if TYPE_CHECKING:
    from layerview.exploration import Amend, Exploration
    from layerview.image import Dockerfile
    from layerview.layers import Cache
    from layerview.reports import Findings
    from layerview.sources import Source

_MAX_DOCKERFILE = 1 << 20
"""Bytes of a Dockerfile; BuildKit takes as many."""


def source_of(options: argparse.Namespace) -> Source:
    """The place of the image that is asked for. Raises LayerviewError."""
    from layerview.sources import open_source

    records = False if options.export else True if options.records else None
    return open_source(options.image, source=options.source, platform=options.platform, records=records)


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
    return explored(source_of(options), options)


def exploration_of(source: Source, options: argparse.Namespace) -> Exploration:
    """Of this source, with the cache and the limits that are asked for."""
    from layerview.exploration import Exploration
    from layerview.layers import MAX_SIZE

    return Exploration(source, cache_of(options), options.max_size or MAX_SIZE, amendment_of(options))


def amendment_of(options: argparse.Namespace) -> Amend | None:
    """What adds to an image the lines of the Dockerfile that is asked for, if one is. Raises InputError."""
    path: Path | None = getattr(options, "dockerfile", None)
    if path is None:
        return None
    from layerview.image import located

    return partial(located, dockerfile=read_dockerfile(path))


def read_dockerfile(path: Path) -> Dockerfile:
    """The Dockerfile in a file. Raises InputError."""
    from layerview.image import Dockerfile

    name = escape(os.fsencode(path))
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_DOCKERFILE + 1)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}", "Give the path of a Dockerfile.") from error
    if len(text) > _MAX_DOCKERFILE or b"\0" in text:
        raise InputError(f"{name} is no Dockerfile", "Give the path of the one that the image was built by.")
    return Dockerfile.parse(text.decode(errors="surrogateescape"), name)


def explored(source: Source, options: argparse.Namespace) -> Findings:
    """Explore to the end. Raises LayerviewError."""
    from layerview.reports import Findings

    exploration = exploration_of(source, options)
    exploration.run()
    assert exploration.image and exploration.stack and exploration.account, "an exploration that ends has them"
    if options.verbose:
        for notice in exploration.notices:
            print(f"layerview: {escape(notice)}", file=sys.stderr)
    return Findings(exploration.image, exploration.stack, exploration.account, exploration.failures)


def tell_failures(findings: Findings, options: argparse.Namespace) -> int:
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
