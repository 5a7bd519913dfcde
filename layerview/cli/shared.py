"""``layerview shared``: say which layers and bytes images share."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from layerview.cli.command import Command, Parser, refuse_pull
from layerview.cli.opening import explored, source_of
from layerview.cli.streams import complain, print_lines
from layerview.errors import LayerviewError, ServiceError

if TYPE_CHECKING:
    from layerview.image import Image, Layer
    from layerview.reports.shared import AtHand

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE = 8
"""Questions. An engine takes some milliseconds for each, of which most are spent waiting."""


def _shared_options(parser: Parser) -> None:
    parser.add_argument("images", metavar="IMAGE", nargs="*", help="only these (default: all images of all engines)")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _shared(options: argparse.Namespace) -> int:
    from layerview.reports import shared

    errors: Sequence[LayerviewError] = ()
    if options.images:
        images = _named(options)
    else:
        refuse_pull(options)
        images, errors = _listed(options)
    if options.json:
        print_lines([shared.json(images, errors)])
    else:
        print_lines(shared.text(images, shutil.get_terminal_size().columns) if images else ["There are no images."])
    for error in errors:
        complain(error, verbose=False)
    return 0


def _named(options: argparse.Namespace) -> list[AtHand]:
    """These images, each once; what two names of one place lead to is one image. Raises LayerviewError."""
    from layerview.analysis.sharing import Holding
    from layerview.image import ListedLayer, moment
    from layerview.reports.shared import AtHand

    found: dict[tuple[str, str], AtHand] = {}
    for name in options.images:
        image, layers = _described(argparse.Namespace(**{**vars(options), "image": name}))
        holding = Holding(image.source, image.id, tuple(ListedLayer(each.diff_id, each.size) for each in layers))
        one = AtHand(name, (name,), image.platform, moment(image.config.created), holding)
        before = found.setdefault((holding.place, holding.id), one)
        names = tuple(dict.fromkeys((*before.names, name)))
        found[holding.place, holding.id] = replace(before, names=names)
    return list(found.values())


def _described(options: argparse.Namespace) -> tuple[Image, Sequence[Layer]]:
    """The image that the options mean, and its layers with the bytes that they take where the image is, if that is told."""
    source = source_of(options)
    try:
        image = source.describe()
        if image is not None:
            return image, [
                replace(each, size=each.stored_size if each.size is None else each.size) for each in image.layers
            ]
        findings = explored(source, options)
    finally:
        source.close()
    stack = findings.stack
    sizes = {number: None if number in stack.missing else stack.stored(number) for number in range(1, stack.layers + 1)}
    return findings.image, [replace(each, size=sizes[each.number]) for each in findings.image.layers]


def _listed(options: argparse.Namespace) -> tuple[list[AtHand], list[LayerviewError]]:
    """All images of all engines, and what went wrong. Raises LayerviewError where none answers."""
    from layerview.image import Platform
    from layerview.reports.shared import AtHand
    from layerview.sources.listing import engines

    wanted = Platform.parse(options.platform) if options.platform else None
    asked = [engine for engine in engines() if options.source in (None, engine.name)]
    if not asked:
        raise ServiceError(
            f"There is no {options.source or 'engine'} here whose images could be listed",
            "Start one, or name the images: layerview shared IMAGE IMAGE.",
        )
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers, errors = _sorted(pool.map(_caught(lambda engine: (engine, engine.images())), asked))
        if not answers:
            raise _all_failed(errors)
        todo = [(engine, image) for engine, images in answers for image in images]
        found, failed = _sorted(pool.map(_caught(lambda pair: pair[0].with_layers(pair[1])), todo))
    images = [AtHand.of(image) for image in found if not wanted or (image.platform and image.platform.suits(wanted))]
    return images, [*errors, *failed]


def _caught(ask: Callable[[T], R]) -> Callable[[T], R | LayerviewError]:
    """The same, which returns what it raised."""

    def asked(of: T) -> R | LayerviewError:
        try:
            return ask(of)
        except LayerviewError as error:
            return error

    return asked


def _sorted(answers: Iterable[R | LayerviewError]) -> tuple[list[R], list[LayerviewError]]:
    found: list[R] = []
    errors: list[LayerviewError] = []
    for answer in answers:
        if isinstance(answer, LayerviewError):
            errors.append(answer)
        else:
            found.append(answer)
    return found, errors


def _all_failed(errors: Sequence[LayerviewError]) -> LayerviewError:
    if len(errors) == 1:
        return errors[0]
    said = "; ".join(error.message for error in errors)
    return ServiceError(
        f"No engine has listed its images: {said}", "Start one, or name the images: layerview shared IMAGE IMAGE."
    )


SHARED = Command("shared [IMAGE...] [--json]", "say which layers and bytes images share", _shared_options, _shared)
