"""Registries that run for a test, as Debian packages the one that Docker wrote, and a token server beside one."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.engines.conftest import require, run
from tests.sources.images import Layout, digest
from tests.waiting import until

USER, PASSWORD = "alibaba", "opensesame"
IDENTITY_TOKEN = "a-token-of-alibaba"
_HTPASSWD = "alibaba:$2y$05$abcdefghijklmnopqrstuuQbLfdQZSxZ9gjhA5V9o8Tyc6aQRO0Qi"

SERVICE, ISSUER = "layerview-test", "layerview-test-tokens"


@dataclass(frozen=True)
class RunningRegistry:
    """A registry that answers."""

    host: str
    login: tuple[str, ...] = ()
    """What skopeo needs to be let in."""

    def push(self, source: str, name: str, *options: str) -> str:
        """Have skopeo copy an image there; its reference."""
        options = ("--dest-tls-verify=false", *self.login, *options)
        run("skopeo", "--insecure-policy", "copy", "--quiet", *options, source, f"docker://{self.host}/{name}")
        return f"registry:{self.host}/{name}"

    def put(self, layout: Layout, name: str, tag: str) -> str:
        """Have a layout's blobs there, of which the last one is the image or an index; its reference.

        For what skopeo does not push, such as an index in an index. Without a login.
        """
        url = f"http://{self.host}/v2/{name}"
        for content in layout.members.values():
            assert isinstance(content, bytes)
            kind = json.loads(content).get("mediaType", "") if content[:1] == b"{" else ""
            if kind:
                reference = tag if content is [*layout.members.values()][-1] else digest(content)
                answer = requests.put(f"{url}/manifests/{reference}", content, headers={"Content-Type": kind})
            else:
                upload = requests.post(f"{url}/blobs/uploads/").headers["Location"]
                answer = requests.put(upload, content, params={"digest": digest(content)})
            assert answer.status_code == 201, answer.text
        return f"registry:{self.host}/{name}:{tag}"


@contextmanager
def registry(folder: Path, *, auth: str = "", tls: tuple[Path, Path] | None = None) -> Iterator[RunningRegistry]:
    """One with its store in a folder; ``auth`` is a part of its configuration, ``tls`` certificate and key."""
    require("docker-registry", "skopeo")
    folder.mkdir(exist_ok=True)
    port = free_port()
    certificate = f", tls: {{certificate: {tls[0]}, key: {tls[1]}}}" if tls else ""
    (folder / "config.yml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder / 'store'}}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'{certificate}}}\n{auth}"
    )
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log)
        try:
            _await(process, port, folder / "log")
            yield RunningRegistry(f"localhost:{port}", ("--dest-creds", f"{USER}:{PASSWORD}") if auth else ())
        finally:
            process.kill()
            process.wait()


def htpasswd(folder: Path) -> str:
    """The configuration of a registry that wants USER and PASSWORD from everyone."""
    (folder / "htpasswd").write_text(f"{_HTPASSWD}\n")
    return f"auth: {{htpasswd: {{realm: test, path: {folder / 'htpasswd'}}}}}\n"


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate that its own key has signed, and the key."""
    require("openssl")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}")
    run(*made, "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate)
    return certificate, key


@dataclass
class TokenServer:
    """Gives tokens for a registry, to USER and, for pulling from ``open/``, to everyone."""

    url: str
    certificate: Path
    key: Path
    given: int = 0

    @property
    def auth(self) -> str:
        """The configuration of the registry."""
        wanted = {"realm": self.url, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(self.certificate)}
        return f"auth: {json.dumps({'token': wanted})}\n"

    @property
    def basic(self) -> str:
        """What USER says to be let in."""
        return f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    def answer(self, query: dict[str, list[str]], authorization: str) -> dict[str, str] | None:
        """A token, or nothing for whoever may not have it."""
        wanted = [scope.split(":") for scope in query.get("scope", ())]  # none where somebody only logs in
        is_open = all(name.startswith("open/") and actions == "pull" for _, name, actions in wanted)
        if authorization != self.basic and (authorization or not is_open):
            return None
        assert query["service"] == [SERVICE]
        self.given += 1
        access = [{"type": kind, "name": name, "actions": actions.split(",")} for kind, name, actions in wanted]
        return {"token": self._signed(access)}

    def _signed(self, access: list[dict[str, Any]]) -> str:
        now = int(time.time())
        authority = run("openssl", "x509", "-in", self.certificate, "-outform", "DER")
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(authority).decode()]}
        claims: dict[str, Any] = {"iss": ISSUER, "aud": SERVICE, "sub": USER, "jti": str(self.given), "access": access}
        claims |= {"iat": now - 5, "nbf": now - 5, "exp": now + 300}
        signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(), capture_output=True, check=True
        ).stdout
        return f"{signed}.{_base64(signature)}"


@contextmanager
def token_server(folder: Path) -> Iterator[TokenServer]:
    """One that runs in a thread."""
    own = certificate(folder, ISSUER)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            self.answer(tokens.answer(query, self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            known = (form["grant_type"], form["refresh_token"]) == (["refresh_token"], [IDENTITY_TOKEN])
            self.answer(tokens.answer(form, tokens.basic) if known else None)

        def answer(self, answer: dict[str, str] | None) -> None:
            self.send_response(200 if answer else 401)
            self.end_headers()
            self.wfile.write(json.dumps(answer or {"details": "no"}).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with served(Handler) as host:
        tokens = TokenServer(f"http://{host}/token", *own)
        yield tokens


@contextmanager
def served(handler: type[BaseHTTPRequestHandler], tls: tuple[Path, Path] | None = None) -> Iterator[str]:
    """A server of this machine; its host and port. ``tls`` is certificate and key."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(lambda: answers() or process.poll() is not None, log.read_text)
    if process.poll() is not None:
        pytest.fail(f"the registry does not answer: {log.read_text(errors='replace')}")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
