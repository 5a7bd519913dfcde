"""Images in registries, without any engine: their layers are indexed while they are sent, and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial

import msgspec
from msgspec.structs import replace

from layerview.errors import AmbiguousError, LayerviewError, NotAnImageError, NotFoundError
from layerview.image import (
    IMAGE_MANIFEST,
    Config,
    Descriptor,
    Image,
    Index,
    IndexedImage,
    Platform,
    Reference,
    digest_of,
    manifests,
    parse,
    parse_index,
    parse_manifest,
)
from layerview.layers import LayerIndex, index_stream
from layerview.sources.archives.candidate import image_of
from layerview.sources.asking import first_that_has
from layerview.sources.protocol import Alternative, Found, Reading
from layerview.sources.registry.chunked import Record
from layerview.sources.registry.client import Repository
from layerview.sources.registry.places import Place, places
from layerview.sources.registry.stargz import Members, Table

_ASKING = 500_000
"""To ask a registry for a layer takes as long as to index so many bytes of it."""


class RegistryImage:
    """An image on the registry that its name tells, or on a mirror of it."""

    def __init__(self, name: str, platform: Platform | None = None, digest: str = "") -> None:
        """``name`` is a reference; ``digest`` that of one of the manifests it leads to. Raises UsageError."""
        self._reference, self._platform = Reference.parse(name), platform
        self._digest = digest or self._reference.digest
        self._top: tuple[Repository, bytes] | None = None
        """Where the name was found at last, and the manifest or index that it stands for there."""

    def describe(self) -> Image:
        """What its manifest and its config tell. Raises LayerviewError."""
        return self._found.image

    def jobs(self) -> Sequence[BlobJob]:
        """A job for each blob; layers may share one."""
        shared: dict[tuple[str, str], list[int]] = {}
        for layer in self._found.image.layers:
            if not layer.unavailable:
                shared.setdefault((layer.digest, layer.diff_id), []).append(layer.number)
        return [
            BlobJob(tuple(numbers), self._found.repository, self._found.blobs[numbers[0] - 1], diff_id)
            for (_, diff_id), numbers in shared.items()
        ]

    def cache_key(self, layer: int) -> str:
        """The diffID, where the whole layer is read, and verified; else a digest of what is, and of its blob's."""
        brief = _brief(self._found.blobs[layer - 1])
        return brief.cache_key if brief is not None else self._found.image.layers[layer - 1].diff_id

    def contents(self, layer: int) -> Members | None:
        """Of a layer that is indexed without them; of others nothing is kept to be sought."""
        blob = self._found.blobs[layer - 1]
        return Members(self._found.repository, blob) if isinstance(_brief(blob), Table) else None

    def close(self) -> None:
        """Nothing: connections end with their processes."""

    def alternatives(self) -> Sequence[Alternative]:
        """The images in the index that the name stands for, of which no manifest is asked for. Raises LayerviewError."""
        if self._top is None:
            return ()
        repository, top = self._top

        def load(descriptor: Descriptor) -> bytes:
            return repository.manifest(descriptor.digest, descriptor.digest)

        listed = {descriptor.digest: descriptor for _, descriptor in manifests(parse_index(top), load)}
        chosen = vars(self).get("_found")
        return [
            Alternative(
                partial(RegistryImage, self._reference.familiar, digest=digest),
                (self._reference.familiar,),
                descriptor.platform,
                digest,
                meant=chosen is None or chosen.digest == digest,
            )
            for digest, descriptor in listed.items()
        ]

    @cached_property
    def _found(self) -> _Found:
        return first_that_has(self._reference.familiar, places(self._reference), self._ask)

    def _ask(self, place: Place) -> _Found:
        reference, name = self._reference, self._reference.familiar
        repository = Repository(place)
        top = repository.manifest(self._digest or reference.tag, self._digest)
        self._top = repository, top
        listed, raw, config = _chosen(repository, name, top, self._platform)
        layers = listed.manifest.layers
        digests = (replace(reference, tag="", digest=listed.descriptor.digest).familiar,)
        sizes = [layer.size for layer in layers]
        image = image_of(digest_of(raw), config, layers, sizes, (name,), digests)
        return _Found(
            replace(image, source=f"Registry {repository.domain}"), layers, repository, listed.descriptor.digest
        )


class _Found(msgspec.Struct, frozen=True):
    """An image on a registry."""

    image: Image
    blobs: Sequence[Descriptor]
    repository: Repository
    digest: str
    """Of its manifest."""


def _chosen(
    repository: Repository, name: str, top: bytes, wanted: Platform | None
) -> tuple[IndexedImage, bytes, Config]:
    """The image for a platform that ``top`` is the manifest of, or an index with its manifest; and its config.

    No more is asked for than is needed: a manifest counts as a pull where pulls are limited. None of several is taken that
    serve alike, be they for one platform or for variants of it (statements 39, 49), save that an image may be there twice, in
    two compressions. Raises LayerviewError.
    """
    if _is_ancient(top):
        raise NotAnImageError(f"{name} is of a form from before 2016", "Push it again with a current tool.")
    index = parse_index(top)
    itself = Descriptor(digest_of(top), IMAGE_MANIFEST)
    others: dict[str, Platform] = {}
    found: dict[str, tuple[IndexedImage, bytes, Config]] = {}
    """By the ID of the image, those that serve best."""
    served = 0

    def fit(descriptor: Descriptor) -> int:
        platform = descriptor.platform
        return 1 if platform is None else platform.fit(wanted or Platform.host())

    def load(descriptor: Descriptor) -> bytes | None:
        if descriptor is itself:
            return top
        return repository.manifest(descriptor.digest, descriptor.digest) if fit(descriptor) else None

    listed = [each for _, each in manifests(index if index.manifests else Index((itself,)), load)]
    best = max(map(fit, listed), default=0)
    equal = [each.platform for each in listed if each.platform is not None and fit(each) == best > 0]
    if len(variants := dict.fromkeys(str(each.normalised) for each in equal)) > 1:
        raise _ambiguous(name, list(variants))
    for descriptor in sorted(listed, key=fit, reverse=True):
        if fit(descriptor) < served:
            break
        if (data := load(descriptor)) is None:
            if descriptor.platform is not None:
                others.setdefault(str(descriptor.platform.normalised), descriptor.platform)
        elif (manifest := parse_manifest(data)).is_image:
            image = IndexedImage("", descriptor, manifest)
            raw = repository.config(manifest.config.digest)
            try:
                config = image.config(raw)
            except NotAnImageError:  # which its type did not tell
                continue
            if wanted is None or config.platform.suits(wanted):
                found.setdefault(manifest.config.digest, (image, raw, config))
                served = fit(descriptor)
            else:
                others.setdefault(str(config.platform), config.platform)
    if len(found) > 1:
        ways = " or ".join(f"{name}@{image.descriptor.digest}" for image, _, _ in found.values())
        raise AmbiguousError(f"{name} has {len(found)} images for one platform", f"Choose by {ways}.")
    if found:
        return next(iter(found.values()))
    if not others:
        raise NotAnImageError(
            f"{name} is no image", "It may be a chart, a signature, or something else for other tools."
        )
    if wanted is not None:
        raise _no_such_platform(name, wanted, tuple(others))
    if len(others) == 1:
        return _chosen(repository, name, top, *others.values())
    raise _ambiguous(name, list(others), ", none of them this machine's")


def _ambiguous(name: str, platforms: Sequence[str], why: str = "") -> AmbiguousError:
    ways = " or ".join(f"--platform {platform}" for platform in platforms)
    return AmbiguousError(f"{name} has images for {len(platforms)} platforms{why}", f"Choose by {ways}.")


def _is_ancient(top: bytes) -> bool:
    return parse(top, _Version, "The image manifest").schema_version == 1


def _no_such_platform(name: str, wanted: Platform, others: Sequence[str]) -> NotFoundError:
    return NotFoundError(f"{name} has no image for {wanted}", f"It has {', '.join(others)}.")


class _Version(msgspec.Struct, rename="camel"):
    schema_version: int = 2


def _brief(blob: Descriptor) -> Record | Table | None:
    """What a layer's blob has that tells its index in a small part of the bytes."""
    return Record.of(blob) or Table.of(blob)


class BlobJob(msgspec.Struct, frozen=True):
    """Indexes a blob while the registry sends it."""

    layers: tuple[int, ...]
    repository: Repository
    blob: Descriptor
    diff_id: str

    @property
    def cost(self) -> int:
        """Bytes of the blob, or what comes to that, and the asking."""
        brief = _brief(self.blob)
        return (self.blob.size if brief is None else min(self.blob.size, brief.cost)) + _ASKING

    def run(self, reading: Reading) -> Iterator[Found]:
        """Index; all faults are the layer's."""

        def advance(done: int) -> None:
            for number in self.layers:
                reading.progress(number, done, self.blob.size)

        result: LayerIndex | LayerviewError
        try:
            brief = _brief(self.blob)
            found = None if brief is None else brief.index(self.repository)
            result = self._sent(advance, reading) if found is None else found
        except NotFoundError as error:
            result = NotFoundError(f"the layer is {self.blob.absence}: {error.message}", error.hint)
        except LayerviewError as error:
            result = error
        if isinstance(result, LayerIndex):
            advance(self.blob.size)  # small layers have told of no step before
        yield from ((number, result) for number in self.layers)

    def _sent(self, advance: Callable[[int], None], reading: Reading) -> LayerIndex:
        """The index of all that is sent."""
        # Of a blob that is not compressed the two are the same.
        diff_id = "" if self.diff_id == self.blob.digest else self.diff_id
        with self.repository.blob(self.blob.digest, self.blob.size) as read:
            return index_stream(
                read, advance, diff_id=diff_id, digest=self.blob.digest, max_size=reading.max_size, show=reading.show
            )
