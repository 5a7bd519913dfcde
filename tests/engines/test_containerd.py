"""One image in containerd, in each form that it has there: blobs as they are read in place, and an export."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview.errors import NotFoundError, ServiceError
from layerview.image import ListedLayer, chain_ids
from layerview.sources import Reading, alternatives_of, open_source
from layerview.sources.containerd.ctr import containerd_is_here
from layerview.sources.containerd.listing import ContainerdImages
from tests.builders import file, layer
from tests.commands import Told, listing, told
from tests.commands import run as layerview
from tests.engines.conftest import require, run
from tests.engines.dozen import NAME
from tests.engines.nobody import Nobody
from tests.engines.running_containerd import running_containerd
from tests.sources.images import Layout, digest, for_platform, image, read, tar
from tests.unprivileged import Program, only_root


@pytest.fixture(scope="module")
def containerd() -> Iterator[str]:
    """The address of a containerd that has nothing else to do, and whose socket another user may use."""
    require("containerd", "ctr")
    if os.getuid() != 0:
        pytest.skip("only root can run containerd")
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as name, running_containerd(Path(name)) as address:
        yield address


@pytest.fixture(autouse=True)
def _address(containerd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINERD_ADDRESS", containerd)
    monkeypatch.delenv("CONTAINERD_NAMESPACE", raising=False)


@pytest.fixture(scope="module")
def imported(containerd: str, dozen: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image as it is in an archive, and in another namespace with its layers compressed."""
    require("skopeo")
    packed = tmp_path_factory.mktemp("packed") / "packed.tar"
    run("skopeo", "--insecure-policy", "copy", "--quiet", f"docker-archive:{dozen}", f"oci-archive:{packed}:packed")
    # As an image that was pulled is, but for its snapshots; "--no-unpack" came after this version.
    ctr = ("ctr", "--address", containerd)
    run(*ctr, "images", "import", dozen)
    run(*ctr, "--namespace", "k8s.io", "images", "import", "--index-name", "example.com/packed:1", packed)
    return containerd


@pytest.mark.same(place="containerd")
@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="blobs", marks=pytest.mark.same(written="`NAME`, `containerd:NAME`", read="its blobs")),
        pytest.param(
            ("--export",), id="export", marks=pytest.mark.same(written="`containerd:NAME --export`", read="an export")
        ),
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(NAME, id="plain", marks=pytest.mark.form("plain layers")),
        pytest.param("example.com/packed:1", id="packed", marks=pytest.mark.form("layers by gzip")),
    ],
)
def test_an_image_is_told_as_its_archive(name: str, options: tuple[str, ...], expected_of_dozen: Told) -> None:
    """In whichever namespace it is."""
    assert told(f"containerd:{name}", *options) == expected_of_dozen


def test_a_namespace_may_be_named(imported: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINERD_NAMESPACE", "default")
    described = open_source(f"containerd:{NAME}").describe()
    assert described is not None and described.source == "containerd, namespace default"
    assert described.layers[0].digest
    with pytest.raises(NotFoundError, match=r"has no image example\.com/packed:1 in the namespace default"):
        open_source("containerd:example.com/packed:1").describe()
    monkeypatch.delenv("CONTAINERD_NAMESPACE")
    with pytest.raises(NotFoundError, match=r"in the namespaces default, k8s\.io"):
        open_source("containerd:absent").describe()


def test_the_address_may_have_a_scheme(imported: str, expected_of_dozen: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINERD_ADDRESS", f"unix://{imported}")
    assert containerd_is_here()
    assert listing(f"containerd:{NAME}") == expected_of_dozen[0]


def test_an_image_is_found_by_its_digest(imported: str, expected_of_dozen: Told) -> None:
    """Or the beginning of it."""
    lines = run("ctr", "--address", imported, "images", "ls").decode().splitlines()
    digest = next(line.split()[2] for line in lines if line.startswith(NAME))
    for name in (digest, digest.removeprefix("sha256:")[:12]):
        assert listing(f"containerd:{name}") == expected_of_dozen[0]


@pytest.mark.usefixtures("imported")
def test_no_scheme_is_needed_where_no_other_engine_has_the_image(
    expected_of_dozen: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("CONTAINER_HOST", "unix:///nowhere/podman.sock")
    assert listing(NAME) == expected_of_dozen[0]
    with pytest.raises(ServiceError) as raised:
        open_source("localhost:1/absent:1").describe()
    assert raised.value.message.startswith(
        "No place has localhost:1/absent:1: No Docker Engine is running at unix:///nowhere/docker.sock; "
        "No Podman service is running at unix:///nowhere/podman.sock; "
        "containerd has no image localhost:1/absent:1 in the namespaces default, k8s.io; "
    )
    assert raised.value.hint.startswith("Check its name, or say where it is")


def _ctr(*words: str) -> list[list[str]]:
    """The lines that containerd's command prints below the heading, word by word."""
    return [line.split() for line in run("ctr", *words).decode().splitlines()[1:]]


@pytest.mark.usefixtures("imported")
def test_the_list_is_containerds_and_sizes_are_those_of_what_is_unpacked(expected_of_dozen: Told) -> None:
    """In each namespace."""
    images = {image.names[0]: image for image in ContainerdImages().images()}
    diff_ids = [each["diff_id"] for each in expected_of_dozen[1]["layers"]]
    for name, namespace in ((NAME, "default"), ("example.com/packed:1", "k8s.io")):
        (digest,) = (line[2] for line in _ctr("-n", namespace, "images", "ls") if line[0] == name)
        usage = {line[0]: int(line[1]) for line in _ctr("-n", namespace, "snapshots", "usage", "-b")}
        image = images[name]
        assert (image.id, str(image.platform), image.reference) == (digest, "linux/amd64", f"containerd:{name}")
        expected = zip(diff_ids, chain_ids(diff_ids), strict=True)
        assert image.layers == tuple(ListedLayer(diff_id, usage[chain_id]) for diff_id, chain_id in expected)
        assert image.size and sum(usage.values()) > image.size / 2
        assert ContainerdImages().with_layers(image) == image


@pytest.mark.usefixtures("imported")
def test_a_name_that_means_something_else_in_another_namespace_is_told_by_its_digest(
    imported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And opens what it names. Kubernetes' names by digests are left out where there are others."""
    run("ctr", "-n", "k8s.io", "images", "tag", "example.com/packed:1", NAME)
    run("ctr", "-n", "k8s.io", "images", "tag", "example.com/packed:1", f"sha256:{'0' * 64}")
    run("ctr", "-n", "k8s.io", "images", "tag", "example.com/packed:1", f"example.com/packed@sha256:{'0' * 64}")
    try:
        (packed,) = (image for image in ContainerdImages().images() if "example.com/packed:1" in image.names)
        other = f"{NAME}@{packed.id}"
        assert sorted(packed.names) == sorted((other, "example.com/packed:1"))
        described = open_source(f"containerd:{other}").describe()
        assert described is not None and described.source == "containerd, namespace k8s.io"
    finally:
        names = (NAME, f"sha256:{'0' * 64}", f"example.com/packed@sha256:{'0' * 64}")
        run("ctr", "-n", "k8s.io", "images", "rm", *names)
    monkeypatch.setenv("CONTAINERD_NAMESPACE", "default")
    assert "example.com/packed:1" not in {name for image in ContainerdImages().images() for name in image.names}


@pytest.mark.usefixtures("imported")
def test_a_config_as_large_as_a_layer_is_left_alone_in_the_list(containerd: str, tmp_path: Path) -> None:
    """Its file is made a hole of more bytes than fit into memory."""
    name, built = "example.com/huge:1", image(layer(file("huge")))
    layout = Layout()
    members = layout.of(layout.image(built, annotations={"io.containerd.image.name": name}))
    (tmp_path / "huge.tar").write_bytes(tar(members))
    run("ctr", "images", "import", tmp_path / "huge.tar")
    root = Path(containerd).parent / "root/io.containerd.content.v1.content/blobs/sha256"
    try:
        os.truncate(root / digest(built.config).removeprefix("sha256:"), 1 << 42)
        (huge,) = (each for each in ContainerdImages().images() if name in each.names)
        assert huge.layers is None
    finally:
        run("ctr", "images", "rm", "--sync", name)


@only_root
@pytest.mark.usefixtures("imported")
def test_who_may_not_read_the_store_is_told_the_same(program: Program, containerd: str) -> None:
    with Nobody(program, CONTAINERD_ADDRESS=containerd) as nobody:
        theirs = json.loads(nobody.layerview("shared", "--source", "containerd", "--json"))
    ours = json.loads(layerview("shared", "--source", "containerd", "--json"))
    assert theirs == ours
    assert len(ours["images"]) >= 2


def test_a_platform_chooses_among_several(containerd: str, tmp_path: Path) -> None:
    layout = Layout()
    platforms = ("linux/amd64", "linux/arm64")
    manifests = [
        layout.image(image(layer(file(platform.replace("/", "-"))), platform=platform), **for_platform(platform))
        for platform in platforms
    ]
    names = {"io.containerd.image.name": "example.com/several:1", "org.opencontainers.image.ref.name": "1"}
    (tmp_path / "several.tar").write_bytes(tar(layout.of(layout.index(*manifests, annotations=names))))
    run("ctr", "--address", containerd, "images", "import", "--all-platforms", tmp_path / "several.tar")
    for platform in platforms:
        for options in ((), ("--export",)):
            found = listing("containerd:example.com/several:1", "--platform", platform, *options)
            assert platform.replace("/", "-") in found[1]
    with pytest.raises(NotFoundError, match="for linux/s390x"):
        open_source("containerd:example.com/several:1", platform="linux/s390x").describe()
    source = open_source("containerd:example.com/several:1", platform="linux/arm64")
    source.describe()
    offered = list(alternatives_of(source))
    assert [(str(each.platform), each.meant) for each in offered] == [("linux/amd64", False), ("linux/arm64", True)]
    assert [read(each.open()).paths for each in offered] == [{1: ["linux-amd64"]}, {1: ["linux-arm64"]}]


@only_root
@pytest.mark.usefixtures("imported")
def test_who_may_use_containerd_but_not_its_folder_is_given_an_export(
    program: Program, containerd: str, expected_of_dozen: Told
) -> None:
    with Nobody(program, CONTAINERD_ADDRESS=containerd) as nobody:
        assert nobody.layerview("ls", f"containerd:{NAME}", "-r", "--json").splitlines() == expected_of_dozen[0]
    done = program.run("ls", f"containerd:{NAME}", "--verbose", CONTAINERD_ADDRESS=containerd, HOME="/nowhere")
    assert "layerview: the image is exported: there is no permission to read /" in done.stderr
    done = program.run("ls", f"containerd:{NAME}", "--records", CONTAINERD_ADDRESS=containerd, HOME="/nowhere")
    assert (done.returncode, done.stdout) == (3, "") and "there is no permission to read /" in done.stderr


def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINERD_ADDRESS", str(tmp_path / "none.sock"))
    with pytest.raises(ServiceError, match="No containerd is running at"):
        open_source("containerd:x").describe()
    monkeypatch.setenv("CONTAINERD_ADDRESS", os.environ["PATH"].partition(":")[0])
    with pytest.raises(ServiceError, match="cannot be used"):
        open_source("containerd:x").describe()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceError, match="without ctr"):
        open_source("containerd:x").describe()


def test_an_export_that_fails_says_why(containerd: str, tmp_path: Path) -> None:
    """As ctr says it, not that what it wrote ends."""
    layout = Layout()
    tar_of_layer = layer(file("half"))
    manifest = layout.image(image(tar_of_layer), annotations={"io.containerd.image.name": "example.com/half:1"})
    (tmp_path / "half.tar").write_bytes(tar(layout.of(manifest)))
    run("ctr", "--address", containerd, "images", "import", tmp_path / "half.tar")
    run("ctr", "--address", containerd, "content", "rm", digest(tar_of_layer))
    source = open_source("containerd:example.com/half:1", records=False)
    assert source.describe() is None
    with pytest.raises(ServiceError, match=r"ctr has failed: .*not found"):
        list(source.jobs()[0].run(Reading(lambda layer, done, total: None)))
