"""Images on a real registry, in every format that skopeo pushes: the same listing and report as of the archive."""

from __future__ import annotations

import os
import random
import re
import shlex
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerview import cli
from layerview.errors import LayerviewError, NotFoundError, ServiceError
from layerview.image import Platform
from layerview.sources import alternatives_of, open_source
from layerview.sources.registry.client import Repository
from layerview.sources.registry.connections import session
from layerview.sources.registry.login import Login
from layerview.sources.registry.places import Place
from tests.builders import device, directory, file, hardlink, index_bytes, layer, opaque, symlink, whiteout
from tests.commands import told
from tests.engines.conftest import NewerSystem, require, run
from tests.registries import (
    IDENTITY_TOKEN,
    PASSWORD,
    USER,
    RunningRegistry,
    TokenServer,
    certificate,
    htpasswd,
    registry,
    token_server,
)
from tests.sources.images import Layout, Saved, docker_archive, folder, for_platform, image, read, simple, tar
from tests.terminal import LAYERVIEW, Terminal
from tests.unprivileged import only_root

Told = tuple[list[str], dict[str, Any]]

_RANDOM = random.Random(6)

IMAGE = image(
    layer(
        directory("d", mode=0o1777, mtime=1.5),
        file("d/a", b"1" * 700, mode=0o4755, xattrs={"security.capability": b"\1\0\0\2\0\4\0\0" + bytes(12)}),
        file(f"d/{'long/' * 30}name", b"22"),
        file("d/カメラ", b"333"),
        file("d/removed", b"4444"),
        directory("old"),
        file("old/x", b"55555"),
        symlink("link", "d/a"),
        device("null", 1, 3),
    ),
    layer(file("d/a", b"1" * 700, mode=0o600), hardlink("d/hard", "d/a"), whiteout("d/removed")),
    layer(),
    layer(directory("old"), opaque("old"), file("old/y", _RANDOM.randbytes(300_000))),
    *(layer(file(f"step-{step}", _RANDOM.randbytes(600_000)), file("d/a", b"1" * step)) for step in range(7)),
    layer(),
    history=[{"created_by": f"RUN step {step}"} for step in range(12)],
    config={"Env": ["A=1"], "Cmd": ["d/a"], "Labels": {"a": "b"}},
)
"""Of a dozen layers, two of which are one."""


@pytest.fixture(autouse=True)
def logins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody is logged in anywhere; where logins are kept during a test."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    (tmp_path / "registries.conf").touch()
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "registries.conf"))
    session.cache_clear()
    return tmp_path


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def saved(work: Path) -> str:
    """The plainest archive."""
    path = work / "saved.tar"
    path.write_bytes(tar(docker_archive(Saved(IMAGE, ("example.com/registry:1",)))))
    return str(path)


@pytest.fixture(scope="module")
def expected(saved: str) -> Told:
    """What the archive tells."""
    return told(saved)


@pytest.fixture(scope="module")
def open_to_all(work: Path) -> Iterator[RunningRegistry]:
    """A registry that asks nobody who they are."""
    with registry(work / "open") as running:
        yield running


@pytest.fixture(scope="module")
def guarded(work: Path, saved: str) -> Iterator[RunningRegistry]:
    """One that wants a user's password, with the image."""
    (work / "guarded").mkdir()
    with registry(work / "guarded", auth=htpasswd(work / "guarded")) as running:
        running.push(f"docker-archive:{saved}", "app:1")
        yield running


def push_chunked(newer: NewerSystem, to: RunningRegistry, archive: str, name: str) -> str:
    """Have a skopeo that writes records push zstd:chunked. That system knows no localhost by its name."""
    options = ("--dest-tls-verify=false", "--dest-compress-format", "zstd:chunked", "--dest-force-compress-format")
    host = to.host.replace("localhost", "127.0.0.1")
    copy = ("skopeo", "--insecure-policy", "copy", "--quiet", *options)
    newer.run(*copy, f"docker-archive:{archive}", f"docker://{host}/{name}")
    return f"registry:{to.host}/{name}"


def push_estargz(newer: NewerSystem, to: RunningRegistry, work: Path, layers: list[bytes], name: str) -> str:
    """Have crane push layers as estargz."""
    host = to.host.replace("localhost", "127.0.0.1")
    files = []
    for number, content in enumerate(layers):
        files += ["--new_layer", str(work / f"to-append-{number}.tar")]
        Path(files[-1]).write_bytes(content)
    newer.run("env", "GGCR_EXPERIMENT_ESTARGZ=1", "crane", "append", *files, "--new_tag", f"{host}/{name}")
    return f"registry:{to.host}/{name}"


def but_for_digests(told: Told) -> Told:
    """What is told but for the tars' digests, which the files change that estargz adds, and the history, which crane lacks."""
    listing, figures = told
    layers = [{**each, "diff_id": "", "instruction": ""} for each in figures["layers"]]
    return listing, {**figures, "layers": layers}


def form(name: str, *options: str) -> Any:
    """What skopeo pushes with these options."""
    id = "-".join(options[1::2]).replace(":", "-")
    return pytest.param(options, id=id, marks=pytest.mark.same(form=name, read="each layer as it comes"))


class TestFormats:
    @pytest.mark.same(place="registry", written="`registry:HOST/NAME`")
    @pytest.mark.parametrize(
        "options",
        [
            form("Docker's manifest, layers by gzip", "--format", "v2s2"),
            form("OCI manifest, layers by gzip", "--format", "oci"),
            form("OCI manifest, layers by zstd", "--format", "oci", "--dest-compress-format", "zstd"),
        ],
    )
    def test_what_skopeo_pushes(
        self, open_to_all: RunningRegistry, dozen: Path, expected_of_dozen: Told, options: tuple[str, ...]
    ) -> None:
        name = "formats:" + "-".join(options[1::2]).replace(":", "-")
        reference = open_to_all.push(f"docker-archive:{dozen}", name, *options)
        assert told(reference) == expected_of_dozen

    @pytest.mark.same(
        place="registry", form="plain layers", written="`registry:HOST/NAME`", read="each layer as it comes"
    )
    def test_uncompressed_layers(
        self, open_to_all: RunningRegistry, work: Path, dozen: Path, expected_of_dozen: Told
    ) -> None:
        run("skopeo", "--insecure-policy", "copy", "--quiet", f"docker-archive:{dozen}", f"dir:{work / 'plain'}")
        reference = open_to_all.push(f"dir:{work / 'plain'}", "plain:1", "--preserve-digests")
        assert told(reference) == expected_of_dozen

    def test_chunks_without_a_record(self, open_to_all: RunningRegistry, saved: str, expected: Told) -> None:
        """As an older skopeo pushes them."""
        options = ("--format", "oci", "--dest-compress-format", "zstd:chunked")
        assert told(open_to_all.push(f"docker-archive:{saved}", "formats:chunked", *options)) == expected

    @pytest.mark.same(
        place="registry", form="layers by zstd:chunked", written="`registry:HOST/NAME`", read="the record of each layer"
    )
    def test_newest_skopeo(
        self, newer: NewerSystem, open_to_all: RunningRegistry, dozen: Path, expected_of_dozen: Told
    ) -> None:
        assert told(push_chunked(newer, open_to_all, str(dozen), "newest:1")) == expected_of_dozen

    def test_of_zstd_chunked_only_the_record_is_fetched(
        self, newer: NewerSystem, open_to_all: RunningRegistry, work: Path
    ) -> None:
        archive = work / "large.tar"
        content = layer(*(file(f"d/{number}", _RANDOM.randbytes(1_000_000)) for number in range(40)))
        archive.write_bytes(tar(docker_archive(Saved(image(content), ("example.com/large:1",)))))
        reference = push_chunked(newer, open_to_all, str(archive), "large:1")
        (work / "open/log").write_bytes(b"")
        found = read(open_source(reference))
        assert found.layers[1] == index_bytes(content)
        sent = re.findall(r'"GET /v2/large/blobs/\S+ \S+" (\d+) (\d+)', (work / "open/log").read_text())
        assert [status for status, _ in sent] == ["200", "206"]  # the config, and a part of the layer
        assert sum(int(size) for _, size in sent) < 40_000_000 / 100

    def test_of_estargz_only_the_table_of_contents_is_fetched(
        self, newer: NewerSystem, open_to_all: RunningRegistry, work: Path
    ) -> None:
        """Statements 17, 35. crane has the library that stargz-snapshotter writes with."""
        large = [file(f"d/{number}", _RANDOM.randbytes(1_000_000), uid=number, mtime=7) for number in range(20)]
        below = (
            directory("d", mode=0o1777, mtime=1_700_000_000),
            file("d/a", b"1" * 700, mode=0o4755, xattrs={"security.capability": b"\1\0\0\2\0\4\0\0" + bytes(12)}),
            file(f"d/{'long/' * 30}name", b"22"),
            file("d/カメラ", b"333", gid=70_000),
            file("e/x", b"55555"),
            file("empty"),
            symlink("link", "d/a"),
            device("null", 1, 3),
        )
        chowned = [replace(entry, uid=1000) for entry in large]
        above = (hardlink("d/hard", "d/1"), whiteout("d/a"), directory("e"), opaque("e"), file("e/y", b"1"))
        layers = [layer(*below, *large), layer(*chowned, *above)]
        reference = push_estargz(newer, open_to_all, work, layers, "estargz:1")
        (work / "open/log").write_bytes(b"")
        found = told(reference)
        archive = work / "estargz.tar"
        archive.write_bytes(tar(docker_archive(Saved(image(*layers), ("example.com/estargz:1",)))))
        assert but_for_digests(found) == but_for_digests(told(str(archive)))
        sent = re.findall(r'"GET /v2/estargz/blobs/\S+ \S+" (\d+) (\d+)', (work / "open/log").read_text())
        # Both commands ask for the config, and for a part of each layer.
        assert sorted(status for status, _ in sent) == ["200", "200", "206", "206", "206", "206"]
        assert sum(int(size) for _, size in sent) / 2 < 40_000_000 / 100

    def test_estargz_of_a_dozen_layers(
        self, newer: NewerSystem, open_to_all: RunningRegistry, work: Path, expected: Told
    ) -> None:
        """Some are so small that they are read whole."""
        reference = push_estargz(newer, open_to_all, work, [*IMAGE.blobs], "estargz:12")
        assert but_for_digests(told(reference)) == but_for_digests(expected)

    def test_name_without_a_scheme_that_the_engine_has_not(
        self, open_to_all: RunningRegistry, saved: str, expected: Told
    ) -> None:
        reference = open_to_all.push(f"docker-archive:{saved}", "last/resort:1")
        assert told(reference.removeprefix("registry:")) == expected

    def test_name_by_digest(self, open_to_all: RunningRegistry, saved: str, expected: Told) -> None:
        reference = open_to_all.push(f"docker-archive:{saved}", "by/digest:1")
        image = open_source(reference).describe()
        assert image is not None
        (with_digest,) = image.digests
        assert with_digest.startswith(f"{open_to_all.host}/by/digest@sha256:")
        assert told(f"registry:{with_digest}") == expected


class TestPlatforms:
    @pytest.fixture(scope="class", params=["flat", "nested"])
    def several(self, request: pytest.FixtureRequest, open_to_all: RunningRegistry, work: Path) -> str:
        """An image for two platforms with an attestation, all in one index or one of them in an index in it."""
        layout = Layout()
        amd64 = layout.image(simple("for-amd64"), **for_platform("linux/amd64"))
        arm64 = layout.image(simple("for-arm64", platform="linux/arm64"), **for_platform("linux/arm64"))
        annotations = {"vnd.docker.reference.type": "attestation-manifest"}
        attestation = layout.image(simple("x"), annotations=annotations, **for_platform("unknown/unknown"))
        if request.param == "nested":
            layout.index(amd64, layout.index(arm64, attestation))
            return open_to_all.put(layout, "several/nested", "1")
        folder(work / "layout", layout.of(layout.index(amd64, arm64, attestation)))
        return open_to_all.push(f"oci:{work / 'layout'}", "several/flat:1", "--all")

    @pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64"])
    def test_platform_is_found_at_any_depth_of_an_index(self, several: str, platform: str) -> None:
        """Statement 39."""
        found = read(open_source(several, platform=platform))
        assert found.paths == {1: [f"for-{Platform.parse(platform).architecture}"]}
        assert not found.faults

    def test_all_platforms_are_offered_beside_the_one_that_is_open(self, several: str) -> None:
        source = open_source(several, platform="linux/arm64")
        source.describe()
        offered = list(alternatives_of(source))
        assert [(str(each.platform), each.meant) for each in offered] == [("linux/amd64", False), ("linux/arm64", True)]
        assert [read(each.open()).paths for each in offered] == [{1: ["for-amd64"]}, {1: ["for-arm64"]}]

    def test_another_platform_is_a_key_away(
        self, several: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also where engines were asked before the registry."""
        monkeypatch.chdir(tmp_path)
        line = f"{shlex.join(LAYERVIEW)} {several.removeprefix('registry:')} --platform linux/amd64"
        with Terminal.in_shell(line) as program:
            program.shows("Look at it on its registry")
            program.press(b"\x1b[B\r")
            program.shows("for-amd64")
            program.press(b"pG\r")
            program.shows("for-arm64")
            program.press(b"pg\r")
            program.shows("for-amd64")
            program.press(b"q")
            program.shows("ended with 0")
            program.assert_as_found()

    def test_platform_that_is_not_there_is_named_beside_those_that_are(self, several: str) -> None:
        with pytest.raises(NotFoundError, match="no image for linux/s390x") as raised:
            open_source(several, platform="linux/s390x").describe()
        assert raised.value.hint == "It has linux/amd64, linux/arm64."

    def test_variant_is_the_index_s_where_no_config_has_one(self, open_to_all: RunningRegistry) -> None:
        layout = Layout()
        variants = ("v6", "v7")
        images = [
            layout.image(simple(each, platform="linux/arm"), **for_platform(f"linux/arm/{each}")) for each in variants
        ]
        layout.index(*images)
        reference = open_to_all.put(layout, "variants", "1")
        for variant in variants:
            assert read(open_source(reference, platform=f"linux/arm/{variant}")).paths == {1: [variant]}

    def test_platform_of_an_image_without_an_index_is_checked(self, open_to_all: RunningRegistry, saved: str) -> None:
        reference = open_to_all.push(f"docker-archive:{saved}", "single:1")
        with pytest.raises(NotFoundError, match="no image for linux/s390x"):
            open_source(reference, platform="linux/s390x").describe()


class TestLogins:
    @pytest.mark.parametrize("tool", ["docker", "podman", "skopeo"])
    def test_login_as_tools_leave_it(
        self,
        guarded: RunningRegistry,
        expected: Told,
        logins: Path,
        monkeypatch: pytest.MonkeyPatch,
        tool: str,
    ) -> None:
        require(tool)
        options = () if tool == "docker" else ("--tls-verify=false",)
        run(tool, "login", *options, "--username", USER, "--password", PASSWORD, guarded.host)
        assert told(f"registry:{guarded.host}/app:1") == expected

    @only_root
    def test_login_of_podman_where_there_is_no_folder_of_a_session(
        self, guarded: RunningRegistry, expected: Told, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As for root, by sudo."""
        require("podman")
        monkeypatch.delenv("XDG_RUNTIME_DIR")
        monkeypatch.delenv("DOCKER_CONFIG")  # Podman would leave it there
        run("podman", "login", "--tls-verify=false", "--username", USER, "--password", PASSWORD, guarded.host)
        try:
            assert told(f"registry:{guarded.host}/app:1") == expected
        finally:  # it is no folder of the test's own
            run("podman", "logout", guarded.host)

    def test_login_of_a_credential_helper(
        self, guarded: RunningRegistry, expected: Told, logins: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        helper = logins / "docker-credential-cave"
        helper.write_text(
            f'#!/bin/sh\nread server; [ "$1 $server" = "get {guarded.host}" ] || exit 1\n'
            f'echo \'{{"ServerURL": "", "Username": "{USER}", "Secret": "{PASSWORD}"}}\'\n'
        )
        helper.chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", f"{logins}:{os.environ['PATH']}")
        (logins / "docker").mkdir()
        (logins / "docker/config.json").write_text('{"credsStore": "cave"}')
        assert told(f"registry:{guarded.host}/app:1") == expected

    def test_without_a_login_the_error_says_how_to_get_one(self, guarded: RunningRegistry) -> None:
        with pytest.raises(ServiceError, match="wants a login") as raised:
            open_source(f"registry:{guarded.host}/app:1").describe()
        assert f"docker login {guarded.host}" in raised.value.hint

    def test_wrong_password_is_not_shown(self, guarded: RunningRegistry, logins: Path) -> None:
        run_login = Login(USER, "not the password", origin="somewhere")
        with pytest.raises(ServiceError, match="does not accept the login from somewhere") as raised:
            Repository(Place(guarded.host, "app", may_be_plain=True), login=run_login).manifest("1")
        assert "not the password" not in f"{raised.value!r}{run_login!r}"


class TestTokens:
    @pytest.fixture(scope="class")
    def tokens(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenServer]:
        require("openssl")
        with token_server(tmp_path_factory.mktemp("tokens")) as server:
            yield server

    @pytest.fixture(scope="class")
    def running(self, work: Path, tokens: TokenServer, saved: str) -> Iterator[RunningRegistry]:
        with registry(work / "tokens", auth=tokens.auth) as running:
            for name in ("open/app:1", "closed/app:1"):
                running.push(f"docker-archive:{saved}", name)
            yield running

    def test_token_for_everyone(self, running: RunningRegistry, expected: Told) -> None:
        assert told(f"registry:{running.host}/open/app:1") == expected

    def test_one_token_serves_for_all_layers(self, running: RunningRegistry, tokens: TokenServer) -> None:
        before = tokens.given
        assert not read(open_source(f"registry:{running.host}/open/app:1")).faults
        assert tokens.given == before + 1

    def test_token_for_a_login(self, running: RunningRegistry, tokens: TokenServer, expected: Told) -> None:
        require("skopeo")
        run("skopeo", "login", "--tls-verify=false", "--username", USER, "--password", PASSWORD, running.host)
        assert told(f"registry:{running.host}/closed/app:1") == expected

    def test_without_a_login_the_error_says_how_to_get_one(self, running: RunningRegistry) -> None:
        with pytest.raises(ServiceError, match="wants a login"):
            open_source(f"registry:{running.host}/closed/app:1").describe()

    def test_token_for_an_identity_token(self, running: RunningRegistry) -> None:
        place = Place(running.host, "closed/app", may_be_plain=True)
        assert Repository(place, login=Login(identity_token=IDENTITY_TOKEN)).manifest("1")
        with pytest.raises(ServiceError, match="does not accept the login from x"):
            Repository(place, login=Login(identity_token="another", origin="x")).manifest("1")

    def test_token_that_has_run_out_is_renewed(self, running: RunningRegistry) -> None:
        place = Place(running.host, "open/app", may_be_plain=True)
        assert Repository(place, f"http://{running.host}", None, "Bearer of.old.times").manifest("1")


class TestTls:
    @pytest.fixture(scope="class")
    def files(self, work: Path) -> tuple[Path, Path]:
        (work / "tls").mkdir()
        return certificate(work / "tls")

    @pytest.fixture(scope="class")
    def running(self, work: Path, files: tuple[Path, Path], saved: str) -> Iterator[RunningRegistry]:
        with registry(work / "tls", tls=files) as running:
            running.push(f"docker-archive:{saved}", "app:1")
            yield running

    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
    def test_certificate_that_a_variable_names(
        self,
        running: RunningRegistry,
        files: tuple[Path, Path],
        expected: Told,
        monkeypatch: pytest.MonkeyPatch,
        variable: str,
    ) -> None:
        monkeypatch.setenv(variable, str(files[0]))
        assert told(f"registry:{running.host}/app:1") == expected

    def test_certificate_in_docker_s_folder(
        self, running: RunningRegistry, files: tuple[Path, Path], expected: Told, logins: Path
    ) -> None:
        own = logins / "config/docker/certs.d" / running.host
        own.mkdir(parents=True)
        (own / "ca.crt").write_bytes(files[0].read_bytes())
        assert told(f"registry:{running.host}/app:1") == expected

    def test_certificate_that_nobody_trusts_is_an_error_that_says_where_to_put_it(
        self, running: RunningRegistry
    ) -> None:
        with pytest.raises(ServiceError, match=r"certificate of .* is not trusted") as raised:
            open_source(f"registry:{running.host}/app:1").describe()
        assert f"/etc/docker/certs.d/{running.host}/ca.crt" in raised.value.hint


def test_mirror_that_registries_conf_names(
    open_to_all: RunningRegistry, saved: str, expected: Told, logins: Path
) -> None:
    open_to_all.push(f"docker-archive:{saved}", "mirrored/app:1")
    (logins / "registries.conf").write_text(
        f'[[registry]]\nprefix = "registry.invalid/team"\n[[registry.mirror]]\nlocation = "{open_to_all.host}/mirrored"\n'
    )
    assert told("registry:registry.invalid/team/app:1") == expected
    with pytest.raises(LayerviewError, match=r"mirrored/other:1; There is no host registry\.invalid"):
        open_source("registry:registry.invalid/team/other:1").describe()


def test_nothing_but_the_index_is_fetched_of_an_image_that_is_known(
    open_to_all: RunningRegistry, saved: str, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = open_to_all.push(f"docker-archive:{saved}", "cached:1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cli.main(["report", reference, "-o", f"json={tmp_path / 'first'}"]) == 0
    (open_to_all_log := work / "open/log").write_bytes(b"")
    assert cli.main(["report", reference, "-o", f"json={tmp_path / 'again'}"]) == 0
    assert (tmp_path / "again").read_bytes() == (tmp_path / "first").read_bytes()
    asked = [line for line in open_to_all_log.read_text(errors="replace").splitlines() if '"GET ' in line]
    assert sum("/blobs/" in line for line in asked) == 1  # the config
