"""What was probably meant by the name of an image that no engine has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from queue import Empty, SimpleQueue
from time import monotonic

from msgspec.structs import replace

from layerview.cli.words import nearest
from layerview.errors import LayerviewError, UsageError
from layerview.image import ListedImage, Reference

_PATIENCE = 0.5
"""Seconds that engines have to list their images; nobody waits longer for advice."""


def advise(error: LayerviewError, source: str | None) -> None:
    """Have the hint of an error, which tells that an image is nowhere, name the one that was probably meant.

    ``source`` is the place that an option tells, so that the name need not.
    """
    if meant := image_like(error.image).removeprefix(f"{source}:"):
        error.hint = f"Did you mean {meant}? {error.hint}".rstrip()


def image_like(name: str) -> str:
    """The image at hand that the name may have been meant for, as it is opened; empty where there is none.

    ``name`` may begin with the scheme of an engine, which is asked alone then. An engine that is slow is not waited for.
    """
    from layerview.sources.opening import ENGINES, place_and_name

    try:
        engine, word = place_and_name(name)
        wanted = Reference.parse(word)
    except LayerviewError:
        return ""
    if engine not in ("", *ENGINES):
        return ""
    found = _meant(wanted, _images(engine))
    return f"{engine}:{found.familiar}" if engine and found else found.familiar if found else ""


def _images(engine: str) -> list[ListedImage]:
    """Those that the engines tell of at once, or this one does."""
    from layerview.inquiry import Failed, Inquiry, InquiryEvent, Listed
    from layerview.sources.listing import engines

    inquiry = Inquiry([each for each in engines() if engine in ("", each.name)])
    told: SimpleQueue[InquiryEvent] = SimpleQueue()
    inquiry.ask(inquiry.names, told.put, {})
    images: list[ListedImage] = []
    waiting, deadline = set(inquiry.names), monotonic() + _PATIENCE
    while waiting and (left := deadline - monotonic()) > 0:
        try:
            event = told.get(timeout=left)
        except Empty:
            break
        if isinstance(event, Listed):
            images += event.images
        if isinstance(event, Listed | Failed):
            waiting.discard(event.engine)
    inquiry.end()
    return images


def _meant(wanted: Reference, images: Sequence[ListedImage]) -> Reference | None:
    """The nearest name: another tag of the repository, else of one that ends so or is spelt nearly so."""
    there: dict[str, dict[str, Reference]] = {}
    for image in sorted(images, key=lambda image: -(image.created.timestamp() if image.created else 0)):
        for name in image.names:
            if (reference := _reference(name)) is not None and reference.tag:
                there.setdefault(_repository(reference), {}).setdefault(reference.tag, reference)
    repository = _nearest_repository(_repository(wanted), there)
    if repository is None:
        return None
    tags = there[repository]
    # The newest image comes first; of two that have one time the engine's order holds.
    return tags[wanted.tag if wanted.tag in tags else nearest(wanted.tag, tags) or next(iter(tags))]


def _nearest_repository(wanted: str, there: Mapping[str, object]) -> str | None:
    if wanted in there:
        return wanted
    ending = [each for each in there if each.endswith(f"/{wanted}")]
    return ending[0] if ending else nearest(wanted, there.keys())


def _repository(reference: Reference) -> str:
    return replace(reference, tag="", digest="").familiar


def _reference(name: str) -> Reference | None:
    try:
        return Reference.parse(name)
    except UsageError:
        return None
