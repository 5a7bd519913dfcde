"""An image that Docker built, as Docker shows it to a container, and in every form that tools keep it in."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.commands import figures, listing, told
from tests.engines.conftest import require, run

_DOCKERFILE = r"""
FROM {base}
ENV LANG=C.UTF-8
COPY hello.deb /tmp/
RUN dpkg -i /tmp/hello.deb && rm /tmp/hello.deb
RUN mkdir -p /opt/tool/bin /opt/tool/share && echo 1 > /opt/tool/share/one && cp /bin/ls /opt/tool/bin/ls
COPY --chown=5:6 site /srv/site
ADD odd.tar /srv/odd
RUN echo overwritten > /etc/issue && echo more >> /etc/profile
RUN chmod -R go-rwx /etc/cron.daily && chmod 4755 /opt/tool/bin/ls && chmod 1777 /srv
RUN chown -R 1000:1000 /opt/tool && chown 7 /usr/share/doc/tar
RUN rm -r /usr/share/doc/sed /usr/share/doc/grep/copyright && rm /usr/bin/perl5.36.0
RUN mv /opt/tool /opt/moved && mv /etc/issue /etc/issue.old
RUN rm -r /var/log && mkdir /var/log && echo new > /var/log/new
RUN ln /etc/profile /etc/profile.linked && ln -s profile /etc/profile.link && ln -s /nowhere /srv/dangling \
 && ln /usr/bin/gzip /usr/local/bin/gzip
RUN rm -r /etc/skel && ln -s default /etc/skel && rm /etc/issue.net && mkdir /etc/issue.net \
 && rm /usr/bin/awk && echo file > /usr/bin/awk
RUN echo changed > /etc/profile.linked && chmod 600 /usr/local/bin/gzip
RUN touch -d 2001-02-03T04:05:06 /srv/site/index.html && mkfifo /srv/pipe && mknod /srv/null c 1 3
RUN rm /etc/profile && rm -r /opt/moved/share && mkdir /opt/moved/share
CMD ["bash"]
"""

_MADE_BY_CREATE = {
    *(".dockerenv", "dev", "dev/console", "dev/pts", "dev/shm", "proc", "sys"),
    *("etc", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"),
}
"""What ``docker create`` adds, or changes on its way."""


class Row(NamedTuple):
    """What a listing says of a path."""

    type: str
    mode: str
    uid: int
    gid: int
    size: int
    link: str | None


@pytest.fixture(scope="module")
def image(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image that the Dockerfile above makes."""
    require("dpkg-deb")
    context = tmp_path_factory.mktemp("context")
    _write_context(context)
    (context / "Dockerfile").write_text(_DOCKERFILE.format(base=base))
    name = f"layerview-test/export:{os.getpid()}"
    run("docker", "build", "--network", "none", "--tag", name, context)
    yield name
    run("docker", "rmi", "--force", name)


def _write_context(context: Path) -> None:
    package = context / "hello"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "DEBIAN/control").write_text(
        "Package: hello-layers\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\nDescription: -\n"
    )
    (package / "usr/share/hello").mkdir(parents=True)
    (package / "usr/share/hello/world").write_text("hello\n")
    run("dpkg-deb", "--root-owner-group", "--build", package, context / "hello.deb")
    (context / "site/deep/er").mkdir(parents=True)
    (context / "site/index.html").write_text("<p>hello")
    (context / "site/deep/er/カメラ").write_text("x")
    with tarfile.open(context / "odd.tar", "w") as odd:
        for name, content in (
            ("a b", b"1"),
            ("tab\there", b"22"),
            (f"{'long/' * 40}name", b"333"),
            ("caf\udce9", b"4444"),
        ):
            info = tarfile.TarInfo(name)
            info.size, info.uid, info.gid, info.mode = len(content), 70_000, 3, 0o640
            odd.addfile(info, io.BytesIO(content))


def _exported(image: str) -> dict[str, Row]:
    """The listing of ``docker export``."""
    container = run("docker", "create", image).decode().strip()
    try:
        export = run("docker", "export", container)
    finally:
        run("docker", "rm", container)
    kinds = {
        tarfile.DIRTYPE: "directory",
        tarfile.SYMTYPE: "symlink",
        tarfile.LNKTYPE: "hardlink",
        tarfile.CHRTYPE: "char",
        tarfile.BLKTYPE: "block",
        tarfile.FIFOTYPE: "fifo",
    }
    rows: dict[str, Row] = {}
    with tarfile.open(fileobj=io.BytesIO(export)) as archive:
        for member in archive:
            size = rows[member.linkname].size if member.islnk() else member.size
            rows[member.name.strip("/")] = Row(
                kinds.get(member.type, "file"),
                f"{member.mode & 0o7777:04o}",
                member.uid,
                member.gid,
                size,
                member.linkname or None,
            )
    return rows


def _listed(image: str, *options: str) -> dict[str, Row]:
    return {
        row["path"]: Row(*(row[field] for field in Row._fields)) for row in map(json.loads, listing(image, *options))
    }


@pytest.mark.parametrize("way", ["--records", "--export"])
def test_a_listing_is_what_docker_export_gives(way: str, image: str) -> None:
    exported, listed = _exported(image), _listed(image, way)
    del listed["."]
    for path in _MADE_BY_CREATE:
        exported.pop(path, None)
        listed.pop(path, None)
    assert len(listed) > 5_000
    assert sorted(listed) == sorted(exported)
    assert {path: row for path, row in listed.items() if row != exported[path]} == {
        path: row for path, row in exported.items() if row != listed[path]
    }


def test_every_byte_is_accounted_for(image: str) -> None:
    found = figures(image)
    assert found["complete"]
    assert found["total_bytes"] - found["final_bytes"] == found["wasted_bytes"] > 0
    assert sum(charge["bytes"] for charge in found["matrix"]) == found["wasted_bytes"]
    assert sum(waste["bytes"] for waste in found["wasted"]) == found["wasted_bytes"]


def test_final_bytes_are_those_of_the_files_that_docker_export_gives(image: str) -> None:
    exported, listed = _exported(image), _listed(image)
    expected = {**exported, **{path: listed[path] for path in _MADE_BY_CREATE & listed.keys()}}
    assert figures(image)["final_bytes"] == sum(row.size for row in expected.values() if row.type == "file")


@pytest.fixture(scope="module")
def expected(image: str) -> tuple[list[str], dict[str, Any]]:
    """Listing and figures of the image in the engine."""
    return told(image)


@pytest.fixture(scope="module")
def forms(image: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The image as other tools keep it."""
    require("docker", "skopeo", "podman", "gzip", "zstd", "xz", "bzip2", "tar")
    folder = tmp_path_factory.mktemp("forms")
    saved = folder / "docker.tar"
    run("docker", "save", "--output", saved, image)
    skopeo = ("skopeo", "--insecure-policy", "copy", "--quiet")
    run(*skopeo, f"docker-archive:{saved}", f"oci:{folder}/oci-gzip:test")
    run(*skopeo, "--dest-compress-format", "zstd", f"docker-archive:{saved}", f"oci:{folder}/oci-zstd:test")
    run("tar", "-C", folder / "oci-gzip", "-cf", folder / "oci-gzip.tar", ".")
    run("tar", "-C", folder / "oci-zstd", "-cf", folder / "oci-zstd.tar", ".")
    podman = run("podman", "load", "--quiet", "--input", saved).decode().split()[-1]
    try:
        run("podman", "save", "--quiet", "--format", "docker-archive", "--output", folder / "podman.tar", podman)
        run("podman", "save", "--quiet", "--format", "oci-archive", "--output", folder / "podman-oci.tar", podman)
    finally:
        run("podman", "rmi", "--force", podman)
    for form, suffix, command in (
        ("docker", "gz", "gzip -1"),
        ("docker", "zst", "zstd -1"),
        ("podman", "xz", "xz -0"),
        ("podman", "gz", "gzip -1"),
        ("oci-gzip", "bz2", "bzip2 -1"),
        ("oci-gzip", "zst", "zstd -1"),
        ("oci-zstd", "gz", "gzip -1"),
        ("podman-oci", "zst", "zstd -1"),
    ):
        with (folder / f"{form}.tar.{suffix}").open("wb") as output:
            subprocess.run([*command.split(), "-c", folder / f"{form}.tar"], stdout=output, check=True)
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize(
    "form",
    [
        "docker.tar",
        "docker.tar.gz",
        "docker.tar.zst",
        "oci-gzip",
        "oci-gzip.tar",
        "oci-gzip.tar.bz2",
        "oci-gzip.tar.zst",
        "oci-zstd",
        "oci-zstd.tar",
        "oci-zstd.tar.gz",
        "podman.tar",
        "podman.tar.xz",
        "podman.tar.gz",
        "podman-oci.tar",
        "podman-oci.tar.zst",
    ],
)
def test_every_form_has_the_same_listing_and_report(
    form: str, forms: dict[str, Path], expected: tuple[list[str], dict[str, Any]]
) -> None:
    assert told(str(forms[form])) == expected
