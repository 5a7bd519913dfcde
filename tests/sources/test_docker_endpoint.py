"""Which engine is asked, and what is said when it does not answer as it should."""

from __future__ import annotations

import json
import os
import socket
import ssl
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer, ThreadingUnixStreamServer
from tempfile import TemporaryDirectory

import pytest

from layerview.errors import LayerviewError, NotFoundError, ServiceError
from layerview.image import Reference
from layerview.sources import open_source
from layerview.sources.docker import client
from layerview.sources.docker.borrowing import Loan, opened
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.engine import DockerEngine
from layerview.sources.docker.listing import DockerImages
from layerview.sources.docker.pulling import DockerPuller
from layerview.sources.podman.listing import PodmanImages
from layerview.sources.pulling import Stop
from layerview.sources.standing_in import Fallback
from tests.registries import certificate
from tests.sources.images import digest, folder, image, read, simple
from tests.unprivileged import Program, only_root


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of Docker settings of its own, and none in the environment."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def add_context(config: Path, name: str, host: str, **files: bytes) -> None:
    """What ``docker context create`` writes; ``files`` are those of TLS, without their ending."""
    tls = config / "contexts/tls" / sha256(name.encode()).hexdigest() / "docker"
    for file, content in files.items():
        tls.mkdir(parents=True, exist_ok=True)
        (tls / f"{file}.pem").write_bytes(content)
    meta = config / "contexts/meta" / sha256(name.encode()).hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}))


class TestWhichEngine:
    """The order is that of Docker's own command."""

    def test_default_is_the_local_socket(self) -> None:
        assert Endpoint.current().host.endswith("/var/run/docker.sock")

    def test_current_context_is_used(self, config: Path) -> None:
        add_context(config, "far", "tcp://far:2375")
        (config / "config.json").write_text('{"currentContext": "far"}')
        assert Endpoint.current().host == "tcp://far:2375"

    def test_context_of_the_environment_comes_before_it(self, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add_context(config, "far", "tcp://far:2375")
        add_context(config, "near", "unix:///near.sock")
        (config / "config.json").write_text('{"currentContext": "far"}')
        monkeypatch.setenv("DOCKER_CONTEXT", "near")
        assert Endpoint.current().host == "unix:///near.sock"

    def test_host_of_the_environment_comes_before_both(self, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add_context(config, "far", "tcp://far:2375")
        monkeypatch.setenv("DOCKER_CONTEXT", "far")
        monkeypatch.setenv("DOCKER_HOST", "ssh://me@there")
        assert Endpoint.current().host == "ssh://me@there"

    def test_contexts_need_no_other_settings(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither in the home, wherever one is, nor in the folder that DOCKER_CONFIG names, which stands in its place."""
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("DOCKER_CONFIG")
        add_context(tmp_path / ".docker", "far", "tcp://home:2375")
        add_context(tmp_path / "other", "far", "tcp://other:2375")
        monkeypatch.setenv("DOCKER_CONTEXT", "far")
        assert Endpoint.current().host == "tcp://home:2375"
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "other"))
        assert Endpoint.current().host == "tcp://other:2375"
        (tmp_path / ".docker/config.json").write_text('{"currentContext": "far"}')
        monkeypatch.delenv("DOCKER_CONTEXT")
        assert Endpoint.current().host.endswith("/var/run/docker.sock")

    def test_context_with_an_authority_only_is_spoken_to_in_tls(
        self, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)
        own, key = certificate(tmp_path)
        (tmp_path / "other").mkdir()
        with engine_with_tls(own, key, {"/version": {"ApiVersion": "1.41"}}) as host:
            add_context(config, "far", host, ca=own.read_bytes())
            monkeypatch.setenv("DOCKER_CONTEXT", "far")
            with Endpoint.current().client() as client:
                assert client.api_version == "1.41"
            add_context(config, "other", host, ca=certificate(tmp_path / "other")[0].read_bytes())
            monkeypatch.setenv("DOCKER_CONTEXT", "other")
            with pytest.raises(ServiceError, match="do not trust each other"), Endpoint.current().client():
                pass

    def test_context_that_there_is_not_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_CONTEXT", "gone")
        with pytest.raises(ServiceError, match="no Docker context gone"):
            Endpoint.current()

    def test_context_that_cannot_be_read_is_an_error(self, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add_context(config, "odd", "unix:///odd.sock")
        next(config.glob("contexts/meta/*/meta.json")).write_text("{")
        monkeypatch.setenv("DOCKER_CONTEXT", "odd")
        with pytest.raises(ServiceError, match="settings"):
            Endpoint.current()

    def test_missing_certificates_are_an_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "tcp://far:2376")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
        with pytest.raises(ServiceError, match="settings"):
            Endpoint.current()


_ODD = (
    '{"auths": {"example.com": {"auth": ""}}}',
    '{"auths": {"example.com": {"auth": null}}}',
    '{"auths": {"example.com": {"auth": "bm8gY29sb24="}}}',
    '{"auths": {"example.com": {"auth": "//8="}}}',
    '{"auths": {"example.com": {"auth": "not base64!"}}}',
    '{"auths": {"example.com": null}}',
    '{"auths": null}',
    '{"auths": []}',
    '{"auths": {"example.com": []}}',
    '{"credsStore": 1, "credHelpers": []}',
    '{"proxies": null}',
    '{"proxies": {"default": null}}',
    '{"proxies": {"default": {"httpProxy": null}}}',
    '{"proxies": []}',
    '{"currentContext": null}',
    "[]",
    '"text"',
    "1",
    "null",
    "{",
    "",
    "\xff",
)
"""What else may be in a config.json; the docker command lists images with each that it can read, and says so of others."""


class TestOddSettings:
    """An engine needs none of what config.json says but the context."""

    @pytest.fixture(autouse=True)
    def odd(self, config: Path, request: pytest.FixtureRequest) -> None:
        (config / "config.json").write_text(request.param, "latin-1")

    @pytest.mark.parametrize("odd", _ODD, indirect=True)
    def test_an_engine_is_asked_all_the_same(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        id = f"sha256:{'0' * 64}"
        answers: dict[str, object] = {
            "/version": {"ApiVersion": "1.41"},
            "/v1.41/images/demo/json": {"Id": id},
            "/v1.41/images/demo/history": None,
            "/v1.41/images/json": [{"Id": id}],
        }
        with engine(tmp_path / "e.sock", answers) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            described = open_source("docker:demo", records=False).describe()
            assert described is not None and described.id == id
            assert [each.id for each in DockerImages().images()] == [id]
            monkeypatch.setenv("CONTAINER_HOST", host)
            assert [each.id for each in PodmanImages().images()] == [id]

    @pytest.mark.parametrize("odd", _ODD, indirect=True)
    def test_the_default_context_is_meant(self) -> None:
        assert Endpoint.current().host.endswith("/var/run/docker.sock")

    @pytest.mark.parametrize("odd", _ODD, indirect=True)
    def test_a_pull_goes_without_a_login_that_cannot_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with engine(tmp_path / "e.sock", {"/version": {"ApiVersion": "1.41"}}) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
            with pytest.raises(LayerviewError, match=r"example\.com/demo") as raised:
                DockerPuller(Reference.parse("example.com/demo")).pull(lambda layer: None, Stop())
            assert "unexpected" not in raised.value.message


class TestNoEngine:
    """The way to the engine fails."""

    def said(self, monkeypatch: pytest.MonkeyPatch, host: str) -> LayerviewError:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(ServiceError) as raised:
            open_source("docker:demo").describe()
        assert raised.value.exit_status == 3
        return raised.value

    def test_no_socket(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        error = self.said(monkeypatch, f"unix://{tmp_path}/no.sock")
        assert error.message == f"No Docker Engine is running at unix://{tmp_path}/no.sock"
        assert "Start it" in error.hint

    def test_socket_that_no_one_listens_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket(socket.AF_UNIX) as unused:
            unused.bind(str(tmp_path / "dead.sock"))
        assert "No Docker Engine is running" in self.said(monkeypatch, f"unix://{tmp_path}/dead.sock").message

    def test_port_that_no_one_listens_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
            assert "No Docker Engine is running" in self.said(monkeypatch, address).message

    def test_host_that_there_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "there.invalid" in self.said(monkeypatch, "tcp://there.invalid:2375").message

    @pytest.mark.parametrize("host", ["nonsense://x", "tcp://", "unix:", "ssh://"])
    def test_address_that_is_none(self, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
        self.said(monkeypatch, host)

    @only_root
    def test_no_permission_on_the_socket(self, program: Program) -> None:
        with TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as listening:
            path = Path(folder) / "docker.sock"
            listening.bind(str(path))
            listening.listen()
            path.chmod(0o600)
            Path(folder).chmod(0o755)
            done = program.run("ls", "docker:demo", DOCKER_HOST=f"unix://{path}")
        assert done.returncode == 3
        said = done.stderr.splitlines()
        assert said[0].startswith("layerview: No permission to use the Docker Engine")
        assert "docker" in said[1]


class TestSsh:
    """An engine behind ssh, for which another program stands in PATH."""

    def stand_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
        program = tmp_path / "bin/ssh"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        monkeypatch.setenv("DOCKER_HOST", "ssh://me@there:22")

    def test_what_ssh_complains_of_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stand_in(tmp_path, monkeypatch, "echo 'me@there: Permission denied (publickey).' >&2; exit 255")
        with pytest.raises(ServiceError, match=r"ssh://me@there:22 .*Permission denied \(publickey\)"):
            open_source("docker:demo").describe()

    def test_the_socket_over_there_may_be_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Docker's own command has the same run there."""
        self.stand_in(tmp_path, monkeypatch, 'echo "$*" >&2; exit 1')
        for path, asked in (("", "docker system"), ("/a b.sock", "docker --host 'unix:///a b.sock' system")):
            monkeypatch.setenv("DOCKER_HOST", f"ssh://me@there{path}")
            with pytest.raises(ServiceError, match=f"there {asked} dial-stdio"):
                open_source("docker:demo").describe()

    def test_missing_ssh_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "ssh://me@there")
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(ServiceError, match="ssh"):
            open_source("docker:demo").describe()


class TestStrangeEngine:
    """Something answers, but not as an engine does."""

    ID = f"sha256:{'0' * 64}"

    def ask(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: dict[str, object]) -> None:
        with engine(tmp_path / "e.sock", {"/version": {"ApiVersion": "1.41"}, **answers}) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            read(open_source("docker:demo", records=False))

    def test_unknown_image(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError) as raised:
            self.ask(monkeypatch, tmp_path, {"/v1.41/images/demo/json": (404, {"message": "No such image: demo"})})
        assert raised.value.message == "The Docker Engine has no image demo"
        assert "docker pull demo" in raised.value.hint

    def test_error_of_the_engine_is_passed_on(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        with pytest.raises(ServiceError, match="answers: the disk is on fire"):
            self.ask(monkeypatch, tmp_path, {"/v1.41/images/demo/json": (500, {"message": "the disk is on fire"})})

    @pytest.mark.parametrize(
        "answer", [(500, {}), (500, []), (500, b"<html>"), (500, b"[" * 100_000), (500, b"\xff"), (404, [])]
    )
    def test_error_of_the_wrong_shape(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: object) -> None:
        with pytest.raises(LayerviewError):
            self.ask(monkeypatch, tmp_path, {"/v1.41/images/demo/json": answer})

    @pytest.mark.parametrize(
        "answer", [[], {"Id": 1}, {"Id": "x", "RootFS": 1}, b"{", b"<html>", b"", b'"\xff"', b"[" * 100_000]
    )
    def test_answer_of_the_wrong_shape(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: object) -> None:
        with pytest.raises(ServiceError):
            self.ask(monkeypatch, tmp_path, {"/v1.41/images/demo/json": answer})

    def test_answer_without_bounds(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        with pytest.raises(ServiceError, match="answer has more than"):
            self.ask(monkeypatch, tmp_path, {"/v1.41/images/demo/json": b" " * (1 << 27) + b"{}"})

    @pytest.mark.parametrize("status", [200, 500])
    def test_answer_that_comes_without_end(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int) -> None:
        """Each byte before a patience is over that is for one."""
        monkeypatch.setattr(client, "_LONGEST", 0.3)
        with pytest.raises(ServiceError, match="sends its answer too slowly"):
            self.ask(monkeypatch, tmp_path, {"/v1.41/images/demo/json": (status, _slow_bytes())})

    def test_error_without_bounds(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        with pytest.raises(ServiceError, match="answer has more than"):
            self.ask(monkeypatch, tmp_path, {"/v1.41/images/demo/json": (500, b" " * (1 << 27) + b"{}")})

    @pytest.mark.parametrize("answer", [[], {}, {"ApiVersion": 1}, b"<html>", {"ApiVersion": "1.1"}])
    def test_version_of_the_wrong_shape(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: object) -> None:
        with pytest.raises(ServiceError):
            self.ask(monkeypatch, tmp_path, {"/version": answer})

    @pytest.mark.parametrize("answer", [b"", b"no tar", bytes(2000), (500, {"message": "no space left on device"})])
    def test_export_of_nothing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: object) -> None:
        answers = {
            "/v1.41/images/demo/json": {"Id": self.ID, "RootFS": {"Layers": [self.ID]}},
            "/v1.41/images/demo/history": [],
            f"/v1.41/images/{self.ID}/get": answer,
        }
        with pytest.raises(LayerviewError):
            self.ask(monkeypatch, tmp_path, answers)

    def test_config_of_another_image_is_left_alone(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Records of it, too: no two parts of an answer need agree."""
        one, two = simple("a"), image(*simple("a").blobs, *simple("b").blobs)
        diff_id = digest(one.blobs[0])
        folder(tmp_path / "image/overlay2/layerdb/sha256", {f"{diff_id[7:]}/diff": diff_id.encode()})
        (tmp_path / "image/overlay2/layerdb/sha256" / diff_id[7:] / "tar-split.json.gz").write_bytes(b"")
        folder(tmp_path / "image/overlay2/imagedb/content/sha256", {self.ID[7:]: two.config})
        answers: dict[str, object] = {
            "/version": {"ApiVersion": "1.41"},
            "/v1.41/images/demo/json": {"Id": self.ID, "RootFS": {"Layers": [diff_id]}},
            "/v1.41/images/demo/history": [],
            "/v1.41/info": {"DockerRootDir": str(tmp_path), "Driver": "overlay2", "SystemTime": "2024-01-01T00:00:00Z"},
        }
        with engine(tmp_path / "e.sock", answers) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            source = open_source("docker:demo")
            assert isinstance(source, DockerEngine)
            described = source.describe()
            assert described.config.diff_ids == (diff_id,)
            (job,) = source.jobs()
            assert isinstance(job, Fallback) and "and 2 in its config" in job.why

    def test_headers_that_do_not_end(self, tmp_path: Path) -> None:
        """Before the content of a file that was lent."""
        header = tarfile.TarInfo("1")
        header.pax_headers = {"comment": "x" * 2_000_000}
        held = header.tobuf(tarfile.PAX_FORMAT) + bytes(tarfile.BLOCKSIZE)
        answers: dict[str, object] = {"/version": {"ApiVersion": "1.41"}, "/v1.41/containers/x/archive?path=/p/1": held}
        with (
            engine(tmp_path / "e.sock", answers) as host,
            Endpoint(host).client() as client,
            pytest.raises(ServiceError, match="its headers do not end"),
            opened(client, Loan("x", "/p"), 1, 7),
        ):
            pass


def _slow_bytes() -> Iterator[bytes]:
    """For a minute."""
    for _ in range(1_200):
        yield b" "
        time.sleep(0.05)


@contextmanager
def engine(path: Path, answers: dict[str, object]) -> Iterator[str]:
    """A server on a socket that gives these answers: bytes as they are or one after the other, anything else as JSON, perhaps with a status."""
    with ThreadingUnixStreamServer(str(path), _handler(answers)) as server, _serving(server):
        yield f"unix://{path}"


@contextmanager
def engine_with_tls(certificate: Path, key: Path, answers: dict[str, object]) -> Iterator[str]:
    """The same behind TLS on a port of localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(answers)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with _serving(server):
            yield f"tcp://localhost:{server.server_port}"


@contextmanager
def _serving(server: BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _handler(answers: dict[str, object]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            answer = answers.get(self.path, (404, {"message": "page not found"}))
            status, answer = answer if isinstance(answer, tuple) else (200, answer)
            if isinstance(answer, Iterator):
                self.send_response(status)
                self.end_headers()
                with suppress(OSError):  # nobody waits any more
                    for part in answer:
                        self.wfile.write(part)
                return
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "local"

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
