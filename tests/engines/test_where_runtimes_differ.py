"""What docs/correctness.md says of layers of which runtimes make something else, or which they refuse."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.archives import docker_archive
from tests.builders import Entry, device, directory, file, hardlink, layer, opaque, symlink, whiteout
from tests.engines.judges import JUDGES, Cuts, RefusedError, cut
from tests.engines.listings import Listing, by_layerview, differences
from tests.engines.written import sparse_files

Outcome = dict[str, str] | None
"""By path, what is different of it: fields, "unknown" where a judge lacks it, "missing" where layerview does. None: the
judge refuses the image."""

OVERLAY = "docker containerd podman"
ONE_TREE = "umoci podman-vfs"
ALL = f"{OVERLAY} {ONE_TREE}"
REFUSED = None


class Case(NamedTuple):
    """An image, and what those make of it whose outcome is another than layerview's, by their names."""

    layers: Iterable[bytes]
    judges: dict[str, Outcome]


def _tar(*parts: bytes | Entry) -> bytes:
    return b"".join(part if isinstance(part, bytes) else part.tar() for part in parts) + bytes(1024)


def _global_header(**records: str) -> bytes:
    return tarfile.TarInfo.create_pax_global_header(records)


def _pax_header(**records: str) -> bytes:
    """Of short records, whose length has one digit."""
    data = "".join(f"{len(key) + len(value) + 4} {key}={value}\n" for key, value in records.items())
    return Entry("PaxHeaders/x", tarfile.XHDTYPE, data.encode()).tar()


_LOWER = layer(directory("d", mode=0o1777, uid=5, mtime=7), file("d/a"), symlink("l", "d"), file("f", b"1"))

CASES = {
    "a folder that its layer does not list, of a lower layer": Case(
        [_LOWER, layer(file("d/b"))],
        {"docker podman": {"d": "mode uid mtime"}, "containerd podman-vfs": {"d": "mtime"}},
    ),
    "a path below a link of a lower layer": Case(
        [_LOWER, layer(directory("d"), file("l/x"))],
        {ONE_TREE: {"d/x": "missing", "l": "type mode link", "l/x": "unknown"}, "containerd": {"l": "mode uid"}},
    ),
    "a path below a file of a lower layer": Case([_LOWER, layer(file("f/x"))], {ONE_TREE: REFUSED}),
    "a whiteout below a link of a lower layer": Case(
        [_LOWER, layer(directory("d"), whiteout("l/a"))],
        {ONE_TREE: {"d/a": "unknown", "l": "type mode link"}, "containerd": {"l": "mode uid"}},
    ),
    "a whiteout in a folder that is nowhere": Case(
        [_LOWER, layer(whiteout("no/such"))],
        {"umoci": {"no": "unknown"}},
    ),
    "a path below a link of the same layer to nowhere": Case(
        [layer(symlink("l", "nowhere"), file("l/x"))],
        {"docker podman podman-vfs": REFUSED},
    ),
    "a path below what was a link before": Case(
        [
            layer(
                *(directory("d"), directory("p"), symlink("p/l", "/d"), file("p"), directory("p"), file("p/l/x")),
                directory("p"),
            )
        ],
        {"docker podman podman-vfs": REFUSED},
    ),
    "a path below a file of the same layer": Case([layer(file("a"), file("a/b"))], {ALL: REFUSED}),
    "a path twice in one layer": Case(
        [layer(file("a", b"1"), file("./a", b"22"))],
        {"docker podman podman-vfs": REFUSED},
    ),
    "a folder behind its own whiteout": Case(
        [_LOWER, layer(whiteout("d"), directory("d"), file("d/b"))],
        {OVERLAY: {"d/a": "missing"}},
    ),
    "a file before its own whiteout": Case(
        [_LOWER, layer(file("f", b"22"), whiteout("f"))],
        {OVERLAY: REFUSED, "podman-vfs": {"f": "unknown"}},
    ),
    "an opaque root": Case(
        [layer(directory("d"), file("f")), layer(opaque(), file("new"))],
        {OVERLAY: {"d": "missing", "f": "missing"}},
    ),
    "a character device 0:0": Case(
        [_LOWER, layer(device("f", 0, 0), device("new", 0, 0))],
        {OVERLAY: {"f": "unknown", "new": "unknown"}},
    ),
    "whiteouts that name nothing": Case([_LOWER, layer(file(".wh."), file("d/.wh.."))], {ALL: REFUSED}),
    "what lies below a whiteout's name": Case(
        [layer(file(".wh.a/b"))],
        {ALL: {".wh.a": "missing", ".wh.a/b": "missing"}},
    ),
    "AUFS bookkeeping": Case(
        [layer(file(".wh..wh.aufs"), file(".wh..wh.plnk/1", b"x"), hardlink("a", ".wh..wh.plnk/1"))],
        {
            "docker containerd podman umoci": {
                ".wh..wh.plnk": "missing",
                ".wh..wh.plnk/1": "missing",
                "a": "type link",
            },
            "podman-vfs": {".wh..wh.plnk": "missing"},
        },
    ),
    "a hard link's own header": Case(
        [layer(file("a", mode=0o600, uid=1, mtime=5), hardlink("b", "a", mode=0o4755, uid=2, mtime=6))],
        {"umoci": {"a": "mode uid mtime", "b": "mode uid mtime"}},
    ),
    "a hard link's own header, to a symbolic link": Case(
        [layer(symlink("a", "x", mtime=5), hardlink("b", "a", mode=0o600, uid=2, mtime=6))],
        {"docker podman podman-vfs": {"a": "mtime", "b": "mtime"}, "umoci": {"a": "uid mtime", "b": "uid mtime"}},
    ),
    "a hard link to a file of a lower layer": Case(
        [_LOWER, layer(hardlink("g", "f", mode=0o600, uid=2, mtime=6))],
        {OVERLAY: REFUSED, "umoci": {"g": "mode uid mtime"}, "podman-vfs": {"f": "mode uid mtime"}},
    ),
    "a hard link to nothing": Case([layer(hardlink("a", "b"))], {ALL: REFUSED}),
    "a hard link to what comes behind it": Case([layer(hardlink("a", "b"), file("b"))], {ALL: REFUSED}),
    "a hard link to what a later entry takes the place of": Case(
        [_LOWER, layer(hardlink("g", "f"), file("f", b"22"))], {OVERLAY: REFUSED}
    ),
    "a hard link to what is removed behind it": Case(
        [_LOWER, layer(hardlink("g", "f"), whiteout("f"))], {OVERLAY: REFUSED}
    ),
    "a hard link behind the whiteout of what it names": Case(
        [layer(file("f", b"1"), file("g")), layer(whiteout("f"), hardlink("g", "f"), hardlink("h", "g"), file("f"))],
        {ONE_TREE: REFUSED},
    ),
    "a hard link behind the removal of a folder with what it names": Case(
        [_LOWER, layer(whiteout("d"), hardlink("g", "d/a"))], {ALL: REFUSED}
    ),
    "two PAX headers before one entry": Case(
        [_tar(_pax_header(uid="7", path="x"), _pax_header(gid="8"), file("a"), file("b"))], {}
    ),
    "a PAX global header behind a PAX header": Case(
        [_tar(_pax_header(path="x"), _global_header(comment="x"), file("a"), file("b"))], {"umoci": REFUSED}
    ),
    "entries behind a single block of zeros": Case([_tar(file("a"), bytes(512), file("b"))], {ALL: REFUSED}),
    "a PAX global header": Case(
        [_tar(_global_header(uid="7", mtime="9", size="3", path="x"), file("a", b"12345"), file("b"))],
        {"umoci": REFUSED},
    ),
    "an unknown type flag": Case([layer(Entry("a", b"Z", b"x"))], {ALL: REFUSED}),
    "a sparse file of old GNU tar": Case([sparse_files("--format=gnu")], {ALL: REFUSED}),
    "a path of more than 4,096 bytes": Case([layer(file("/".join(["n" * 200] * 21)))], {ALL: REFUSED}),
    "a time before 1970": Case([layer(file("a", mtime=-5.5))], {f"{OVERLAY} podman-vfs": {"a": "mtime"}}),
}


@pytest.mark.parametrize("name", CASES)
def test_runtimes_make_of_it_what_the_documentation_says(name: str, tmp_path: Path) -> None:
    layers, expected = CASES[name]
    image = docker_archive(tmp_path / "image.tar", *layers)
    *_, listed = by_layerview(image)
    cuts = cut(image, tmp_path / "cuts", first=len(list(layers)))
    with ThreadPoolExecutor() as pool:
        outcomes = dict(zip(JUDGES, pool.map(lambda judge: _outcome(judge, listed, cuts), JUDGES), strict=True))
    assert outcomes == {
        judge: next((outcome for judges, outcome in expected.items() if judge in judges.split()), {})
        for judge in JUDGES
    }


def _outcome(judge: str, listed: Listing, cuts: Cuts) -> Outcome:
    outcome: dict[str, str] = {}
    try:
        with closing(JUDGES[judge].listings(cuts)) as judged:
            for difference in differences(JUDGES[judge].tells(listed), next(judged)):
                outcome[difference.path] = f"{outcome.get(difference.path, '')} {difference.field}".strip()
    except RefusedError:
        return None
    return outcome
