"""What tools write that cannot be had here opens as the plainest archive of the same image does (statements 28, 35 to 40)."""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from layerview.errors import DamagedError, NotAnImageError, NotFoundError
from layerview.layers.zstd import zstd
from layerview.sources import open_source
from tests.builders import Entry, directory, file, hardlink, layer, symlink, whiteout
from tests.commands import told
from tests.sources.images import (
    LAYER,
    Built,
    Layout,
    Members,
    Saved,
    digest,
    docker_archive,
    folder,
    for_platform,
    image,
    read,
    sha256,
    tar,
)
from tests.sources.writers import (
    BAZEL,
    KANIKO,
    KANIKO_HISTORY,
    KO,
    KO_HISTORY,
    docker_build,
    docker_save,
    estargz,
    go_archive,
    go_layout,
    gzipped,
    image_folder,
    plainly,
    rules_oci_image,
    rules_oci_load,
    rules_oci_load_index,
    without_history,
)

Told = tuple[list[str], dict[str, Any]]


def written(path: Path, members: Members) -> str:
    """An archive with these members; its name."""
    path.write_bytes(tar(members))
    return str(path)


def plain(path: Path, layers: Sequence[Sequence[Entry]], **more: Any) -> Told:
    """What is told of the plainest archive of an image with these layers."""
    built = image(*(layer(*map(plainly, entries)) for entries in layers), **more)
    return _but_for_digests(told(written(path / "plain.tar", docker_archive(Saved(built)))))


def _but_for_digests(found: Told) -> Told:
    """Other names for the same entries are another tar."""
    listing, figures = found
    return listing, {**figures, "layers": [{**each, "diff_id": ""} for each in figures["layers"]]}


def shown(image: str, *options: str) -> Told:
    return _but_for_digests(told(image, *options))


class TestEstargz:
    """Layers that can be read from anywhere (statement 35)."""

    LAYERS: tuple[tuple[Entry, ...], ...] = (
        (
            directory("d"),
            file("d/large", bytes(range(256)) * 40),
            file("d/empty"),
            file("d/exact", b"1" * 512),
            hardlink("d/again", "d/large"),
            symlink("link", "d/large"),
        ),
        (file("d/small", b"1"), whiteout("d/exact"), file("z", b"22")),
    )

    @pytest.mark.parametrize("chunk", [1 << 22, 4096, 1000])
    @pytest.mark.parametrize("prioritized", [0, 2])
    @pytest.mark.parametrize("kind", ["layout", "archive", "docker archive"])
    def test_is_the_layer_without_what_it_adds(self, tmp_path: Path, kind: str, prioritized: int, chunk: int) -> None:
        tars, blobs = zip(*(estargz(*each, prioritized=prioritized, chunk=chunk) for each in self.LAYERS), strict=True)
        built = image(*tars, blobs=blobs)
        layout = Layout()
        if kind == "layout":
            found = shown(str(folder(tmp_path / "layout", layout.of(layout.image(built, f"{LAYER}+gzip")))))
        elif kind == "archive":
            found = shown(written(tmp_path / "x.tar", layout.of(layout.image(built, f"{LAYER}+gzip"))))
        else:
            found = shown(written(tmp_path / "x.tar", docker_archive(Saved(built))))
        assert found == plain(tmp_path, self.LAYERS)

    def test_is_written_as_its_format_says(self) -> None:
        """So that the tests above are of estargz."""
        entries = self.LAYERS[0]
        tar, blob = estargz(*entries, chunk=4096)
        assert gzip.decompress(blob) == tar
        footer = blob[-51:]
        assert (footer[:4], footer[12:14], footer[32:38]) == (b"\x1f\x8b\x08\x04", b"SG", b"STARGZ")
        index = BytesIO(_member(blob, int(footer[16:32], 16)))
        with tarfile.open(fileobj=index) as archive:
            contents = archive.extractfile("stargz.index.json")
            assert contents is not None
            listed = json.load(contents)["entries"]
        chunks = [each for each in listed if "offset" in each]
        assert [each["name"] for each in chunks] == [".no.prefetch.landmark", *["d/large"] * 3, "d/exact"]
        for each in chunks:
            assert digest(_member(blob, each["offset"])) == each["chunkDigest"]


def _member(blob: bytes, offset: int) -> bytes:
    """What is in the gzip member that begins there."""
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(blob[offset:])


class TestKaniko:
    """``--tar-path`` and ``--oci-layout-path``."""

    BUILT = gzipped(image(*(layer(*entries) for entries in KANIKO), history=KANIKO_HISTORY))

    def test_archive(self, tmp_path: Path) -> None:
        archive = written(tmp_path / "x.tar", go_archive((self.BUILT, ("unset-repo/unset-image-name:latest",))))
        assert shown(archive) == plain(tmp_path, KANIKO, history=KANIKO_HISTORY)

    def test_layout(self, tmp_path: Path) -> None:
        layout = str(folder(tmp_path / "layout", go_layout(self.BUILT)))
        assert shown(layout) == plain(tmp_path, KANIKO, history=KANIKO_HISTORY)


class TestBazel:
    """rules_oci, rules_docker, and the rule that Bazel had itself."""

    LAYERS = tuple(layer(*entries) for entries in BAZEL)

    @pytest.fixture
    def expected(self, tmp_path: Path) -> Told:
        return plain(tmp_path, BAZEL)

    @pytest.mark.parametrize("compressed", ["gzip", "zstd", "none", "mixed"])
    def test_load_names_every_layer_as_gzip(self, tmp_path: Path, expected: Told, compressed: str) -> None:
        as_gzip = gzipped(Built(b"", self.LAYERS)).blobs
        as_zstd = tuple(map(zstd.compress, self.LAYERS))
        blobs = {
            "gzip": as_gzip,
            "zstd": as_zstd,
            "none": self.LAYERS,
            "mixed": (as_gzip[0], as_zstd[1], self.LAYERS[2]),
        }[compressed]
        built = without_history(*self.LAYERS, blobs=blobs)
        assert shown(written(tmp_path / "x.tar", rules_oci_load(built, "demo:1", "demo:2"))) == expected
        assert shown(written(tmp_path / "x.tar", rules_oci_load(built))) == expected

    def test_image_is_a_layout_of_links(self, tmp_path: Path, expected: Told) -> None:
        built = gzipped(without_history(*self.LAYERS))
        assert shown(str(rules_oci_image(tmp_path / "image", built))) == expected

    def test_load_of_an_index_lists_it_once_for_each_tag(self, tmp_path: Path, expected: Told) -> None:
        layout = Layout()
        other = image(layer(file("other")), platform="linux/arm64")
        index = layout.index(
            layout.image(other, **for_platform("linux/arm64")),
            layout.image(without_history(*self.LAYERS), **for_platform("linux/amd64")),
        )
        archive = written(tmp_path / "x.tar", rules_oci_load_index(layout, index, "example.com/demo:1", "demo:2"))
        assert shown(archive, "--platform", "linux/amd64") == expected
        assert shown(f"oci-archive:{archive}:demo:2", "--platform", "linux/amd64") == expected

    def test_rules_docker(self, tmp_path: Path, expected: Told) -> None:
        built = gzipped(without_history(*self.LAYERS))
        assert shown(written(tmp_path / "x.tar", go_archive((built, ("bazel/pkg:image",))))) == expected

    def test_docker_build_of_old(self, tmp_path: Path, expected: Told) -> None:
        members = docker_build(without_history(*self.LAYERS), "bazel/pkg", "image")
        assert shown(written(tmp_path / "x.tar", members)) == expected


class TestKo:
    """``--tarball`` and ``--oci-layout-path``."""

    BUILT = gzipped(image(*(layer(*entries) for entries in KO), history=KO_HISTORY))

    @pytest.fixture
    def expected(self, tmp_path: Path) -> Told:
        return plain(tmp_path, KO, history=KO_HISTORY)

    @pytest.mark.parametrize("tags", [(), ("ko.local/server:latest", "ko.local/server:v1")])
    def test_archive(self, tmp_path: Path, expected: Told, tags: tuple[str, ...]) -> None:
        assert shown(written(tmp_path / "x.tar", go_archive((self.BUILT, tags)))) == expected

    def test_archive_of_several_programs(self, tmp_path: Path, expected: Told) -> None:
        other = gzipped(image(layer(file("other"))))
        archive = written(tmp_path / "x.tar", go_archive((other, ("ko.local/a:1",)), (self.BUILT, ("ko.local/b:1",))))
        assert shown(f"docker-archive:{archive}:ko.local/b:1") == expected

    def test_layout_for_several_platforms(self, tmp_path: Path, expected: Told) -> None:
        other = gzipped(image(layer(file("other")), platform="linux/arm64"))
        layout = str(folder(tmp_path / "layout", go_layout(other, self.BUILT)))
        assert shown(layout, "--platform", "linux/amd64") == expected


class TestDocker:
    """``docker save`` since Docker 25, from containerd's store (statements 38, 39)."""

    LAYERS = ((file("a", b"1"), file("b", b"22")), (whiteout("a"),))

    def test_platform_that_was_not_pulled_is_passed_over(self, tmp_path: Path) -> None:
        pulled = gzipped(image(*(layer(*entries) for entries in self.LAYERS), platform="linux/s390x"))
        other = gzipped(image(layer(file("other"))))
        archive = written(tmp_path / "x.tar", docker_save(pulled, other, "demo/demo:1"))
        assert shown(archive) == plain(tmp_path, self.LAYERS)
        with pytest.raises(NotFoundError, match="no image for linux/amd64"):
            open_source(archive, platform="linux/amd64").describe()


class TestImageFolder:
    """``dir:`` of skopeo and ``docker-dir`` of Podman (statement 38)."""

    LAYERS = ((file("a", b"1"), file("b", b"22")), (whiteout("a"), file("b", b"22", mode=0o600)))
    BUILT = gzipped(image(*(layer(*entries) for entries in LAYERS)))
    OTHER = image(layer(file("other")), platform="linux/arm64")

    @pytest.fixture
    def expected(self, tmp_path: Path) -> Told:
        return plain(tmp_path, self.LAYERS)

    def test_manifest_leads_to_the_blobs_beside_it(self, tmp_path: Path, expected: Told) -> None:
        path = folder(tmp_path / "image", image_folder(self.BUILT))
        assert shown(str(path)) == shown(f"dir:{path}") == expected

    def test_index_leads_to_manifests_beside_it(self, tmp_path: Path, expected: Told) -> None:
        path = str(folder(tmp_path / "image", image_folder(self.OTHER, self.BUILT)))
        assert shown(path, "--platform", "linux/amd64") == expected
        assert told(path, "--platform", "linux/arm64")[0][1].startswith('{"path":"other"')

    def test_packed_it_is_an_archive(self, tmp_path: Path, expected: Told) -> None:
        members = {f"image/../{name}": content for name, content in image_folder(self.BUILT).items()}
        assert shown(written(tmp_path / "x.tar", members)) == expected

    def test_blob_that_is_not_what_its_digest_says_is_not_trusted(self, tmp_path: Path) -> None:
        """Statement 43."""
        members = image_folder(self.BUILT)
        members[sha256(self.BUILT.blobs[0])] = self.BUILT.blobs[1]
        found = read(open_source(str(folder(tmp_path / "image", members))))
        assert "digest" in found.faults[1]
        assert found.paths == {2: ["a", "b"]}

    def test_blob_that_is_missing_leaves_the_others(self, tmp_path: Path) -> None:
        members = image_folder(self.BUILT)
        del members[sha256(self.BUILT.blobs[0])]
        found = read(open_source(str(folder(tmp_path / "image", members))))
        assert [each.unavailable for each in found.image.layers] == ["missing", ""]
        assert found.paths == {2: ["a", "b"]}

    @pytest.mark.parametrize("manifest", [b"{}", b'{"name": "My page", "icons": []}', b'[{"name": "x"}]', b"[]"])
    def test_manifest_of_something_else_is_no_image(self, tmp_path: Path, manifest: bytes) -> None:
        path = folder(tmp_path / "image", {"manifest.json": manifest})
        with pytest.raises(NotAnImageError):
            open_source(str(path)).describe()

    @pytest.mark.parametrize("manifest", [b'{"manifests": 1}', b'{"config": {}}', b" {", b'{"manifests": [{}]}'])
    def test_manifest_of_the_wrong_shape_is_named(self, tmp_path: Path, manifest: bytes) -> None:
        path = folder(tmp_path / "image", {"version": b"", "manifest.json": manifest})
        with pytest.raises(DamagedError):
            open_source(str(path)).describe()
