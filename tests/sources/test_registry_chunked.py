"""Layers of the form zstd:chunked, by their record where it is to be trusted, and whole where not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastcrc.crc64 import go_iso

from layerview.layers import LayerIndex
from layerview.layers.zstd import zstd
from layerview.sources import open_source
from tests.builders import Entry, directory, file, hardlink, index, layer, symlink, whiteout
from tests.layers.rows import rows_of
from tests.sources.images import CONFIG, LAYER, MANIFEST, Layout, digest, encode, image, read
from tests.sources.misbehaving import Misbehaving, misbehaving, sends

ENTRIES = (
    directory("d", mtime=1.5),
    file("d/large", bytes(range(256)) * 4000, mode=0o4755, xattrs={"user.a": b"b"}),
    file("d/empty"),
    file(f"d/{'long' * 40}", b"x"),
    hardlink("d/hard", "d/large"),
    symlink("link", "d"),
    whiteout("gone"),
)
PREFIX = "io.github.containers.zstd-chunked."


@dataclass(frozen=True)
class Parts:
    """What a blob consists of, and what its descriptor says."""

    layer: bytes
    table: bytes
    record: bytes

    @property
    def blob(self) -> bytes:
        """The layer, and the rest in frames that a decompressor passes over."""
        return self.layer + framed(self.table) + framed(self.record)

    @property
    def annotations(self) -> dict[str, str]:
        """Where what is."""
        at = len(self.layer) + 8
        behind = at + len(self.table) + 8
        return {
            f"{PREFIX}manifest-position": f"{at}:{len(self.table)}:1:1",
            f"{PREFIX}manifest-checksum": digest(self.table),
            f"{PREFIX}tarsplit-position": f"{behind}:{len(self.record)}:1",
        }


def framed(data: bytes) -> bytes:
    """A skippable frame of zstd."""
    return b"\x50\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


def record_of(*entries: Entry) -> bytes:
    """The record that tar-split makes of a layer's tar."""
    lines: list[dict[str, Any]] = []
    for entry in entries:
        tar, size = entry.tar(), len(entry.content)
        header, padding = tar[: len(tar) - size - -size % 512], bytes(-size % 512)
        lines.append({"type": 2, "payload": base64.b64encode(header).decode()})
        crc = base64.b64encode(go_iso(entry.content).to_bytes(8)).decode() if size else None
        lines.append({"type": 1, "name": "x", "size": size, "payload": crc})
        lines += [{"type": 2, "payload": base64.b64encode(padding).decode()}] if padding else []
    lines.append({"type": 2, "payload": base64.b64encode(bytes(1024)).decode()})
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def parts_of(*entries: Entry, **table: object) -> Parts:
    """What skopeo pushes, with a table of contents that says ``table`` of the record."""
    record = zstd.compress(record_of(*entries))
    said = {"version": 1, "entries": [], **(table or {"tarSplitDigest": digest(record)})}
    return Parts(zstd.compress(layer(*ENTRIES)), zstd.compress(encode(said)), record)


@contextmanager
def pushed(parts: Parts, **annotations: str) -> Iterator[Misbehaving]:
    """A registry with an image of this layer, whose descriptor has these annotations besides what is right."""
    layout = Layout()
    built = image(layer(*ENTRIES))
    said = parts.annotations | {f"{PREFIX}{name.replace('_', '-')}": text for name, text in annotations.items()}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.blob(built.config, CONFIG),
        "layers": [layout.blob(parts.blob, f"{LAYER}+zstd", annotations=said)],
    }
    with misbehaving(layout, layout.blob(encode(manifest), MANIFEST)["digest"]) as registry:
        yield registry


def assert_right(registry: Misbehaving) -> None:
    """The layer is as its tar has it."""
    (found,) = read(open_source(registry.reference)).layers.values()
    assert isinstance(found, LayerIndex)
    assert rows_of(found) == rows_of(index(*ENTRIES))
    assert found == index(*ENTRIES)


PARTS = parts_of(*ENTRIES)
BLOB = f"blobs/{digest(PARTS.blob)}"


def test_record_is_all_that_is_fetched() -> None:
    with pushed(PARTS) as registry:
        assert_right(registry)
    assert registry.sent[BLOB] == len(PARTS.table) + 8 + len(PARTS.record)


def test_index_is_not_kept_for_whoever_has_the_layer_from_elsewhere() -> None:
    """Statement 43: nobody has compared the record with the layer."""
    lying = parts_of(file("innocent"))
    with pushed(lying) as registry:
        source = open_source(registry.reference)
        assert read(source).paths == {1: ["innocent"]}
        assert source.cache_key(1) not in ("", digest(layer(*ENTRIES)))
    with pushed(PARTS) as registry:
        assert open_source(registry.reference).cache_key(1) != source.cache_key(1)


def test_index_is_not_kept_for_whoever_has_the_blob_with_another_record() -> None:
    """Statement 43: whoever pushes an image names any table for a blob that is another image's."""
    keys = []
    for checksum in (digest(PARTS.table), digest(b"forged")):
        with pushed(PARTS, manifest_checksum=checksum) as registry:
            keys.append(open_source(registry.reference).cache_key(1))
    assert keys[0] != keys[1]


def test_registry_that_does_not_do_parts_sends_the_layer() -> None:
    with pushed(PARTS) as registry:
        registry.always[BLOB] = sends(PARTS.blob)
        assert_right(registry)


def test_part_that_breaks_off_is_given_up_for_the_layer() -> None:
    with pushed(PARTS) as registry:
        registry.faults[BLOB] = [lambda handler, content: handler.give(content, 20)]
        assert_right(registry)
    assert [asked.range != "" for asked in registry.asked(BLOB)] == [True, False]


@pytest.mark.parametrize(
    "damaged",
    [
        lambda parts: replace(parts, record=parts.record[:-1] + b"\0"),
        lambda parts: replace(parts, record=b"x" * len(parts.record)),
        lambda parts: parts_of(*ENTRIES, version=2),
        lambda parts: parts_of(*ENTRIES, tarSplitDigest="sha256:0"),
        lambda parts: parts_of(*ENTRIES, tarSplitDigest=1),
        lambda parts: replace(parts, table=b"not compressed"),
        lambda parts: replace(parts, table=zstd.compress(b"[")),
        lambda parts: replace(parts, table=b"\x28\xb5\x2f\xfd nothing"),
    ],
)
def test_record_that_is_not_what_it_should_be_is_given_up_for_the_layer(damaged: Callable[[Parts], Parts]) -> None:
    """Statement 43."""
    with pushed(damaged(PARTS)) as registry:
        assert_right(registry)


def test_table_that_is_not_what_the_manifest_says_is_given_up_for_the_layer() -> None:
    """Statement 43."""
    with pushed(PARTS, manifest_checksum=digest(b"")) as registry:
        assert_right(registry)
    assert [asked.range != "" for asked in registry.asked(BLOB)] == [True, False]


@pytest.mark.parametrize(
    "annotations",
    [
        {"manifest_position": "", "tarsplit_position": ""},
        {"manifest_position": "1:2"},
        {"manifest_position": "-1:2:3:1"},
        {"manifest_position": f"1:{10**17}:1:1"},
        {"manifest_position": "9" * 5000},
        {"tarsplit_position": "1:1:1"},
        {"tarsplit_position": f"{len(PARTS.blob)}:1:1"},
        {"manifest_checksum": "md5:0"},
    ],
    ids=str,
)
def test_position_that_makes_no_sense_is_not_asked_for(annotations: dict[str, str]) -> None:
    with pushed(PARTS, **annotations) as registry:
        assert_right(registry)
        assert open_source(registry.reference).cache_key(1) == digest(layer(*ENTRIES))
    assert [asked.range for asked in registry.asked(BLOB)] == [""]
