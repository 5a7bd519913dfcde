"""Docker archives and OCI layouts: which image, which layers, and what is wrong with them (statements 34 to 43)."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerview.errors import AmbiguousError, DamagedError, LayerviewError, NotAnImageError, NotFoundError, UsageError
from layerview.image import Platform
from layerview.layers.zstd import zstd
from layerview.sources import open_source
from layerview.sources.archives import members as members_
from layerview.sources.archives import streamed
from tests.builders import directory, file, layer, whiteout
from tests.sources.images import (
    CONFIG,
    LAYER,
    MANIFEST,
    Built,
    Layout,
    Link,
    Members,
    Read,
    Saved,
    digest,
    docker_archive,
    encode,
    folder,
    for_platform,
    image,
    named,
    read,
    read_from,
    sha256,
    simple,
    tar,
)

LOWER = layer(file("a", b"lower"), file("b"))
UPPER = layer(whiteout("b"), file("c", b"upper"))
OCI_FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar"
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "tar": lambda archive: archive,
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    """How a whole archive is packed."""
    return WAYS[request.param]


def opened(tmp_path: Path, members: Members, platform: str | None = None) -> Read:
    """What is read from an archive with these members."""
    return read_from(tmp_path / "archive", tar(members), platform)


class TestDockerArchive:
    """Archives by docker save and podman save (statement 37)."""

    def test_image_and_layers_are_read_however_the_archive_is_packed(
        self, tmp_path: Path, way: Callable[[bytes], bytes]
    ) -> None:
        history: list[dict[str, Any]] = [
            {"created_by": "RUN a"},
            {"created_by": "ENV A=1", "empty_layer": True},
            {"created_by": "RUN b"},
        ]
        built = image(LOWER, UPPER, history=history, config={"Env": ["A=1"], "Cmd": None, "Labels": {"a": "b"}})
        found = read_from(tmp_path / "archive", way(tar(docker_archive(Saved(built, ("demo:1", "demo:2"))))))
        assert found.paths == {1: ["a", "b"], 2: ["b", "c"]}
        assert found.image.name == "demo:1"
        assert found.image.tags == ("demo:1", "demo:2")
        assert found.image.id == digest(built.config)
        assert found.image.platform == Platform("linux", "amd64")
        assert found.image.config.env == ("A=1",)
        assert found.image.config.labels == {"a": "b"}
        assert [layer.diff_id for layer in found.image.layers] == [digest(LOWER), digest(UPPER)]
        assert [layer and layer.number for _, layer in found.image.steps] == [1, None, 2]

    def test_layers_may_come_before_and_after_what_tells_of_them(self, tmp_path: Path) -> None:
        members = docker_archive(Saved(image(LOWER, UPPER)))
        for order in (sorted(members), sorted(members, reverse=True)):
            for pack in (WAYS["tar"], WAYS["gzip"]):
                found = read_from(tmp_path / "archive", pack(tar({name: members[name] for name in order})))
                assert found.paths == {1: ["a", "b"], 2: ["b", "c"]}

    @pytest.mark.parametrize("size", [7 << 20, 5 << 19])
    def test_much_json_before_what_tells_of_the_image_hides_nothing(self, tmp_path: Path, size: int) -> None:
        """As bills of materials are, which builders add to each image."""
        bills = {f"blobs/sha256/bill-{number}": b'{"x": "%s"}' % (b"%d" % number * size) for number in range(20)}
        members = {**bills, **docker_archive(Saved(image(LOWER, UPPER)))}
        assert read_from(tmp_path / "archive", WAYS["gzip"](tar(members))).paths == {1: ["a", "b"], 2: ["b", "c"]}

    @pytest.mark.parametrize("pack", [WAYS["tar"], WAYS["gzip"]])
    def test_layer_may_be_a_link_to_another_member(self, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
        members = docker_archive(Saved(image(LOWER, UPPER, LOWER)))
        manifest = [{**_json(members["manifest.json"])[0], "Layers": ["1/layer.tar", "2/layer.tar", "3/layer.tar"]}]
        members |= {
            "1/layer.tar": LOWER,
            "2/layer.tar": UPPER,
            "3/layer.tar": Link("../1/layer.tar"),
            "manifest.json": encode(manifest),
        }
        assert read_from(tmp_path / "x", pack(tar(members))).paths == {1: ["a", "b"], 2: ["b", "c"], 3: ["a", "b"]}

    @pytest.mark.parametrize("target", ["../../../../etc/passwd", "/etc/passwd", "../3/layer.tar", "nowhere"])
    def test_link_that_leads_out_of_the_archive_leads_nowhere(self, tmp_path: Path, target: str) -> None:
        members = docker_archive(Saved(image(LOWER)))
        manifest = [{**_json(members["manifest.json"])[0], "Layers": ["3/layer.tar"]}]
        members |= {"3/layer.tar": Link(target), "manifest.json": encode(manifest)}
        found = opened(tmp_path, members)
        assert found.layers == {}
        assert found.image.layers[0].unavailable == "missing"

    def test_names_may_be_written_with_dots_and_slashes(self, tmp_path: Path) -> None:
        members = {f"./{name}": content for name, content in docker_archive(Saved(image(LOWER))).items()}
        assert opened(tmp_path, members).paths == {1: ["a", "b"]}

    @pytest.mark.parametrize("pack", [WAYS["tar"], WAYS["gzip"]])
    def test_archive_of_an_old_docker_has_only_repositories(
        self, tmp_path: Path, pack: Callable[[bytes], bytes]
    ) -> None:
        members: Members = {
            "low/json": encode({"id": "low", "created": "2014-01-01T00:00:00Z", "os": "linux", "architecture": "amd64",
                                "container_config": {"Cmd": ["/bin/sh", "-c", "#(nop) ADD file:a in /"]}}),
            "low/layer.tar": LOWER,
            "low/VERSION": b"1.0",
            "env/json": encode({"id": "env", "parent": "low", "throwaway": True,
                                "container_config": {"Cmd": ["/bin/sh", "-c", "#(nop) ENV A=1"]}}),
            "top/json": encode({"id": "top", "parent": "env", "os": "linux", "architecture": "arm64",
                                "container_config": {"Cmd": ["/bin/sh", "-c", "rm b"]}, "config": {"Env": ["A=1"]}}),
            "top/layer.tar": UPPER,
            "top/VERSION": b"1.0",
            "repositories": encode({"old": {"1": "top", "latest": "top"}}),
        }  # fmt: skip
        found = read_from(tmp_path / "archive", pack(tar(members)))
        assert found.paths == {1: ["a", "b"], 2: ["b", "c"]}
        assert found.image.tags == ("old:1", "old:latest")
        assert found.image.config.env == ("A=1",)
        assert str(found.image.platform) == "linux/arm64"
        assert [entry.instruction for entry, _ in found.image.steps] == ["ADD file:a in /", "ENV A=1", "RUN rm b"]

    def test_circle_of_parents_ends(self, tmp_path: Path) -> None:
        members: Members = {
            "a/json": encode({"parent": "b"}),
            "b/json": encode({"parent": "a"}),
            "repositories": encode({"x": {"1": "a"}}),
        }
        with pytest.raises(DamagedError, match="circle"):
            opened(tmp_path, members)

    def test_image_without_a_tag_is_called_as_its_file(self, tmp_path: Path) -> None:
        assert opened(tmp_path, docker_archive(Saved(image(LOWER), ()))).image.name == "archive"

    def test_config_that_is_not_what_its_name_says_is_refused(self, tmp_path: Path) -> None:
        members = docker_archive(Saved(image(LOWER)))
        name = next(name for name in members if name.endswith(".json"))
        members[name] = simple("other").config
        with pytest.raises(DamagedError, match="not what its digest"):
            opened(tmp_path, members)

    def test_missing_config_is_named(self, tmp_path: Path) -> None:
        members = docker_archive(Saved(image(LOWER)))
        del members[next(name for name in members if name.endswith(".json"))]
        with pytest.raises(DamagedError, match="lacks the image's config"):
            opened(tmp_path, members)

    def test_missing_layer_leaves_the_others(self, tmp_path: Path) -> None:
        members = docker_archive(Saved(image(LOWER, UPPER)))
        del members[f"{sha256(LOWER)}/layer.tar"]
        found = opened(tmp_path, members)
        assert found.image.layers[0].unavailable == "missing"
        assert found.paths == {2: ["b", "c"]}


class TestSeveralImages:
    """Statement 40."""

    ARCHIVE = docker_archive(
        Saved(simple("one"), ("demo:1",)), Saved(simple("two"), ("demo:2", "other:2")), Saved(simple("three"), ())
    )

    @pytest.mark.parametrize(
        ("name", "paths"),
        [("demo:1", "one"), ("docker.io/library/demo:2", "two"), ("other:2", "two"), ("@0", "one"), ("@2", "three")],
    )
    def test_one_is_chosen_by_name_or_place(self, tmp_path: Path, name: str, paths: str) -> None:
        path = tmp_path / "archive.tar"
        path.write_bytes(tar(self.ARCHIVE))
        found = read(open_source(f"docker-archive:{path}:{name}"))
        assert found.paths == {1: [paths]}

    def test_without_a_name_they_are_listed_as_one_would_write_them(self, tmp_path: Path) -> None:
        with pytest.raises(AmbiguousError) as raised:
            opened(tmp_path, self.ARCHIVE)
        spelling = f"docker-archive:{tmp_path / 'archive'}"
        assert raised.value.hint == f"Choose by {spelling}:demo:1 or {spelling}:demo:2 or {spelling}:@2."

    def test_unknown_name_is_answered_with_those_there_are(self, tmp_path: Path) -> None:
        (tmp_path / "x.tar").write_bytes(tar(self.ARCHIVE))
        with pytest.raises(NotFoundError) as raised:
            read(open_source(f"docker-archive:{tmp_path / 'x.tar'}:demo:3"))
        assert raised.value.hint == "It has demo:1, demo:2, @2."

    @pytest.mark.parametrize("name", ["@3", "@99999999999999999999"])
    def test_place_that_there_is_not_is_not_found(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "x.tar").write_bytes(tar(self.ARCHIVE))
        with pytest.raises(NotFoundError):
            read(open_source(f"docker-archive:{tmp_path / 'x.tar'}:{name}"))

    def test_place_that_is_no_number_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x.tar").write_bytes(tar(self.ARCHIVE))
        with pytest.raises(UsageError):
            read(open_source(f"docker-archive:{tmp_path / 'x.tar'}:@x"))


class TestLayout:
    """OCI layouts, as folders and as archives (statements 35, 36, 38, 39, 43)."""

    @pytest.mark.parametrize("packed", [gzip.compress, zstd.compress, bytes], ids=["gzip", "zstd", "none"])
    @pytest.mark.parametrize("way_in", ["folder", "archive", "compressed"])
    def test_layers_are_read_however_they_are_compressed(
        self, tmp_path: Path, packed: Callable[[bytes], bytes], way_in: str
    ) -> None:
        layout = Layout()
        built = image(LOWER, UPPER, blobs=[packed(LOWER), packed(UPPER)])
        # The media type says something else: the first bytes decide.
        members = layout.of(layout.image(built, f"{LAYER}+gzip", **named("localhost:5000/demo:1")))
        if way_in == "folder":
            found = read(open_source(str(folder(tmp_path / "layout", members))))
        else:
            archive = tar(members)
            found = read_from(tmp_path / "x", gzip.compress(archive) if way_in == "compressed" else archive)
        assert found.paths == {1: ["a", "b"], 2: ["b", "c"]}
        assert found.image.name == "localhost:5000/demo:1"
        assert found.image.digests[0].startswith("localhost:5000/demo@sha256:")
        assert [layer.digest for layer in found.image.layers] == [digest(blob) for blob in built.blobs]
        assert [layer.stored_size for layer in found.image.layers] == [len(blob) for blob in built.blobs]

    def test_name_that_is_only_a_tag_is_shown_after_the_layout(self, tmp_path: Path) -> None:
        layout = Layout()
        path = folder(tmp_path / "layout", layout.of(layout.image(simple("a"), **named("v1"))))
        assert read(open_source(str(path))).image.name == "layout:v1"
        assert read(open_source(f"oci:{path}:v1")).paths == {1: ["a"]}

    def test_nested_index_is_searched_for_the_platform(self, tmp_path: Path) -> None:
        layout = Layout()
        arm = layout.image(simple("arm", platform="linux/arm/v7"), **for_platform("linux/arm/v7"))
        s390 = layout.image(simple("s390", platform="linux/s390x"), **for_platform("linux/s390x"))
        members = layout.of(layout.index(layout.index(arm, s390), **named("demo:1")))
        assert opened(tmp_path, members, platform="linux/s390x").paths == {1: ["s390"]}
        assert opened(tmp_path, members, platform="linux/arm").paths == {1: ["arm"]}

    def test_variant_is_the_index_s_where_no_config_has_one(self, tmp_path: Path) -> None:
        """Statement 39."""
        layout = Layout()
        images = [
            layout.image(simple(variant, platform="linux/arm"), **for_platform(f"linux/arm/{variant}"))
            for variant in ("v6", "v7")
        ]
        members = layout.of(layout.index(*images))
        for variant in ("v6", "v7"):
            assert opened(tmp_path, members, platform=f"linux/arm/{variant}").paths == {1: [variant]}

    def test_variant_that_nothing_tells_may_be_any(self, tmp_path: Path) -> None:
        members = docker_archive(Saved(simple("arm", platform="linux/arm")))
        assert opened(tmp_path, members, platform="linux/arm/v6").paths == {1: ["arm"]}

    def test_host_s_platform_is_the_default(self, tmp_path: Path) -> None:
        layout = Layout()
        host = str(Platform.host())
        ours = layout.image(simple("ours", platform=host))
        theirs = layout.image(simple("theirs", platform="linux/s390x"))
        assert opened(tmp_path, layout.of(layout.index(theirs, ours))).paths == {1: ["ours"]}

    def test_foreign_platforms_only_are_listed(self, tmp_path: Path) -> None:
        layout = Layout()
        images = [layout.image(simple(name, platform=f"linux/{name}")) for name in ("s390x", "riscv64")]
        members = layout.of(layout.index(*images))
        with pytest.raises(AmbiguousError) as raised:
            opened(tmp_path, members)
        assert raised.value.hint == "Choose by --platform linux/s390x or --platform linux/riscv64."
        with pytest.raises(NotFoundError, match="for linux/amd64"):
            opened(tmp_path, members, platform="linux/amd64")

    def test_what_is_no_image_for_a_platform_is_passed_over(self, tmp_path: Path) -> None:
        layout = Layout()
        wanted = layout.image(simple("wanted"))
        attestation = layout.image(
            simple("attestation"),
            annotations={"vnd.docker.reference.type": "attestation-manifest"},
        )
        unknown = layout.image(simple("unknown"), **for_platform("unknown/unknown"))
        artifact = layout.image(simple("artifact"), artifactType="application/vnd.example")
        chart = layout.blob(
            encode({"config": layout.blob(b"{}", "application/vnd.cncf.helm.config.v1+json"), "layers": []}), MANIFEST
        )
        signature = layout.image(simple("signature"), "application/vnd.dev.cosign.simplesigning.v1+json")
        statement = layout.image(simple("statement"), "application/vnd.in-toto+json")
        referrer = layout.image(simple("about"), annotations={"io.containerd.manifest.subject": wanted["digest"]})
        strange = layout.blob(b"not even JSON", "application/vnd.example.thing")
        absent = {"mediaType": MANIFEST, "digest": f"sha256:{'0' * 64}", "size": 1, **for_platform("linux/arm64")}
        members = layout.of(
            layout.index(attestation, unknown, artifact, chart, signature, statement, referrer, strange, absent, wanted)
        )
        assert opened(tmp_path, members).paths == {1: ["wanted"]}

    def test_index_without_an_image_is_no_image(self, tmp_path: Path) -> None:
        with pytest.raises(NotAnImageError):
            opened(tmp_path, Layout().of())

    def test_same_image_in_both_kinds_of_manifest_is_one(self, tmp_path: Path) -> None:
        built = simple("a")
        layout = Layout()
        members = layout.of(layout.image(built, annotations={"io.containerd.image.name": "docker.io/library/demo:1"}))
        blob = f"blobs/sha256/{sha256(built.blobs[0])}"
        manifest = [{"Config": f"blobs/sha256/{sha256(built.config)}", "RepoTags": ["demo:1"], "Layers": [blob]}]
        found = opened(tmp_path, {**members, "manifest.json": encode(manifest)})
        assert found.image.tags == ("demo:1",)
        assert found.image.layers[0].digest == digest(built.blobs[0])
        assert found.image.source.startswith("Docker archive ")
        assert found.paths == {1: ["a"]}

    def test_layers_that_are_encrypted_or_elsewhere_are_told_from_the_rest(self, tmp_path: Path) -> None:
        layers = [layer(file(name)) for name in ("secret", "foreign", "lost", "plain")]
        layout = Layout()
        foreign = {"mediaType": f"{OCI_FOREIGN}+gzip", "digest": digest(layers[1]), "size": 5}
        lost = {"mediaType": LAYER, "digest": digest(layers[2]), "size": 6}
        manifest = {
            "config": layout.blob(image(*layers).config, CONFIG),
            "layers": [layout.blob(b"x", f"{LAYER}+gzip+encrypted"), foreign, lost, layout.blob(layers[3], LAYER)],
        }
        found = opened(tmp_path, layout.of(layout.blob(encode(manifest), MANIFEST)))
        assert [each.unavailable for each in found.image.layers] == ["encrypted", "not distributable", "missing", ""]
        assert found.paths == {4: ["plain"]}

    @pytest.mark.parametrize("way_in", ["archive", "compressed"])
    def test_blob_that_is_not_what_its_digest_says_is_not_trusted(self, tmp_path: Path, way_in: str) -> None:
        layout = Layout()
        blobs = [gzip.compress(LOWER), gzip.compress(UPPER)]
        members = layout.of(layout.image(image(LOWER, UPPER, blobs=blobs)))
        members[f"blobs/sha256/{sha256(blobs[0])}"] = gzip.compress(layer(file("forged")))
        archive = tar(members)
        found = read_from(tmp_path / "x", gzip.compress(archive) if way_in == "compressed" else archive)
        assert found.paths == {2: ["b", "c"]}
        assert "digest" in found.faults[1]

    @pytest.mark.parametrize("way_in", ["archive", "compressed"])
    def test_tar_that_is_not_what_its_diff_id_says_is_not_trusted(self, tmp_path: Path, way_in: str) -> None:
        layout = Layout()
        built = image(LOWER, blobs=[gzip.compress(layer(file("forged")))])
        archive = tar(layout.of(layout.image(built)))
        found = read_from(tmp_path / "x", gzip.compress(archive) if way_in == "compressed" else archive)
        assert found.paths == {}
        assert "digest" in found.faults[1]

    def test_manifest_that_is_not_what_its_digest_says_is_refused(self, tmp_path: Path) -> None:
        layout = Layout()
        descriptor = layout.image(simple("a"))
        members = layout.of(descriptor)
        members[f"blobs/{descriptor['digest'].replace(':', '/')}"] = encode({"config": {}, "layers": []})
        with pytest.raises(DamagedError, match="not what its digest"):
            opened(tmp_path, members)

    @pytest.mark.parametrize(
        "name", ["sha256:../../../etc/passwd", "../x:" + "0" * 64, "sha256:" + "0" * 63, "md5:" + "0" * 32, ""]
    )
    def test_digest_that_is_none_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(DamagedError):
            opened(tmp_path, Layout().of({"mediaType": MANIFEST, "digest": name, "size": 1}))

    def test_folder_s_special_files_are_not_opened(self, tmp_path: Path) -> None:
        layout = Layout()
        path = folder(tmp_path / "layout", layout.of(layout.image(image(LOWER))))
        blob = path / "blobs/sha256" / sha256(LOWER)
        blob.unlink()
        os.mkfifo(blob)
        assert read(open_source(str(path))).image.layers[0].unavailable == "missing"


class TestShapes:
    """Images of every shape (statements 34, 41, 42)."""

    def test_image_without_a_layer(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        found = read_from(tmp_path / "x", way(tar(docker_archive(Saved(image())))))
        assert found.image.layers == ()
        assert found.layers == {}

    def test_layer_without_an_entry(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        found = read_from(tmp_path / "x", way(tar(docker_archive(Saved(image(layer(), LOWER))))))
        assert found.paths == {1: [], 2: ["a", "b"]}

    def test_127_layers(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        built = image(*(layer(file(f"f{number}")) for number in range(127)))
        found = read_from(tmp_path / "x", way(tar(docker_archive(Saved(built)))))
        assert found.paths == {number + 1: [f"f{number}"] for number in range(127)}

    def test_same_layer_twice_is_indexed_once_and_found_twice(
        self, tmp_path: Path, way: Callable[[bytes], bytes]
    ) -> None:
        found = read_from(tmp_path / "x", way(tar(docker_archive(Saved(image(LOWER, UPPER, LOWER))))))
        assert found.paths == {1: ["a", "b"], 2: ["b", "c"], 3: ["a", "b"]}

    def test_windows_layer_keeps_its_folders(self, tmp_path: Path) -> None:
        windows = layer(file("Files/Windows/x"), file("Hives/System_Delta"), file("UtilityVM/Files/y"))
        found = opened(tmp_path, docker_archive(Saved(image(windows, platform="windows/amd64"))))
        assert found.paths == {1: ["Files/Windows/x", "Hives/System_Delta", "UtilityVM/Files/y"]}

    def test_history_that_tells_of_fewer_layers(self, tmp_path: Path) -> None:
        built = image(LOWER, UPPER, history=[{"created_by": "RUN a"}])
        steps = opened(tmp_path, docker_archive(Saved(built))).image.steps
        assert [(entry.instruction, each and each.number) for entry, each in steps] == [("RUN a", 1), ("", 2)]

    def test_history_that_tells_of_more_layers(self, tmp_path: Path) -> None:
        built = image(LOWER, history=[{"created_by": "RUN a"}, {"created_by": "RUN b"}])
        found = opened(tmp_path, docker_archive(Saved(built))).image
        assert [each and each.number for _, each in found.steps] == [1, None]
        assert len(found.warnings) == 1


class TestDamage:
    """Whatever is wrong is a LayerviewError, or a layer's."""

    def test_archive_cut_off_anywhere_ends_in_an_error(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        whole = way(tar(docker_archive(Saved(image(LOWER, UPPER)))).rstrip(b"\0"))
        for end in range(0, len(whole) - 1, 97):
            with pytest.raises(LayerviewError):
                read_from(tmp_path / "x", whole[:end])

    def test_archive_cut_off_in_its_first_member_is_called_damaged(
        self, tmp_path: Path, way: Callable[[bytes], bytes]
    ) -> None:
        random = os.urandom(300_000)
        whole = tar({"layer.tar": layer(file("a", random)), **docker_archive(Saved(image()))})
        with pytest.raises(DamagedError, match="cut off"):
            read_from(tmp_path / "x", way(whole)[:200_000])

    def test_damaged_layer_leaves_the_others(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        members = docker_archive(Saved(image(LOWER, UPPER)))
        members[f"{sha256(LOWER)}/layer.tar"] = LOWER[:100] + b"\xff" * 900
        found = read_from(tmp_path / "x", way(tar(members)))
        assert found.paths == {2: ["b", "c"]}
        assert set(found.faults) == {1}

    @pytest.mark.parametrize(
        "manifest",
        [
            b"",
            b"[",
            b"{}",
            b"null",
            b"[null]",
            b"[[]]",
            b'[{"Config": 1}]',
            b'[{"Config": "x", "Layers": "y"}]',
            b'[{"Config": "manifest.json", "Layers": []}]',
            b'[{"Config": "\xff"}]',
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"[" + b"1," * 100_000 + b"1]",
        ],
    )
    def test_manifest_of_the_wrong_shape(self, tmp_path: Path, manifest: bytes) -> None:
        for pack in (WAYS["tar"], WAYS["gzip"]):
            with pytest.raises(LayerviewError):
                read_from(tmp_path / "x", pack(tar({"manifest.json": manifest})))

    @pytest.mark.parametrize(
        "config",
        [b"[]", b"null", b'{"rootfs": {"diff_ids": ["x"]}}', b'{"rootfs": {"diff_ids": {}}}', b'{"rootfs": 1}'],
    )
    def test_config_that_does_not_tell_of_its_layers(self, tmp_path: Path, config: bytes) -> None:
        members: Members = {"c": config, "manifest.json": encode([{"Config": "c", "Layers": []}])}
        with pytest.raises(DamagedError, match="config cannot be read"):
            opened(tmp_path, members)

    def test_config_with_odd_fields_serves_without_them(self, tmp_path: Path) -> None:
        """Statement 50."""
        config = {**json.loads(image(LOWER).config), "os": 1, "config": {"Env": [1], "User": "u"}}
        found = opened(tmp_path, docker_archive(Saved(Built(encode(config), (LOWER,)))))
        assert found.paths == {1: ["a", "b"]}
        assert found.image.config.user == "u"
        assert len(found.image.warnings) == 2

    def test_manifest_and_config_that_disagree(self, tmp_path: Path) -> None:
        members: Members = {"c": image(LOWER).config, "manifest.json": encode([{"Config": "c", "Layers": []}])}
        with pytest.raises(DamagedError, match="lists 0 layers, its config 1"):
            opened(tmp_path, members)

    def test_manifest_that_is_huge_is_refused_unread(self, tmp_path: Path) -> None:
        with pytest.raises(DamagedError, match="more than"):
            opened(tmp_path, {"manifest.json": bytes(17 << 20)})

    def test_index_listed_many_times_is_one_image(self, tmp_path: Path) -> None:
        layout = Layout()
        inner = layout.index(layout.image(simple("a")))
        members = layout.of(*(dict(inner, **named(f"demo:{number}")) for number in range(50)), inner)
        found = opened(tmp_path, members)
        assert found.paths == {1: ["a"]}
        assert len(found.image.tags) == 50

    @pytest.mark.parametrize("content", [b"", b"not an image", bytes(10_240), b"\x1f\x8b\x08garbage"])
    def test_file_that_is_no_image(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(LayerviewError):
            read_from(tmp_path / "x", content)


class TestLayer:
    """The tar of one layer, or of a root filesystem, is an image of one layer (statement 44)."""

    ENTRIES = (directory("etc"), file("etc/passwd", b"root"), file("etc/x.json", b"{}"), whiteout("bin/sh"))

    def test_is_an_image_of_one_layer(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        found = read_from(tmp_path / "x", way(layer(*self.ENTRIES)))
        assert found.paths == {1: ["etc", "etc/passwd", "etc/x.json", "bin/sh"]}
        assert found.image.name == "x"
        assert found.image.source == f"Layer {tmp_path / 'x'}"
        assert [entry.instruction for entry, _ in found.image.steps] == [""]

    def test_may_hold_what_an_archive_of_images_holds(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        inner = tar(docker_archive(Saved(simple("a"))))
        found = read_from(tmp_path / "x", way(layer(file("srv/manifest.json", b"[]"), file("srv/image.tar", inner))))
        assert found.paths == {1: ["srv/manifest.json", "srv/image.tar"]}

    def test_may_have_more_files_than_any_archive_of_images(
        self, tmp_path: Path, way: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (members_, streamed):
            monkeypatch.setattr(module, "MAX_MEMBERS", 3)
        names = [f"blobs/{number}" for number in range(5)]
        assert read_from(tmp_path / "x", way(layer(*map(file, names)))).paths == {1: names}

    @pytest.mark.parametrize("missing", ["manifest.json", "index.json"])
    def test_is_not_what_is_left_of_an_archive_of_images(
        self, tmp_path: Path, way: Callable[[bytes], bytes], missing: str
    ) -> None:
        layout = Layout()
        whole = (
            docker_archive(Saved(simple("a"))) if missing == "manifest.json" else layout.of(layout.image(simple("a")))
        )
        del whole[missing]
        with pytest.raises(DamagedError, match="neither manifest"):
            read_from(tmp_path / "x", way(tar(whole)))

    def test_has_no_name_and_no_platform(self, tmp_path: Path) -> None:
        (tmp_path / "x.tar").write_bytes(layer(*self.ENTRIES))
        with pytest.raises(NotFoundError):
            open_source(f"docker-archive:{tmp_path / 'x.tar'}:demo:1").describe()
        with pytest.raises(NotFoundError, match="no image for linux/arm64"):
            open_source(str(tmp_path / "x.tar"), platform="linux/arm64").describe()

    def test_that_is_cut_off_is_damaged(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        with pytest.raises(DamagedError, match="cut off"):
            read_from(tmp_path / "x", way(layer(*self.ENTRIES, file("big", bytes(5000)))[:-4000]))


class TestV7:
    """Tars of the oldest format, which nothing marks as such (statement 31)."""

    def test_archive_of_images_is_one(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        members = folder(tmp_path / "members", docker_archive(Saved(image(LOWER, UPPER))))
        assert read_from(tmp_path / "x", way(_v7(members))).paths == {1: ["a", "b"], 2: ["b", "c"]}

    def test_root_filesystem_is_an_image_of_one_layer(self, tmp_path: Path, way: Callable[[bytes], bytes]) -> None:
        root = folder(tmp_path / "root", {"etc/passwd": b"root", "{": b"{}"})
        assert sorted(read_from(tmp_path / "x", way(_v7(root))).paths[1]) == ["", "etc", "etc/passwd", "{"]

    def test_layer_may_begin_with_a_name_that_json_may_begin_with(
        self, tmp_path: Path, way: Callable[[bytes], bytes]
    ) -> None:
        root = folder(tmp_path / "root", {"{": b"{}"})
        members = docker_archive(Saved(image(_v7(root, "{"))))
        assert read_from(tmp_path / "x", way(tar(members))).paths == {1: ["{"]}

    def test_file_whose_checksum_is_another_is_no_image(self, tmp_path: Path) -> None:
        written = _v7(folder(tmp_path / "root", {"a": b"a"}), "a")
        with pytest.raises(NotAnImageError):
            read_from(tmp_path / "x", b"b" + written[1:])


def _v7(root: Path, name: str = ".") -> bytes:
    command = ["tar", "--format=v7", "--sort=name", "-C", str(root), "-c", name]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def _json(content: bytes | Link) -> list[dict[str, object]]:
    assert isinstance(content, bytes)
    found: list[dict[str, object]] = json.loads(content)
    return found
