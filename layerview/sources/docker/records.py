"""A Docker Engine's own records of its layers, in place of an export.

``docker save`` makes the engine write every layer to its disk before the first byte is sent. But beside each layer it
keeps the headers of the layer's tar with a checksum of each content
(``ROOT/image/DRIVER/layerdb/sha256/CHAINID/tar-split.json.gz``), which is all that an index holds: megabytes instead of
gigabytes. Where this program may read the engine's folders, it does. Where it may not, the engine hands them over, as
one archive.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from layerview.errors import DamagedError, NotFoundError
from layerview.image import MAX_JSON, chain_ids, digest_of
from layerview.regular import read_regular
from layerview.sources.docker.borrowing import borrowed, fetched
from layerview.sources.docker.kept import Kept, Lender
from layerview.sources.recorded import RecordJob

_RECORD = "tar-split.json.gz"

_MAX_RECORDS = 1 << 28
"""Bytes of all records of an image. A file takes 27 with a name as people give it, so that is as many as can be explored."""


def find_records(engine: Lender, image: str, diff_ids: Sequence[str]) -> Kept | None:
    """The records of the image with this ID; None where the engine has none.

    Raises DamagedError where they are not what they should be, NotFoundError, ServiceError and APIError.
    """
    root = engine.info.records
    config = f"{root}/imagedb/content/sha256/{image.removeprefix('sha256:')}"
    folders = [f"{root}/layerdb/sha256/{chain_id.removeprefix('sha256:')}" for chain_id in chain_ids(diff_ids)]
    if engine.endpoint.is_local and (kept := _in_place(config, folders, diff_ids)) is not None:
        return kept
    names = [f"{number}/{name}" for number in range(1, len(folders) + 1) for name in ("diff", _RECORD)]
    try:
        with borrowed(engine.client, engine.basis, [*folders, config]) as loan:
            found = fetched(engine.client, loan, [*names, str(len(folders) + 1)], _MAX_RECORDS)
    except NotFoundError:
        return None
    jobs = []
    for number, diff_id in enumerate(diff_ids, 1):
        if found.get(f"{number}/diff") != diff_id.encode():
            raise DamagedError(f"What the Docker Engine has recorded as layer {number} is another one")
        if (record := found.get(f"{number}/{_RECORD}")) is None:
            return None
        jobs.append(RecordJob(number, record, len(record)))
    exact = found.get(str(len(folders) + 1), b"")
    if digest_of(exact) != image:
        raise DamagedError("What the Docker Engine has recorded as the image's config is another one")
    return Kept(exact, jobs)


def _in_place(config: str, folders: Sequence[str], diff_ids: Sequence[str]) -> Kept | None:
    """What this program can read of them by itself, if they are this engine's."""
    with suppress(OSError):
        for folder, diff_id in zip(folders, diff_ids, strict=True):
            if read_regular(Path(folder) / "diff", len(diff_id)) != diff_id.encode():
                return None
        records = [Path(folder) / _RECORD for folder in folders]
        jobs = [RecordJob(number, record, record.stat().st_size) for number, record in enumerate(records, 1)]
        return Kept(read_regular(Path(config), MAX_JSON), jobs)
    return None
