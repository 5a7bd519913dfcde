"""Archives and layouts whose layers lie in files and can be read in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path

import msgspec

from layerview.errors import LayerviewError
from layerview.image import Image, digest_of
from layerview.layers import LayerIndex, index_region
from layerview.layers.compression import MAGIC_SIZE, bound, sniff
from layerview.sources.archives.candidate import Candidate
from layerview.sources.archives.choosing import FromArchive, Images, Selection, Wanted
from layerview.sources.archives.members import Folder, PlacedMembers, TarFile
from layerview.sources.archives.placed import Place, PlacedContents, changed, unreadable, version_of
from layerview.sources.protocol import Alternative, Found, Reading


class StoredImage:
    """An image in an uncompressed archive or in a layout: one job for each blob."""

    def __init__(self, members: Callable[[], PlacedMembers], select: Selection, what: str) -> None:
        """``members`` opens the files of which ``select`` tells the images; ``what`` names them, for people."""
        self._open, self._select, self._what = members, select, what

    @classmethod
    def at(cls, path: Path, wanted: Wanted) -> StoredImage:
        """The image that is wanted of those in a file or a folder."""
        return cls(partial(_members, path), FromArchive(path, wanted), str(path))

    def describe(self) -> Image:
        """The image. Raises LayerviewError."""
        return self._chosen.image

    def alternatives(self) -> tuple[Alternative, ...]:
        """All images there. Raises LayerviewError."""
        return self._images.alternatives(
            lambda number: partial(StoredImage, self._open, self._select.at(number), self._what)
        )

    def jobs(self) -> Sequence[RegionJob]:
        """A job for each blob that can be read; layers may share one."""
        shared: dict[tuple[Place, str, str], list[int]] = {}
        for layer in self._chosen.image.layers:
            if (place := self._place(layer.number)) is not None:
                shared.setdefault((place, layer.diff_id, layer.digest), []).append(layer.number)
        return [RegionJob(tuple(numbers), *blob) for blob, numbers in shared.items()]

    def cache_key(self, layer: int) -> str:
        """As :func:`key_of` says."""
        place = self._place(layer)
        if place is None:
            return ""
        return key_of(place, self._chosen.image.layers[layer - 1].diff_id)

    def contents(self, layer: int) -> PlacedContents | None:
        """As :func:`contents_of` says."""
        place = self._place(layer)
        return None if place is None else contents_of(place)

    def close(self) -> None:
        """Nothing: files are closed by themselves."""

    def _place(self, layer: int) -> Place | None:
        chosen = self._chosen
        return None if chosen.image.layers[layer - 1].unavailable else self._found[0].place(chosen.paths[layer - 1])

    @cached_property
    def _chosen(self) -> Candidate:
        return self._images.chosen

    @property
    def _images(self) -> Images:
        return self._found[1]

    @cached_property
    def _found(self) -> tuple[PlacedMembers, Images]:
        try:
            members = self._open()
            return members, self._select(members)
        except OSError as error:
            raise unreadable(self._what, error) from error


def _members(path: Path) -> PlacedMembers:
    return Folder(path) if path.is_dir() else TarFile(path)


def key_of(place: Place, diff_id: str) -> str:
    """The diffID of a compressed layer, which is read whole; else a digest of where it lies and of the file's time."""
    if _is_compressed(place):
        return diff_id
    return digest_of(repr((place.version, place.offset, place.length, place.pieces)).encode())


def contents_of(place: Place) -> PlacedContents | None:
    """Random access to a layer, where it is not compressed."""
    return None if _is_compressed(place) else PlacedContents(place)


def _is_compressed(place: Place) -> bool:
    """Whether what lies there begins as compressed data does. Raises InputError."""
    return bool(sniff(PlacedContents(place).read(0, MAGIC_SIZE)))


class RegionJob(msgspec.Struct, frozen=True):
    """Indexes one blob, which may be several layers of the image."""

    layers: tuple[int, ...]
    place: Place
    diff_id: str
    digest: str

    @property
    def cost(self) -> int:
        """Bytes of the blob; a small part of them where contents are skipped."""
        return self.place.length if _is_compressed(self.place) else self.place.length // 32

    def run(self, reading: Reading) -> Iterator[Found]:
        """Index; all faults are the layer's."""

        def advance(done: int, total: int) -> None:
            for number in self.layers:
                reading.progress(number, done, total)

        place = self.place
        result: LayerIndex | LayerviewError
        try:
            if place.pieces is not None:
                bound(place.length, "The layer", reading.max_size)
            read = PlacedContents(place).read
            result = index_region(
                read,
                place.length,
                advance,
                diff_id=self.diff_id,
                digest=self.digest,
                max_size=reading.max_size,
                show=reading.show,
            )
            if version_of(Path(place.file).stat()) != place.version:
                result = changed(place.file)
        except LayerviewError as error:
            result = error
        except OSError as error:
            result = unreadable(place.file, error)
        for number in self.layers:
            yield (number, result)
