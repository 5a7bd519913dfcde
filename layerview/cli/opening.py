"""From the options to the image that they mean, and to all that can be found out about it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerview.cli.pulling import pull_first
from layerview.errors import UsageError
from layerview.text import escape

if TYPE_CHECKING:
    from layerview.exploration import Exploration
    from layerview.layers import Cache
    from layerview.pair import ImagePair
    from layerview.reports import Findings
    from layerview.sources import Alternative, Source


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
    return explored(source_of(options), options)


def exploration_of(
    source: Source, options: argparse.Namespace, alternatives: Sequence[Alternative] = ()
) -> Exploration:
    """Of this source, with the cache and the limits that are asked for; ``alternatives`` as Exploration has it."""
    from layerview.exploration import Exploration
    from layerview.layers import MAX_SIZE

    return Exploration(source, cache_of(options), options.max_size or MAX_SIZE, alternatives)


def pair_of(options: argparse.Namespace) -> ImagePair:
    """The two images that are asked for, to be compared. Raises LayerviewError."""
    from layerview.pair import ImagePair
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


def tell_failures(findings: Findings, options: argparse.Namespace, of: str = "") -> int:
    """Say on standard error what the output is without; the exit status. ``of`` names the image where there are two."""
    image = f" of {escape(of)}" if of else ""
    sys.stdout.flush()
    if options.verbose:
        for warning in findings.image.warnings:
            print(f"layerview: {escape(warning)}", file=sys.stderr)
        for layer in range(1, findings.stack.layers + 1):
            for odd in findings.stack.warnings(layer):
                print(f"layerview: layer {layer}{image}: {escape(odd.path)}: {escape(odd.text)}", file=sys.stderr)
    for layer, error in sorted(findings.failures.items()):
        print(f"layerview: without layer {layer}{image}: {escape(error.message)}", file=sys.stderr)
    for hint in {error.hint: None for error in findings.failures.values() if error.hint}:
        print(escape(hint), file=sys.stderr)
    return max((error.exit_status for error in findings.failures.values()), default=0)
