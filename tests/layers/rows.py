"""An index as rows, for tests to look at."""

from __future__ import annotations

from dataclasses import dataclass

from layerview.layers import Kind, LayerIndex


@dataclass(frozen=True)
class Row:
    """One row of an index."""

    path: bytes
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    crc: int | None
    offset: int
    link: bytes | None
    device: tuple[int, int] | None
    xattrs: dict[bytes, bytes]
    sparse: tuple[tuple[int, int], ...] | None


def paths_of(index: LayerIndex) -> list[bytes]:
    """The paths in order."""
    return bytes(index.paths).split(b"\0")[:-1]


def rows_of(index: LayerIndex) -> list[Row]:
    """All rows in order."""
    return [
        Row(
            path=path,
            kind=Kind(index.kind[row]),
            mode=index.mode[row],
            uid=index.uid[row],
            gid=index.gid[row],
            size=index.size[row],
            mtime=index.mtime[row],
            crc=index.crc[row] if index.hashed[row] else None,
            offset=index.offset[row],
            link=index.links.get(row),
            device=index.devices.get(row),
            xattrs=index.xattrs.get(row, {}),
            sparse=index.sparse.get(row),
        )
        for row, path in enumerate(paths_of(index))
    ]


def kinds_of(index: LayerIndex) -> list[tuple[str, Kind]]:
    """Path and kind of all rows in order."""
    return [(row.path.decode(), row.kind) for row in rows_of(index)]


def warnings_of(index: LayerIndex) -> list[str]:
    """The warnings, path and text in one."""
    return [f"{warning.path.decode(errors='backslashreplace')}: {warning.text}" for warning in index.warnings]
