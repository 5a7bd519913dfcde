"""Which images there are in an archive or a layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain

import msgspec
from msgspec.structs import replace

from layerview.errors import DamagedError, NotAnImageError, UsageError
from layerview.image import (
    IMAGE_MANIFEST,
    Config,
    Descriptor,
    Image,
    Index,
    IndexedImage,
    Layer,
    Platform,
    Reference,
    digest_of,
    manifests,
    parse,
    parse_config,
    parse_index,
    parse_manifest,
    verify,
)
from layerview.sources.archives.ancient import repositories
from layerview.sources.archives.candidate import Candidate, Candidates, Lacking, candidate_of, merged
from layerview.sources.archives.members import Members, not_an_image

_MAX_NAMES = 5_000
"""Images of an archive, and names of them. Some have hundreds."""

_MAX_READ = 1 << 27
"""Bytes of all manifests and configs that are looked at, each as often as something leads to it."""

_NAMED_BY_DIGEST = re.compile(r"(?:.*/)?(?:sha256:)?([0-9a-f]{64})(?:\.json)?")

MANIFESTS = ("manifest.json", "index.json", "repositories")
"""What tells of the images in an archive."""

_PART_OF_IMAGE = re.compile(r"oci-layout|blobs/.+|[^/]+/layer\.tar")
"""Other files that an archive of images has, and a root filesystem has not."""


def bare_layer(members: Members, what: str) -> Candidate:
    """The image of one layer that an archive without any image is: a layer's tar, or that of a root filesystem.

    Raises NotAnImageError, DamagedError.
    """
    size, paths = members.size(None), frozenset(members.paths())
    if size is None or not paths.isdisjoint(MANIFESTS):
        raise not_an_image(what)
    if any(map(_PART_OF_IMAGE.fullmatch, paths)):
        raise DamagedError(f"{what} has parts of an image, but neither manifest.json nor index.json to tell of it")
    image = Image("", "", Platform(), Config(), (Layer(1, "", None, stored_size=size),))
    return Candidate((), image, (None,))


def candidates(members: Members) -> Candidates:
    """All images in an archive or a layout. Raises DamagedError."""
    members = _Metered(members)
    found: dict[str, Candidate] = {}
    lacking: list[Lacking] = []
    count = 0
    for each in chain(_docker_archive(members), _oci_layout(members), _image_folder(members)):
        count += 1 + len(each.names)
        if count > _MAX_NAMES:
            raise DamagedError(f"The manifests name more than {_MAX_NAMES:,} images")
        if isinstance(each, Lacking):
            lacking.append(each)
        else:
            key = each.image.id
            found[key] = merged(found[key], each) if key in found else each
    # What Docker wrote before 1.10, and later versions still write beside it, for those.
    return Candidates(tuple(found.values()) or tuple(repositories(members)), tuple(lacking))


class _Metered:
    """Members of which no more is read than a reader's patience allows."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._read = 0
        self.size, self.paths = members.size, members.paths

    def read(self, path: str) -> bytes | None:
        """As the members do. Raises DamagedError where it gets too much."""
        data = self._members.read(path)
        self._read += len(data or b"")
        if self._read > _MAX_READ:
            raise DamagedError("The image's manifests and configs are more than there can be need of")
        return data


class _Saved(msgspec.Struct, rename="pascal"):
    """One image in the ``manifest.json`` of a Docker archive."""

    config: str = ""
    repo_tags: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    layer_sources: dict[str, Descriptor] = {}


def _docker_archive(members: Members) -> Iterator[Candidate | Lacking]:
    """What ``manifest.json`` lists (statement 37). Files of this name that others write name no config."""
    data = members.read("manifest.json")
    if data is None or _is_object(data):
        return
    for saved in parse(data, tuple[_Saved, ...], "manifest.json"):
        if not saved.config:
            continue
        raw = members.read(saved.config)
        if raw is None:
            yield Lacking(saved.repo_tags, f"the image's config, {saved.config}")
            continue
        if digest := _NAMED_BY_DIGEST.fullmatch(saved.config):
            verify(raw, f"sha256:{digest[1]}", "The image's config")
        config = parse_config(raw)
        sources = [saved.layer_sources.get(diff_id) for diff_id in config.diff_ids]
        yield candidate_of(members, digest_of(raw), config, saved.layers, sources, saved.repo_tags, ())


def _oci_layout(members: Members) -> Iterator[Candidate | Lacking]:
    """What ``index.json`` leads to (statements 38, 39)."""
    data = members.read("index.json")
    if data is not None:
        yield from _indexed(members, parse_index(data), _blob)


class _Told(msgspec.Struct):
    """What every manifest has."""

    config: object = None


def _image_folder(members: Members) -> Iterator[Candidate | Lacking]:
    """What ``manifest.json`` leads to where it is the manifest itself, or an index (statement 38).

    So it is in the folders by skopeo (``dir:``) and Podman (``docker-dir``): blobs lie beside it, named by their
    digests, and the manifests of an index have a suffix.
    """
    data = members.read("manifest.json")
    if data is None or not _is_object(data):
        return
    top = Descriptor(digest_of(data), IMAGE_MANIFEST)
    index = parse_index(data)
    if not index.manifests:
        if parse(data, _Told, "manifest.json").config is None:
            return  # as web pages have one
        index = Index((top,))

    def path(descriptor: Descriptor) -> str:
        if descriptor is top:
            return "manifest.json"
        algorithm, _, digits = descriptor.digest.partition(":")
        name = digits if algorithm == "sha256" else f"{algorithm}-{digits}"
        return f"{name}.manifest.json" if descriptor.is_manifest else name

    yield from _indexed(members, index, path)


def _indexed(members: Members, index: Index, path: Callable[[Descriptor], str]) -> Iterator[Candidate | Lacking]:
    """The images in an index whose blobs are members. ``path`` tells where one is, or would be."""

    def load(descriptor: Descriptor) -> bytes | None:
        raw = members.read(path(descriptor))
        if raw is not None:
            verify(raw, descriptor.digest, "A blob of the image")
        return raw

    for name, descriptor in manifests(index, load):
        names = (_familiar(name),) if name else ()
        data = load(descriptor)
        if data is None:
            what = "index" if descriptor.is_index else "manifest"
            yield Lacking(names, f"the image's {what}, {descriptor.digest}")
            continue
        listed = IndexedImage(name, descriptor, parse_manifest(data))
        if not listed.manifest.is_image:
            continue
        layers, blob = listed.manifest.layers, listed.manifest.config
        raw = load(blob)
        if raw is None:
            yield Lacking(names, f"the image's config, {blob.digest}")
            continue
        try:
            config = listed.config(raw)
        except NotAnImageError:  # which its type did not tell
            continue
        digests = (_with_digest(name, descriptor.digest),)
        yield candidate_of(members, digest_of(raw), config, [*map(path, layers)], layers, names, digests)


def _is_object(data: bytes) -> bool:
    """Whether this is the JSON of an object, and not of an array."""
    return data.lstrip()[:1] == b"{"


def _blob(descriptor: Descriptor) -> str:
    """Where a layout keeps a blob."""
    return f"blobs/{descriptor.digest.replace(':', '/')}"


def _familiar(name: str) -> str:
    """A name as people write it, ``docker.io/library/`` left out; other names as they are."""
    try:
        reference = Reference.parse(name)
    except UsageError:
        return name
    return reference.familiar if str(reference) == name else name


def is_full(name: str) -> bool:
    """Whether a name says more than a tag, which is all that many layouts record."""
    return "/" in name or ":" in name


def _with_digest(name: str, digest: str) -> str:
    if not is_full(name):
        return digest
    try:
        reference = Reference.parse(name)
    except UsageError:
        return digest
    return replace(reference, tag="", digest=digest).familiar
