"""``layerview shared``: say which layers and bytes images share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from layerview.cli.command import Asked, Command, Parser, Word, refuse_pull
from layerview.cli.opening import explored_from, source_of
from layerview.cli.streams import complain, output_width, print_lines
from layerview.errors import LayerviewError, ServiceError

if TYPE_CHECKING:
    from layerview.cli.request import Request
    from layerview.image import Image, Layer, ListedImage
    from layerview.reports.shared import AtHand


class Shared(Asked, frozen=True):
    """Which images are to be compared; all where none is named."""

    images: Sequence[str]
    json: bool


def _options(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _shared(asked: Shared) -> int:
    from layerview.reports import shared

    status = 0
    if asked.images:
        images, errors = _named(asked)
        status = max((error.exit_status for error in errors), default=0)
    else:
        refuse_pull(asked.request)
        images, errors = _listed(asked.request)
    for error in errors:
        complain(error, verbose=False)
    if asked.json:
        print_lines([shared.json(images, errors)])
    else:
        print_lines(shared.text(images, output_width()) if images else [_none(errors)])
    return status


def _none(errors: Sequence[LayerviewError]) -> str:
    """What is said where there is nothing to be shown."""
    return "There are no images where it could be asked." if errors else "There are no images."


def _named(asked: Shared) -> tuple[list[AtHand], list[LayerviewError]]:
    """These images, each once, and which of their layers cannot be read; what two names of one place lead to is one image.

    Raises LayerviewError where an image cannot be read at all.
    """
    from layerview.analysis.sharing import Holding
    from layerview.image import ListedLayer, Platform, moment
    from layerview.reports.shared import AtHand

    found: dict[tuple[str, str], AtHand] = {}
    errors: list[LayerviewError] = []
    for name in asked.images:
        image, layers, failures = _described(replace(asked.request, reference=name))
        for number, error in sorted(failures.items()):
            errors.append(type(error)(f"{name}: layer {number} cannot be read: {error.message}", error.hint))
        holding = Holding(image.source, image.id, tuple(ListedLayer(each.diff_id, each.size) for each in layers))
        platform = image.platform if image.platform != Platform() else None
        one = AtHand(name, (name,), platform, moment(image.config.created), holding)
        before = found.setdefault((holding.place, holding.id), one)
        names = tuple(dict.fromkeys((*before.names, name)))
        found[holding.place, holding.id] = replace(before, names=names)
    return list(found.values()), errors


def _described(request: Request) -> tuple[Image, Sequence[Layer], Mapping[int, LayerviewError]]:
    """The image that the request means, its layers with the bytes that they take where the image is, if that is told, and
    those, by number, that cannot be read, as far as they have to be."""
    source = source_of(request)
    try:
        image = source.describe()
        if image is not None:
            layers = [replace(each, size=each.stored_size if each.size is None else each.size) for each in image.layers]
            return image, layers, {each.number: each.fault for each in layers if each.fault}
        explored = explored_from(source, request)
    finally:
        source.close()
    stack = explored.stack
    sizes = {number: None if number in stack.missing else stack.stored(number) for number in range(1, stack.layers + 1)}
    return explored.image, [replace(each, size=sizes[each.number]) for each in explored.image.layers], explored.failures


def _listed(request: Request) -> tuple[list[AtHand], list[LayerviewError]]:
    """All images of all engines, and what went wrong. Raises LayerviewError where none answers."""
    from layerview.image import Platform
    from layerview.inquiry import Detailed, Failed, Inquiry, Listed
    from layerview.reports.shared import AtHand
    from layerview.sources.listing import engines

    wanted = Platform.parse(request.platform) if request.platform else None
    inquiry = Inquiry([engine for engine in engines() if request.source in (None, engine.name)])
    if not inquiry.names:
        raise ServiceError(
            f"There is no {request.source or 'engine'} here whose images could be listed",
            "Start one, or name the images: layerview shared IMAGE IMAGE.",
        )
    images: dict[str, list[ListedImage]] = {}
    errors: dict[str, LayerviewError] = {}
    for event in inquiry.answers():
        match event:
            case Listed(engine):
                images[engine] = []
            case Detailed(engine, found):
                images[engine] += found
            case Failed(engine, error):
                errors[engine] = error
    told = [errors[name] for name in inquiry.names if name in errors]
    if told and not any(images.values()):
        raise _all_failed(told)
    there = [image for name in inquiry.names for image in _in_order(images.get(name, ()))]
    suiting = [image for image in there if not wanted or (image.platform and image.platform.suits(wanted))]
    return list(map(AtHand.of, suiting)), told


def _in_order(images: Iterable[ListedImage]) -> list[ListedImage]:
    """The newest first. Engines list images of one moment in another order each time."""
    return sorted(
        images, key=lambda image: (-(image.created.timestamp() if image.created else 0), image.names, image.id)
    )


def _all_failed(errors: Sequence[LayerviewError]) -> LayerviewError:
    if len(errors) == 1:
        return errors[0]
    said = "; ".join(error.message for error in errors)
    return ServiceError(
        f"No engine has listed its images: {said}", "Start one, or name the images: layerview shared IMAGE IMAGE."
    )


COMMAND = Command(
    "shared [IMAGE...] [--json]",
    "say which layers and bytes images share",
    Shared,
    _shared,
    (
        "layerview shared app:1 app:2",
        "layerview shared app:1 app:2 --json",
    ),
    (Word("images", "IMAGE", "*", "only these (default: all images of all engines)"),),
    _options,
)
