"""Images of containerd, for which its own command ``ctr`` is asked: it has no other interface that needs no library.

``ctr`` tells names and what they lead to. The blobs lie in containerd's content store as files named by their digests,
and are read as those of a layout are; where this program may not, ``ctr`` exports the image.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec
from msgspec.structs import replace

from layerview.errors import NotFoundError, ServiceError
from layerview.image import Descriptor, Image, Index, Platform, is_image_id, plain_name
from layerview.sources.archives.candidates import candidates
from layerview.sources.archives.choosing import Images, Wanted
from layerview.sources.archives.members import Folder, Members
from layerview.sources.archives.passing import Command, PassingArchive
from layerview.sources.archives.stored import StoredImage
from layerview.sources.containerd.ctr import CtrImage, content_root, ctr_in, listed, namespaces
from layerview.sources.protocol import Alternative, Contents, Job, Source, alternatives_of
from layerview.sources.standing_in import Fallback


class ContainerdImage:
    """An image of containerd, in the namespace that CONTAINERD_NAMESPACE names, else in the first that has it."""

    def __init__(self, name: str, platform: Platform | None = None, records: bool | None = None) -> None:
        """``name`` is a reference, or an image ID or the beginning of one. The files are read unless ``records`` is False."""
        self._name, self._platform, self._records = name, platform, records
        self._why_export = ""
        """Why the image is exported though it need not have been."""

    def describe(self) -> Image | None:
        """The image; None where only its export can tell. Raises LayerviewError."""
        return self._source.describe()

    def jobs(self) -> Sequence[Job]:
        """A job for each blob, or one export."""
        jobs = self._source.jobs()
        return (
            [Fallback(job, f"the image is exported: {self._why_export}") for job in jobs] if self._why_export else jobs
        )

    def cache_key(self, layer: int) -> str:
        return self._source.cache_key(layer)

    def contents(self, layer: int) -> Contents | None:
        return self._source.contents(layer)

    def alternatives(self) -> Sequence[Alternative]:
        """Those for all of its platforms that are here. Raises LayerviewError."""
        return alternatives_of(self._source)

    def close(self) -> None:
        """Nothing."""

    @cached_property
    def _source(self) -> Source:
        found = self._found
        select = _Selection(self._name, Wanted(platform=self._platform), found.namespace)
        if self._records is not False and (root := content_root()) is not None:
            if not os.access(root, os.R_OK | os.X_OK):
                self._why_export = f"there is no permission to read {root}"
                if self._records:
                    raise ServiceError(f"containerd's blobs are not to be had: {self._why_export}", "Use sudo.")
            store = _Content(root, found)
            if store.read(_blob(found.digest)) is not None:
                return StoredImage(lambda: store, select, str(root))
        platform = ("--platform", str(self._platform)) if self._platform else ()
        export = Command(ctr_in(found.namespace, "images", "export", *platform, "-", found.name))
        return PassingArchive(export, select, "The export of containerd")

    @cached_property
    def _found(self) -> CtrImage:
        places = namespaces()
        for namespace in places:
            if (found := _named(list(listed(namespace)), self._name)) is not None:
                return found
        raise NotFoundError(
            f"containerd has no image {self._name} in {_names(places)}",
            f"ctr -n NAMESPACE images ls lists what it has; ctr -n NAMESPACE images pull {shlex.quote(plain_name(self._name))} may get it.",
            image=f"containerd:{self._name}",
        )


class _Content(Folder):
    """A content store, in which an index leads to one image."""

    def __init__(self, root: Path, image: CtrImage) -> None:
        super().__init__(root)
        names = {"io.containerd.image.name": image.name}
        self._index = msgspec.json.encode(Index((Descriptor(image.digest, image.type, annotations=names),)))

    def read(self, path: str) -> bytes | None:
        return self._index if path == "index.json" else super().read(path)


class _Selection(msgspec.Struct, frozen=True):
    """The image, as whoever asked for it calls it, for each of its platforms."""

    name: str
    wanted: Wanted
    namespace: str

    def __call__(self, members: Members) -> Images:
        """Of what is in a content store or in an export. Raises LayerviewError."""
        found = candidates(members).all
        if not found:
            raise NotFoundError(
                f"containerd lacks what {self.name} is made of",
                f"ctr -n {shlex.quote(self.namespace)} images pull {shlex.quote(plain_name(self.name))} gets it.",
            )
        source = f"containerd, namespace {self.namespace}"
        called = (
            replace(each, image=replace(each.image, name=self.name, tags=each.names, source=source)) for each in found
        )
        return Images(tuple(called), self.wanted, f"containerd:{self.name}")

    def at(self, number: int) -> _Selection:
        return replace(self, wanted=Wanted(f"@{number}"))


def _named(images: Sequence[CtrImage], name: str) -> CtrImage | None:
    full = plain_name(name)
    for image in images:
        if full in (image.name, plain_name(image.name), plain_name(f"{image.name}@{image.digest}")):
            return image
    if is_image_id(name):
        # Kubernetes also lists an image by the digest of its config.
        start = f"sha256:{name.removeprefix('sha256:')}"
        return next((each for each in images if each.name.startswith(start) or each.digest.startswith(start)), None)
    return None


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _names(namespaces: Sequence[str]) -> str:
    return f"the namespace{'s' if len(namespaces) > 1 else ''} {', '.join(namespaces)}"
