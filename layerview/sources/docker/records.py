"""A Docker Engine's own records of its layers, in place of an export.

``docker save`` makes the engine write every layer to its disk before the first byte is sent. But beside each layer it
keeps the headers of the layer's tar with a checksum of each content
(``ROOT/image/DRIVER/layerdb/sha256/CHAINID/tar-split.json.gz``), which is all that an index holds: megabytes instead of
gigabytes. Where this program may read the engine's folders, it does. Where it may not, the engine hands them over, as
one archive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from layerview.image import MAX_JSON, digest_of
from layerview.regular import read_regular
from layerview.sources.docker.borrowing import borrowed, fetched
from layerview.sources.docker.kept import Engine, Kept
from layerview.sources.recorded import RecordJob

_RECORD = "tar-split.json.gz"

_MAX_RECORDS = 1 << 28
"""Bytes of all records of an image. A file takes 27 with a name as people give it, so that is as many as can be explored."""


def find_records(engine: Engine, image: str, diff_ids: Sequence[str]) -> Kept | None:
    """The records of the image with this ID; None where they are not what they should be.

    Raises OSError, TarError, and what the SDK raises, where there are none.
    """
    root = engine.info.records
    config = f"{root}/imagedb/content/sha256/{image.removeprefix('sha256:')}"
    folders = [f"{root}/layerdb/sha256/{chain_id.removeprefix('sha256:')}" for chain_id in chain_ids(diff_ids)]
    if engine.endpoint.is_local and _readable(folders, diff_ids):
        jobs = [
            RecordJob(number, Path(folder) / _RECORD, (Path(folder) / _RECORD).stat().st_size)
            for number, folder in enumerate(folders, 1)
        ]
        return Kept(read_regular(Path(config), MAX_JSON), jobs)
    names = [f"{number}/{name}" for number in range(1, len(folders) + 1) for name in ("diff", _RECORD)]
    with borrowed(engine.client, engine.basis, [*folders, config]) as loan:
        found = fetched(engine.client, loan, [*names, str(len(folders) + 1)], _MAX_RECORDS)
    jobs = []
    for number, diff_id in enumerate(diff_ids, 1):
        record = found.get(f"{number}/{_RECORD}")
        if record is None or found.get(f"{number}/diff", b"").decode(errors="replace") != diff_id:
            return None
        jobs.append(RecordJob(number, record, len(record)))
    exact = found.get(str(len(folders) + 1))
    return None if exact is None or digest_of(exact) != image else Kept(exact, jobs)


def chain_ids(diff_ids: Sequence[str]) -> list[str]:
    """The digests that name each layer together with all below it."""
    chain: list[str] = []
    for diff_id in diff_ids:
        chain.append(f"sha256:{hashlib.sha256(f'{chain[-1]} {diff_id}'.encode()).hexdigest()}" if chain else diff_id)
    return chain


def _readable(folders: Sequence[str], diff_ids: Sequence[str]) -> bool:
    """Whether this program may read the folders, and they are this engine's."""
    with suppress(OSError):
        return all(
            read_regular(Path(folder) / "diff", len(diff_id)) == diff_id.encode() and (Path(folder) / _RECORD).is_file()
            for folder, diff_id in zip(folders, diff_ids, strict=True)
        )
    return False
