"""From what is asked for to the image that is meant, and to all that can be found out about it."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from layerview.cli.command import Parser
from layerview.cli.pulling import pull_first
from layerview.errors import InputError, UsageError
from layerview.process import garbage
from layerview.text import escape

if TYPE_CHECKING:
    from layerview.cli.request import Request
    from layerview.exploration import Amend, Exploration, ExplorationEvent
    from layerview.exploration.pair import ImagePair
    from layerview.image import Dockerfile, Image
    from layerview.layers import Cache
    from layerview.reports import ExploredImage
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


def source_of(request: Request, *, last_resort: bool = True) -> Source:
    """The place of the image that is asked for, pulled before if that is wanted. Raises LayerviewError.

    ``last_resort`` tells whether it may be a registry that nobody has named a scheme for.
    """
    from layerview.sources import open_source

    if request.pull:
        request = pull_first(request)
    return open_source(
        request.reference,
        source=request.source,
        platform=request.platform,
        records=request.records,
        last_resort=last_resort,
    )


def cache_of(request: Request) -> Cache | None:
    """The cache in the platform's folder for such, unless it is not wanted, or nothing tells where that is."""
    if not request.cache:
        return None
    import platformdirs

    from layerview.layers import Cache

    try:
        folder = platformdirs.user_cache_path("layerview", appauthor=False)
    except RuntimeError:  # without HOME, for a user that the system does not know
        return None
    return Cache(folder) if folder.is_absolute() else None


def explored_of(request: Request) -> ExploredImage:
    """All that can be found out about the image that is asked for. Raises LayerviewError."""
    garbage.put_off()  # the command ends soon, where one that looks at many images does not
    return explored_from(source_of(request), request)


def exploration_of(source: Source, request: Request, alternatives: Sequence[Alternative] = ()) -> Exploration:
    """Of this source, with the cache and the limits that are asked for; ``alternatives`` as Exploration has it."""
    from layerview.exploration import Exploration
    from layerview.layers import MAX_SIZE

    amendment = amendment_of(request)
    found = Exploration(source, cache_of(request), request.max_size or MAX_SIZE, alternatives, amendment)
    if request.verbose:
        found.listen = _tell_notices
    return found


def pair_of(request: Request, other: str) -> ImagePair:
    """The image that is asked for, to be compared with the ``other``. Raises LayerviewError."""
    from layerview.exploration.pair import ImagePair
    from layerview.sources import is_piped

    names = request.reference, other
    if all(is_piped(name, request.source) for name in names):
        raise UsageError("both images are to come from standard input", "Save one to a file first.")
    # Of a tag that has several platforms, two may be compared with each other.
    platforms = (request.platform or "").split(",")
    if len(platforms) > 2:
        raise UsageError(f"two images are of two platforms at most, not {len(platforms)}", "Give --platform A,B.")
    explorations = []
    for name, platform in zip(names, (platforms[0], platforms[-1]), strict=True):
        each = replace(request, reference=name, platform=platform or None)
        explorations.append(exploration_of(source_of(each), each))
    return ImagePair(explorations[0], explorations[1], names)


def amendment_of(request: Request) -> Amend | None:
    """What adds to an image what the command line tells of it: the lines of its Dockerfile, and what it is called."""
    recipe, name = request.recipe, request.name
    if recipe is None and not name:
        return None

    def amend(image: Image) -> Image:
        from layerview.image import located

        image = image if recipe is None else located(image, recipe.dockerfile, recipe.target, recipe.arguments)
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


def explored_from(source: Source, request: Request) -> ExploredImage:
    """Explore to the end. Raises LayerviewError."""
    exploration = exploration_of(source, request)
    exploration.run()
    return result_of(exploration)


def _tell_notices(event: ExplorationEvent) -> None:
    """Say on standard error what makes no difference to the image, when it comes: for what takes longer a reader waits."""
    from layerview.exploration import Noticed

    if isinstance(event, Noticed):
        for line in event.lines:
            print(f"layerview: {escape(line)}", file=sys.stderr)


def result_of(exploration: Exploration) -> ExploredImage:
    """What an exploration has found that has come to its end."""
    from layerview.reports import ExploredImage

    assert exploration.image and exploration.stack and exploration.account, "an exploration that ends has them"
    return ExploredImage(exploration.image, exploration.stack, exploration.account, exploration.failures)


def tell_warnings(image: Image, request: Request) -> None:
    """Say on standard error what is odd about the image, if that or the lines of its Dockerfile are asked for."""
    if request.verbose or request.recipe is not None:
        for warning in image.warnings:
            print(f"layerview: {escape(warning)}", file=sys.stderr)


def tell_failures(explored: ExploredImage, request: Request, of: str = "") -> int:
    """Say on standard error what the output is without; the exit status. ``of`` names the image where there are two."""
    image = f" of {escape(of)}" if of else ""
    tell_warnings(explored.image, request)
    if request.verbose:
        for layer in range(1, explored.stack.layers + 1):
            for odd in explored.stack.warnings(layer):
                where = f"layer {layer}{image}: {escape(odd.path)}".removesuffix(": ")  # of the layer itself no path
                print(f"layerview: {where}: {escape(odd.text)}", file=sys.stderr)
    for layer, error in sorted(explored.failures.items()):
        print(f"layerview: without layer {layer}{image}: {escape(error.message)}", file=sys.stderr)
    for hint in {error.hint: None for error in explored.failures.values() if error.hint}:
        print(escape(hint), file=sys.stderr)
    return max((error.exit_status for error in explored.failures.values()), default=0)
