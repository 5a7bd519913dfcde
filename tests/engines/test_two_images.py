"""Two images that Docker built, compared: what differs between the files of their containers, path by path."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from docker import APIClient

from layerview.analysis import is_same, layer_pairs
from layerview.cli import main
from layerview.exploration import Exploration
from layerview.exploration.pair import ImagePair
from layerview.sources import open_source
from tests.engines.built import context
from tests.engines.conftest import docker_host, run
from tests.engines.judges import MADE_BY_CREATE, export
from tests.engines.listings import Row, in_tar

_BASE = """
FROM scratch
CMD ["none"]
COPY system /
RUN mkdir -p /opt/base /tmp && echo base > /opt/base/file && ln /opt/base/file /opt/base/hard
COPY --chown=7:8 site /srv/site/
"""
_OLD = f"""{_BASE}
RUN mkdir /app && cd /app && echo same > same && echo 1 > changed && echo gone > gone && ln same hard && ln -s same to \
    && mkfifo pipe && mkdir -p tree/deep && echo x > tree/deep/x && touch -d @981173106 same
ADD odd.tar /srv/odd/
RUN chmod 4755 /bin/busybox && rm /opt/base/hard
"""
_NEW = f"""{_BASE}
RUN mkdir /app && cd /app && echo same > same && echo 2 > changed && echo new > new && ln same hard && ln -s changed to \
    && mkfifo -m 600 pipe && echo tree > tree
ADD odd.tar /srv/odd/
RUN rm -r /srv/site/deep /srv/odd/caf* && chown 5:6 /srv/odd/null /opt/base && echo other > /opt/base/file
"""

_STEPS = (
    "FROM scratch",
    "COPY system /",
    "RUN echo 1 > /one",
    "COPY site /srv/site/",
    "RUN echo 2 > /two",
    "RUN rm /one",
)

Differences = dict[str, tuple[str, set[str]]]
"""By path: how it differs, and in what."""


@pytest.fixture(scope="module")
def images() -> Iterator[tuple[str, str]]:
    """The names of two images with a base in common."""
    names = [f"layerview-test/{which}:{os.getpid()}" for which in ("old", "new")]
    try:
        for name, steps in zip(names, (_OLD, _NEW), strict=True):
            with context(steps) as folder:
                run("docker", "build", "--network", "none", "--tag", name, folder)
        yield names[0], names[1]
    finally:
        run("docker", "rmi", "--force", *names)


@pytest.fixture(scope="module")
def archives(images: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The same, saved."""
    paths = [tmp_path_factory.mktemp("saved") / "image.tar" for _ in images]
    for name, path in zip(images, paths, strict=True):
        run("docker", "save", "--output", path, name)
    return str(paths[0]), str(paths[1])


@pytest.fixture(scope="module")
def expected(images: tuple[str, str]) -> Differences:
    """What differs between the exports of two containers, read by the standard library."""
    client = APIClient(base_url=docker_host(), version="auto")
    try:
        old, new = (_files(export(client, name)) for name in images)
    finally:
        client.close()
    found: Differences = {path: ("added", set()) for path in new.keys() - old.keys()}
    found |= {path: ("removed", set()) for path in old.keys() - new.keys()}
    for path in old.keys() & new.keys():
        before, after = old[path], new[path]
        aspects = {name for name in before if before[name] != after[name]}
        if aspects:
            found[path] = "modified", aspects - {"content", "link"} if "type" in aspects else aspects
    return found


def _files(tar: bytes) -> dict[str, dict[str, object]]:
    """What there is at each path, without what ``docker create`` makes."""
    rows, found = in_tar(tar), dict[str, dict[str, object]]()
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        for member in archive:
            path = member.name.strip("/")
            file = archive.extractfile(member) if member.isfile() or member.islnk() else None
            found[path] = _aspects(rows[path], hashlib.sha256(file.read()).hexdigest() if file else "")
    return {path: aspects for path, aspects in found.items() if path not in MADE_BY_CREATE}


def _aspects(row: Row, content: str) -> dict[str, object]:
    return {
        "type": "file" if row.type == "hardlink" else row.type,
        "content": content,
        "link": row.link if row.type == "symlink" else None,
        "mode": row.mode,
        "uid": row.uid,
        "gid": row.gid,
        "time": row.mtime,
        "device": row.device,
        "xattrs": row.xattrs,
    }


def differences(images: tuple[str, str], capsys: pytest.CaptureFixture[str], *options: str) -> Differences:
    """What ``layerview diff`` lists, as far as an export can tell: whole seconds."""
    assert main(["diff", *images, "--json", *options, "--no-cache"]) == 0
    found: Differences = {}
    for fields in map(json.loads, capsys.readouterr().out.splitlines()):
        aspects = set(fields["changed"])
        if aspects >= {"time"} and int(fields["mtime"]) == int(fields["before"]["mtime"]):
            aspects -= {"time"}
        if fields["path"] not in MADE_BY_CREATE and (aspects or fields["change"] != "modified"):
            found[fields["path"]] = fields["change"], aspects
    return found


@pytest.mark.parametrize("places", ["engine", "archives", "engine and archive"])
def test_what_differs_is_what_containers_have_otherwise(
    images: tuple[str, str],
    archives: tuple[str, str],
    expected: Differences,
    places: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Statement 45."""
    in_engine = f"docker:{images[0]}", f"docker:{images[1]}"
    pair = {"engine": in_engine, "archives": archives, "engine and archive": (in_engine[0], archives[1])}[places]
    assert differences(pair, capsys, "--times") == expected
    without_times = {
        path: (how, aspects) for path, (how, aspects) in expected.items() if how != "modified" or aspects != {"time"}
    }
    assert differences(pair, capsys) == without_times
    assert {
        "app/changed",
        "app/new",
        "app/gone",
        "app/to",
        "app/pipe",
        "app/tree",
        "bin/busybox",
    } <= without_times.keys()
    assert {"app/same", "app/hard"} & without_times.keys() == set()
    assert expected["app/same"] == ("modified", {"time"})


def test_layers_in_common_are_indexed_once(images: tuple[str, str]) -> None:
    """The base, and what ``ADD`` made in both."""
    one, other = (Exploration(open_source(f"docker:{name}")) for name in images)
    pair = ImagePair(one, other, images)
    pair.run()
    shared = [
        number for number in other.indexes if any(other.indexes[number] is index for index in one.indexes.values())
    ]
    assert shared[:3] == [1, 2, 3]
    assert len(shared) < len(other.indexes)


@pytest.mark.parametrize(
    ("steps", "page", "expected"),
    [
        pytest.param(
            (*_STEPS[:3], "RUN echo new > /new", *_STEPS[3:]),
            "<p>hello",
            [(1, 1), (2, 2), (None, 3), (3, 4), (4, 5), (5, 6)],
            id="a step inserted",
        ),
        pytest.param((*_STEPS[:4], *_STEPS[5:]), "<p>hello", [(1, 1), (2, 2), (3, 3), (4, None), (5, 4)], id="removed"),
        pytest.param(
            (*_STEPS[:4], "RUN echo 3 > /three", *_STEPS[5:]),
            "<p>hello",
            [(1, 1), (2, 2), (3, 3), (4, None), (None, 4), (5, 5)],
            id="changed",
        ),
        pytest.param(_STEPS, "<p>hello again", [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)], id="other files copied"),
    ],
)
def test_layers_of_the_steps_that_are_in_both_files_come_together(
    steps: tuple[str, ...], page: str, expected: list[tuple[int | None, int | None]]
) -> None:
    """Those below the step that differs are the same; those above, which are built anew, are of the same instructions."""
    with built(_STEPS, "<p>hello") as old, built(steps, page) as new:
        one, other = (open_source(f"docker:{name}").describe() for name in (old, new))
        assert one and other
        pairs = layer_pairs(one.layers, other.layers)
    assert [(before and before.number, after and after.number) for before, after in pairs] == expected
    assert [is_same(pair) for pair in pairs[:2]] == [True, True]


@contextmanager
def built(steps: tuple[str, ...], page: str) -> Iterator[str]:
    """The name of an image whose site has this page."""
    name = f"layerview-test/steps-{abs(hash((steps, page)))}:{os.getpid()}"
    with context("\n".join(steps)) as folder:
        (folder / "site/index.html").write_text(page)
        run("docker", "build", "--network", "none", "--tag", name, folder)
    try:
        yield name
    finally:
        run("docker", "rmi", "--force", name)


def test_two_builds_of_the_same_files_differ_in_what_they_waste(capsys: pytest.CaptureFixture[str]) -> None:
    steps = _STEPS[:2]
    removed = (*steps, "COPY site /srv/", "RUN rm -r /srv", "RUN mkdir /srv")
    with built(removed, "x" * 3_000_000) as old, built((*steps, "RUN mkdir /srv"), "") as new:
        assert main(["diff", f"docker:{old}", f"docker:{new}"]) == 0
    *_, summary = capsys.readouterr().out.splitlines()
    assert summary == "same files, the second wastes 3.0 MB less"
