"""Layers of the form estargz, by their table of contents where it is to be trusted, and whole where not."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from layerview.errors import DamagedError, ServiceError
from layerview.exploration import Exploration
from layerview.filesystem import Comparison
from layerview.image import Descriptor
from layerview.layers import LayerIndex
from layerview.sources import open_source
from layerview.sources.registry import stargz
from layerview.sources.registry.client import Repository
from layerview.sources.registry.stargz import Table
from tests.builders import Entry, device, directory, fifo, file, hardlink, index, layer, opaque, symlink, whiteout
from tests.layers.rows import Row, rows_of
from tests.sources.images import CONFIG, LAYER, MANIFEST, Layout, digest, encode, image, read
from tests.sources.misbehaving import Misbehaving, breaks_off, misbehaving, sends
from tests.sources.writers import LAYER_GZIP, estargz, estargz_footer, table_of

TAIL, ANNOTATION = 1 << 16, "containerd.io/snapshot/stargz/toc.digest"
_RANDOM = random.Random(11)
NOISE = _RANDOM.randbytes(300_000)
MANY = [file(f"d/{number:03}", _RANDOM.randbytes(4000), mtime=9) for number in range(100)]

ENTRIES = (
    directory("d", mode=0o1777, mtime=1_700_000_000),
    file("d/large", NOISE, mode=0o4755, xattrs={"user.a": b"b", "security.capability": b"\1\0\0\2" + bytes(16)}),
    file("d/empty", uid=5),
    file("d/カメラ", b"333", gid=6, mtime=-3),
    file(f"d/{'long/' * 40}name", b"x"),
    hardlink("d/hard", "d/large", mode=0o4755, uid=3),
    symlink("link", "d/\x1b[31m"),
    device("null", 1, 3),
    fifo("pipe"),
    whiteout("gone"),
    directory("e"),
    opaque("e"),
    file("e/file", b"1234"),
)


@dataclass(frozen=True)
class Stored:
    """A layer as the registry has it."""

    tar: bytes
    blob: bytes
    annotations: dict[str, str]


def stored(*entries: Entry, **more: int) -> Stored:
    """A layer of the form estargz."""
    tar, blob = estargz(*entries, **more)
    return Stored(tar, blob, {ANNOTATION: digest(table_of(blob)[0])})


def forged(table: bytes, lead: int | None = None) -> Stored:
    """The layer with another table, and a footer that leads elsewhere; all digests are right."""
    end = file("stargz.index.json", table).tar() + bytes(1024)
    body = LARGE.blob[:START]
    blob = body + gzip.compress(end) + estargz_footer(START if lead is None else lead)
    return Stored(gzip.decompress(body) + end, blob, {ANNOTATION: digest(table)})


def listing(**entry: object) -> Stored:
    """The layer with a table that lists one file more, which is odd."""
    said = {"name": "odd", "type": "reg", "size": 3, "offset": 77, "digest": digest(b"odd"), **entry}
    table = json.loads(RIGHT)
    return forged(encode({**table, "entries": [*table["entries"], said]}))


def plain(*entries: Entry) -> Stored:
    """One that is just a tar."""
    return Stored(layer(*entries), layer(*entries), {})


@contextmanager
def pushed(*layers: Stored) -> Iterator[Misbehaving]:
    """A registry with an image of these layers."""
    layout = Layout()
    built = image(*(each.tar for each in layers))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.blob(built.config, CONFIG),
        "layers": [
            layout.blob(each.blob, LAYER_GZIP if each.annotations else LAYER, annotations=each.annotations)
            for each in layers
        ],
    }
    with misbehaving(layout, layout.blob(encode(manifest), MANIFEST)["digest"]) as registry:
        yield registry


def blob(each: Stored) -> str:
    """What it is asked for by."""
    return f"blobs/{digest(each.blob)}"


def replace_unplaced(rows: list[Row]) -> list[Row]:
    """Rows but for where they lie, since the tar has more in it."""
    return [replace(row, offset=0) for row in rows]


def told(rows: list[Row]) -> list[Row]:
    """What tables of contents tell of rows."""
    return [replace(row, crc=None, offset=0) for row in rows]


LARGE = stored(*ENTRIES)


@pytest.mark.parametrize("more", [{}, {"chunk": 4096}, {"prioritized": 2}], ids=str)
def test_table_of_contents_is_all_that_is_fetched(more: dict[str, int]) -> None:
    """Statement 35."""
    whole = stored(*ENTRIES, **more)
    with pushed(whole) as registry:
        (found,) = read(open_source(registry.reference)).layers.values()
    assert isinstance(found, LayerIndex)
    assert told(rows_of(found)) == told(rows_of(index(*ENTRIES)))
    assert (found.folders, found.warnings) == (index(*ENTRIES).folders, index(*ENTRIES).warnings)
    assert registry.sent[blob(whole)] == TAIL


def test_large_table_is_fetched_in_two_parts() -> None:
    entries = [file(f"d/{number:04}", _RANDOM.randbytes(600)) for number in range(2000)]
    whole = stored(*entries)
    with pushed(whole) as registry:
        (found,) = read(open_source(registry.reference)).layers.values()
    assert isinstance(found, LayerIndex)
    assert told(rows_of(found)) == told(rows_of(index(*entries)))
    table = len(whole.blob) - table_of(whole.blob)[1]
    assert TAIL < table == registry.sent[blob(whole)] < len(whole.blob) / 5
    assert len(registry.asked(blob(whole))) == 2


def test_times_are_rounded_to_seconds() -> None:
    whole = stored(file("a", NOISE, mtime=1.75), file("b", mtime=7.25))
    with pushed(whole) as registry:
        (found,) = read(open_source(registry.reference)).layers.values()
    assert isinstance(found, LayerIndex)
    assert [row.mtime for row in rows_of(found)] == [2_000_000_000, 7_000_000_000]


def test_small_layer_is_read_whole() -> None:
    small = stored(file("a", NOISE[:50_000]), file("b", mtime=1.5))
    with pushed(small) as registry:
        source = open_source(registry.reference)
        (found,) = read(source).layers.values()
        assert source.cache_key(1) == digest(small.tar)
    assert isinstance(found, LayerIndex)
    assert [row.mtime for row in rows_of(found)] == [0, 1_500_000_000]
    assert [asked.range for asked in registry.asked(blob(small))] == [""]


def test_index_is_not_kept_for_whoever_has_the_layer_from_elsewhere() -> None:
    """Statement 43: nobody has compared the table with the layer, and whoever pushes names any table for any blob."""
    other = replace(LARGE, annotations={ANNOTATION: digest(b"another table")})
    keys = []
    for each in (LARGE, other, stored(file("innocent", NOISE))):
        with pushed(each) as registry:
            keys.append(open_source(registry.reference).cache_key(1))
    assert len({*keys, "", digest(LARGE.tar)}) == 5


RIGHT, START = table_of(LARGE.blob)
PLACE = next(each["offset"] for each in json.loads(RIGHT)["entries"] if each["name"] == "d/large")

BOMB = 20_000_000
"""Bytes; a table may have less of them while these are tried."""

DAMAGED: dict[str, Callable[[], Stored]] = {
    "another digest": lambda: replace(LARGE, annotations={ANNOTATION: digest(b"")}),
    "no footer": lambda: replace(LARGE, blob=LARGE.blob[:-51]),
    "something behind the footer": lambda: replace(LARGE, blob=LARGE.blob + bytes(1)),
    "footer that leads nowhere": lambda: forged(RIGHT, 1 << 60),
    "footer that leads to itself": lambda: forged(RIGHT, len(LARGE.blob) - 51),
    "footer that leads to the start": lambda: forged(RIGHT, 0),
    "footer that leads beside the table": lambda: forged(RIGHT, len(LARGE.blob) - 100),
    "footer that leads to a file": lambda: forged(RIGHT, PLACE),
    "negative size": lambda: listing(size=-1),
    "size beyond 64 bits": lambda: listing(size=1 << 64),
    "more bytes than there are": lambda: listing(size=(1 << 63) - 1),
    "negative place": lambda: listing(offset=-1),
    "place at the start": lambda: listing(offset=0),
    "place behind the end": lambda: listing(offset=1 << 40),
    "place of another": lambda: listing(offset=PLACE),
    "several files in a member": lambda: listing(innerOffset=512),
    "unknown type": lambda: listing(type="whiteout"),
    "time that is none": lambda: listing(modtime="yesterday"),
    "time without a zone": lambda: listing(modtime="2020-01-01T00:00:00"),
    "owner that is none": lambda: listing(uid=-1),
    "attributes that are none": lambda: listing(xattrs={"user.a": "no base64!"}),
    "attributes that are a list": lambda: listing(xattrs=[1]),
    "many attributes": lambda: listing(xattrs=dict.fromkeys(map(str, range(300_000)), "")),
    "name with a NUL": lambda: listing(name="a\0b"),
    "name that is not UTF-8": lambda: listing(name="caf\ufffd"),
    "many names in a path": lambda: listing(name="a/" * 100_000),
    "no JSON": lambda: forged(b"{"),
    "nothing": lambda: forged(b""),
    "deep": lambda: forged(b"[" * 1_000_000),
    "no entries": lambda: forged(b'{"entries": null}'),
    "a list": lambda: forged(b"[]"),
    "half a character": lambda: forged(b'{"entries": [{"name": "\\ud800", "type": "dir"}]}'),
    "many entries": lambda: forged(b'{"entries": [' + b"{}," * (1 << 22) + b"{}]}"),
    "a bomb": lambda: forged(bytes(BOMB)),
}


@pytest.mark.parametrize("damaged", DAMAGED.values(), ids=DAMAGED)
def test_table_that_is_not_what_it_should_be_is_given_up_for_the_layer(
    damaged: Callable[[], Stored], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statement 43."""
    monkeypatch.setattr(stargz, "_MAX_TABLE", BOMB - 1)
    whole = damaged()
    with pushed(whole) as registry:
        (found,) = read(open_source(registry.reference)).layers.values()
    assert isinstance(found, LayerIndex)
    assert replace_unplaced(rows_of(found)) == replace_unplaced(rows_of(index(*ENTRIES)))
    asked = [asked.range for asked in registry.asked(blob(whole))]
    assert asked[0] != ""
    assert asked[-1] == ""


def test_table_that_would_be_most_of_a_huge_blob_is_not_fetched() -> None:
    """However large the blob, no more of it is held than there can be need of."""
    asked: list[range] = []
    size = 20 << 30

    class Huge:
        def part(self, digest: str, part: range) -> bytes:
            asked.append(part)
            return estargz_footer(size // 2).rjust(len(part), b"\0")

    table = Table.of(Descriptor(f"sha256:{'1' * 64}", size=size, annotations={ANNOTATION: f"sha256:{'2' * 64}"}))
    assert table is not None
    assert table.index(cast(Repository, Huge())) is None
    assert asked == [range(size - (1 << 16), size)]


def test_registry_that_does_not_do_parts_sends_the_layer() -> None:
    with pushed(LARGE) as registry:
        registry.always[blob(LARGE)] = sends(LARGE.blob)
        (found,) = read(open_source(registry.reference)).layers.values()
    assert isinstance(found, LayerIndex)
    assert replace_unplaced(rows_of(found)) == replace_unplaced(rows_of(index(*ENTRIES)))


def test_part_that_breaks_off_is_given_up_for_the_layer() -> None:
    with pushed(LARGE) as registry:
        registry.faults[blob(LARGE)] = [breaks_off(20)]
        assert not read(open_source(registry.reference)).faults
    assert [asked.range != "" for asked in registry.asked(blob(LARGE))] == [True, False]


def test_layer_without_the_tables_digest_is_read_whole() -> None:
    """Statement 43: nothing would verify the table."""
    whole = replace(LARGE, annotations={"other": ""})
    with pushed(whole) as registry:
        source = open_source(registry.reference)
        assert not read(source).faults
        assert source.cache_key(1) == digest(whole.tar)
    assert [asked.range for asked in registry.asked(blob(whole))] == [""]


CHOWNED = [replace(entry, uid=1000) for entry in MANY]
SAME = [*MANY[:50], *(replace(entry, content=entry.content[::-1]) for entry in MANY[50:])]


def explored(*layers: Stored) -> tuple[Any, Misbehaving]:
    """What an image of these layers comes to."""
    with pushed(*layers) as registry:
        exploration = Exploration(open_source(registry.reference))
        exploration.run()
    assert not exploration.failures
    assert exploration.account is not None
    assert exploration.stack is not None
    comparison = Comparison(exploration.stack, 0, len(layers))
    changes = [int(comparison.aspects(node)) for node in range(exploration.stack.nodes)]
    between = Comparison(exploration.stack, 1, len(layers))
    changes += [int(between.aspects(node)) for node in range(exploration.stack.nodes)]
    return (exploration.account.matrix, list(exploration.account.wastes), changes), registry


class TestContents:
    """Statement 17: equal contents are equal, whatever the way to know it."""

    @pytest.mark.parametrize("above", [CHOWNED, SAME], ids=["the same", "half of it other"])
    def test_two_tables_tell_which_are_equal(self, above: Sequence[Entry]) -> None:
        expected, _ = explored(plain(*MANY), plain(*above))
        layers = stored(*MANY), stored(*above)
        found, registry = explored(*layers)
        assert found == expected
        assert [registry.sent[blob(each)] for each in layers] == [TAIL, TAIL]

    @pytest.mark.parametrize("above", [CHOWNED, SAME], ids=["the same", "half of it other"])
    def test_of_a_layer_above_one_without_a_table_contents_are_fetched_by_one_request(
        self, above: Sequence[Entry]
    ) -> None:
        expected, _ = explored(plain(*MANY), plain(*above))
        layer = stored(*above)
        found, registry = explored(plain(*MANY), layer)
        assert found == expected
        assert len(registry.asked(blob(layer))) == 2
        assert registry.sent[blob(layer)] < len(layer.blob) + TAIL

    def test_few_contents_that_lie_apart_are_fetched_alone(self) -> None:
        entries = [
            file("a", NOISE[:500]),
            file("x", NOISE),
            file("y", NOISE[1:]),
            file("b", NOISE[:50]),
            file("c", NOISE),
        ]
        above = stored(*entries)
        found, registry = explored(plain(entries[0], entries[3]), above)
        assert found == explored(plain(entries[0], entries[3]), plain(*entries))[0]
        assert len(registry.asked(blob(above))) == 3
        assert TAIL < registry.sent[blob(above)] < TAIL + 2000

    def test_chunks_of_a_large_file_are_one_content(self) -> None:
        below, above = file("d/a", NOISE), file("d/a", NOISE, mode=0o600)
        parts = stored(above, file("rest", NOISE + NOISE), chunk=50_000)
        found, registry = explored(plain(below), parts)
        assert found == explored(plain(below), plain(above, file("rest", NOISE + NOISE)))[0]
        assert registry.sent[blob(parts)] < len(parts.blob) / 2

    def test_many_that_lie_apart_are_fetched_by_one_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stargz, "_GAP", 0)
        above = stored(*CHOWNED)
        _, registry = explored(plain(*MANY[::5]), plain(*MANY[::10]), stored(*CHOWNED))
        assert len(registry.asked(blob(above))) == 1 + 20
        monkeypatch.setattr(stargz, "_MOST_REQUESTS", 10)
        _, registry = explored(plain(*MANY[::5]), stored(*CHOWNED))
        assert len(registry.asked(blob(above))) == 2

    def test_transfer_that_breaks_off_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        above = stored(*CHOWNED)
        with pushed(plain(*MANY), above) as registry:
            exploration = Exploration(open_source(registry.reference))
            registry.faults[blob(above)] = [breaks_off(TAIL), breaks_off(100_000), breaks_off(1)]
            exploration.run()
        assert len(registry.asked(blob(above))) == 4
        assert registry.sent[blob(above)] < len(above.blob) + TAIL

    def test_content_that_the_table_tells_otherwise_is_an_error(self) -> None:
        """Statement 43."""
        table = json.loads(RIGHT)
        for entry in table["entries"]:
            entry["digest"] = digest(b"other")
        with pytest.raises(DamagedError, match="not what its layer's table of contents says"):
            explored(plain(file("d/large", NOISE[::-1])), forged(encode(table)))

    @pytest.mark.parametrize("place", [PLACE + 9, START - 1])
    def test_content_that_is_not_where_it_should_be_is_an_error(self, place: int) -> None:
        with pytest.raises(DamagedError, match="not where its layer's table of contents says"):
            explored(plain(file("odd", b"abc")), listing(offset=place, digest=""))

    def test_registry_that_no_longer_does_parts_is_an_error(self) -> None:
        above = stored(*CHOWNED)
        with pushed(plain(*MANY), above) as registry:
            registry.faults[blob(above)] = [lambda handler, content: handler.give(content), sends(above.blob)]
            with pytest.raises(ServiceError, match="another part"):
                Exploration(open_source(registry.reference)).run()
