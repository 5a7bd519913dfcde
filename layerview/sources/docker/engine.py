"""Images of an engine with Docker's API: what it tells of them at once, and their layers from its records or an export.

Podman's service has that API, too, and another store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property, partial

from docker.utils import version_gte
from msgspec.structs import replace

from layerview.errors import DamagedError, LayerviewError
from layerview.image import Descriptor, Image, Platform, parse_config
from layerview.sources.archives.placed import PlacedContents
from layerview.sources.archives.stored import contents_of, key_of
from layerview.sources.docker.borrowing import Basis
from layerview.sources.docker.content_store import find_blobs, is_containerd
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.export import ExportJob
from layerview.sources.docker.kept import Info, Kept, Lender, miscounted
from layerview.sources.docker.left_behind import owner, remove_borrowed, remove_left_behind
from layerview.sources.docker.records import find_records
from layerview.sources.docker.told import KNOWS_PLATFORMS, Inspected, Told, ask, with_config
from layerview.sources.protocol import Alternative, Job
from layerview.sources.standing_in import Fallback

_PARTING = 5
"""Seconds until an engine is given up that does not remove containers; the next run will."""


def find_kept(engine: Lender, told: Told) -> Kept | None:
    """What a Docker Engine keeps of an image; None where it keeps nothing that could be read.

    Raises LayerviewError, and what the SDK raises.
    """
    remove_left_behind(engine.client, engine.info)
    if is_containerd(engine.info):
        return find_blobs(engine, told.image, told.top)
    return find_records(engine, told.image.id, told.image.config.diff_ids)


class DockerEngine:
    """An image of the engine that ``docker`` on the command line would use, unless told of another one."""

    def __init__(
        self,
        name: str,
        platform: Platform | None = None,
        records: bool | None = None,
        endpoint: Callable[[], Endpoint] = Endpoint.current,
        find: Callable[[Lender, Told], Kept | None] = find_kept,
    ) -> None:
        """``name`` is a reference, or an image ID or the beginning of one.

        ``records`` tells whether the engine's own records may take the place of an export; unless told they may where
        the engine is local. ``endpoint`` finds the engine, and may raise LayerviewError. ``find`` finds these records,
        and raises as :func:`find_kept` does.
        """
        self._name, self._platform, self._wants_records = name, platform, records
        self._find_endpoint, self._find = endpoint, find
        self._lender: Lender | None = None
        """Where containers may be left through which the engine's files are read."""
        self._why_export = ""
        """Why the image is exported though it need not have been."""

    def describe(self) -> Image:
        """What the engine tells without exporting the image. Raises LayerviewError."""
        image = self._told.image
        if self._kept is None:
            return image
        image = with_config(image, parse_config(self._kept.config))
        return _with_blobs(image, self._kept.blobs) if self._kept.blobs else image

    def jobs(self) -> Sequence[Job]:
        """A job for each layer, or one export."""
        if self._kept is not None:
            return self._kept.jobs
        image = self._told.image
        export = ExportJob(self._endpoint, image, sum(layer.size or 0 for layer in image.layers))
        return (Fallback(export, f"the image is exported: {self._why_export}") if self._why_export else export,)

    def cache_key(self, layer: int) -> str:
        """The diffID, where the layer is verified or the engine's records are read."""
        diff_id = self._told.image.layers[layer - 1].diff_id
        if self._kept is None or not self._kept.places:
            return diff_id
        return key_of(self._kept.places[layer - 1], diff_id)

    def contents(self, layer: int) -> PlacedContents | None:
        """Random access, where this program may read the engine's content store and the layer is not compressed."""
        if self._kept is None or not self._kept.places:
            return None
        return contents_of(self._kept.places[layer - 1])

    def alternatives(self) -> Sequence[Alternative]:
        """For each of the image's platforms that the engine has, where it keeps such. Raises LayerviewError."""
        name, image = self._name, self._told.image
        if not self._told.has_index:
            return ()
        with self._endpoint.client() as client:
            if not version_gte(client.api_version, KNOWS_PLATFORMS):
                return ()
            inspected = client.ask(f"/images/{name}/json", Inspected, {"manifests": "1"})
        best = max((platform.fit(image.platform) for _, platform in inspected.variants), default=0)
        return [
            Alternative(
                partial(DockerEngine, name, platform, self._wants_records, self._find_endpoint, self._find),
                inspected.repo_tags,
                platform,
                each.descriptor.digest,
                each.size.content,
                meant=0 < platform.fit(image.platform) == best,
            )
            for each, platform in inspected.variants
        ]

    def close(self) -> None:
        """Remove the containers of jobs that have not come to their end."""
        if self._lender is not None:
            with suppress(LayerviewError), self._endpoint.client(_PARTING) as client:
                remove_borrowed(client, self._lender.info, self._lender.basis.owner)

    @cached_property
    def _kept(self) -> Kept | None:
        """What is read in place of an export; None where that has to do. Raises LayerviewError if it is not to."""
        if not (self._endpoint.is_local if self._wants_records is None else self._wants_records):
            return None
        try:
            kept = self._look_for_kept()
        except LayerviewError as error:
            if self._wants_records:
                raise
            self._why_export = error.message
            kept = None
        else:
            if kept is None and self._wants_records:
                self._why_export = f"the {self._endpoint.kind.title} keeps nothing else that could be read"
        if kept is None or not kept.is_borrowed:
            self._lender = None
        return kept

    def _look_for_kept(self) -> Kept | None:
        told = self._told
        basis = Basis(owner(), told.image.id, told.volumes)
        with self._endpoint.client() as client:
            self._lender = Lender(self._endpoint, client, client.ask("/info", Info), basis)
            kept = self._find(self._lender, told)
        if kept is not None:
            _check(told.image, kept, self._endpoint.kind.title)
        return kept

    @cached_property
    def _endpoint(self) -> Endpoint:
        return self._find_endpoint()

    @cached_property
    def _told(self) -> Told:
        return ask(self._endpoint, self._name, self._platform)


def _check(image: Image, kept: Kept, engine: str) -> None:
    """Raises DamagedError where what an engine keeps is of another image than it tells of."""
    told, stored = image.config.diff_ids, parse_config(kept.config).diff_ids
    if len(told) != len(stored):
        raise DamagedError(miscounted(image, engine, len(stored), "config"))
    if told != stored:
        raise DamagedError(f"The {engine} tells of other layers of {image.name} than its config does")


def _with_blobs(image: Image, blobs: Sequence[Descriptor]) -> Image:
    """The image with what is known of its layers as they are stored."""
    layers = (
        replace(layer, digest=blob.digest, media_type=blob.media_type, stored_size=blob.size)
        for layer, blob in zip(image.layers, blobs, strict=True)
    )
    return replace(image, layers=tuple(layers))
