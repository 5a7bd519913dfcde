"""Registries that let one wait: it has an end by itself, and at once by Ctrl+C."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerview.errors import ServiceError
from layerview.process.interrupts import INTERRUPTED
from layerview.sources import open_source
from layerview.sources.registry import connections
from layerview.sources.registry import http as registry_http
from layerview.sources.registry.client import Repository
from layerview.sources.registry.places import Place
from tests.builders import file, layer
from tests.sources.images import Layout, digest, image, read
from tests.sources.misbehaving import NAME, Fault, Handler, Misbehaving, breaks_off, misbehaving, status, writes
from tests.terminal import LAYERVIEW, Terminal

IMAGE = image(layer(file("a", b"1" * 300_000)))
LAYOUT = Layout()
TOP = LAYOUT.image(IMAGE)["digest"]
BLOB, CONFIG = f"blobs/{digest(IMAGE.blobs[0])}", f"blobs/{digest(IMAGE.config)}"

OK = b"HTTP/1.1 200 OK\r\n"
LONG = OK + b"Content-Length: 300000\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TOKEN = status(401, WWW_Authenticate='Bearer realm="/token"')

_WITHOUT_END = (
    "does not speak HTTP as it should" if hasattr(http.client, "_MAXINTERIMRESPONSES") else "sends headers without end"
)
"""What is said of answers that are none, one after another: newer Pythons count them themselves."""


def says_nothing(handler: Handler, _: bytes) -> None:
    """Until whoever asked hangs up."""
    handler.close_connection = True
    handler.rfile.read()


def gives(handler: Handler, content: bytes) -> None:
    """What is right."""
    handler.give(content)


def slowly(*before: bytes, again: bytes = b"x") -> Fault:
    """Writes a byte now and then without end."""
    return writes(*before, again=again, pause=0.02)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is logged in."""
    for variable in ("DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)


@pytest.fixture
def registry() -> Iterator[Misbehaving]:
    """One with the image."""
    with misbehaving(LAYOUT, TOP) as running:
        yield running


class TestBounds:
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What takes a minute takes a second or two."""
        monkeypatch.setattr(connections, "HEAD_TIME", 2)
        monkeypatch.setattr(connections, "WAIT", 1.5)
        monkeypatch.setattr(registry_http, "PAUSES", (0.01, 0.01))

    @pytest.mark.parametrize("path", ["manifests/1", BLOB])
    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            (says_nothing, "does not answer"),
            (slowly(b"HTTP/1.1 2", again=b"0"), "answers too slowly"),
            (slowly(OK, b"X: "), "answers too slowly"),
            (slowly(again=CONTINUE), "answers too slowly"),
            (writes(again=CONTINUE * 1000), _WITHOUT_END),
            (writes(b"HTTP/1.1 100 Continue\r\n", again=b"X: y\r\n"), "does not speak HTTP as it should"),
            (writes(OK, b"X: y\r\n" * 200), "does not speak HTTP as it should"),
            (writes(b"220 mail.example.com ESMTP\r\n"), "does not speak HTTP as it should"),
            (writes(OK, *[b"X: " + b"y" * 60_000 + b"\r\n"] * 30), "sends headers without end"),
        ],
        ids=[
            "silence",
            "status",
            "header",
            "slow 100",
            "endless 100",
            "headers of a 100",
            "many",
            "another protocol",
            "huge",
        ],
    )
    def test_head_that_does_not_end(
        self, registry: Misbehaving, path: str, fault: Fault, words: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if fault is says_nothing:
            monkeypatch.setattr(registry_http, "_TIMEOUT", (20, 1))
        elif "slowly" not in words:  # it is not the time that ends it
            monkeypatch.setattr(connections, "HEAD_TIME", 60)
        registry.always[path] = fault
        begun = time.monotonic()
        assert why_not(registry) == f"{registry.host} {words}"
        assert time.monotonic() - begun < 30
        assert len(registry.asked(path)) == 1

    @pytest.mark.parametrize(
        ("path", "fault"),
        [
            ("manifests/1", slowly(LONG)),
            ("manifests/1", slowly(OK, b"\r\n")),
            ("manifests/1", slowly(CHUNKED)),
            ("manifests/1", slowly(CHUNKED, again=b"1\r\nx\r\n")),
            ("manifests/1", slowly(CHUNKED, b"0\r\n", again=b"X: y\r\n")),
            ("/token", slowly(LONG)),
            (CONFIG, slowly(LONG)),
        ],
        ids=["content", "no size", "size of a chunk", "chunks", "headers behind chunks", "token", "config"],
    )
    def test_small_content_that_does_not_end(self, registry: Misbehaving, path: str, fault: Fault) -> None:
        registry.always |= {"manifests/1": TOKEN if path == "/token" else gives, path: fault}
        begun = time.monotonic()
        assert why_not(registry) == f"{registry.host} sends too slowly"
        assert time.monotonic() - begun < 30
        assert len(registry.asked(path)) == 1

    @pytest.mark.parametrize("fault", [says_nothing, slowly(b"HTTP/1.1 2", again=b"0"), writes(again=CONTINUE * 1000)])
    def test_proxy_that_does_not_end(
        self, registry: Misbehaving, fault: Fault, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for variable in ("https_proxy", "no_proxy", "NO_PROXY"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://{registry.host}")
        monkeypatch.setattr(registry_http, "_TIMEOUT", (1, 1))
        registry.always["registry.example.com:443"] = fault
        begun = time.monotonic()
        with pytest.raises(ServiceError, match=r"proxy cannot be used|answers too slowly|does not answer"):
            open_source("registry:registry.example.com/a").describe()
        assert time.monotonic() - begun < 30

    def test_host_that_does_not_tell_whether_it_speaks_tls(self, registry: Misbehaving) -> None:
        registry.always["/v2/"] = slowly(b"HTTP/1.1 2", again=b"0")
        begun = time.monotonic()
        assert why_not(registry) == f"{registry.host} does not speak TLS"
        assert time.monotonic() - begun < 30

    def test_small_content_that_comes_fast_enough_but_too_long(
        self, registry: Misbehaving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "SLOWEST", 1)
        monkeypatch.setattr(registry_http, "PATIENCE", 1)
        registry.always["manifests/1"] = slowly(LONG)
        assert why_not(registry) == f"{registry.host} sends too slowly"

    def test_blob_that_does_not_come_is_given_up(self, registry: Misbehaving) -> None:
        registry.always[BLOB] = slowly(OK, f"Content-Length: {len(IMAGE.blobs[0])}\r\n\r\n".encode(), again=b"\0")
        begun = time.monotonic()
        assert "breaks off after" in why_not(registry)
        assert time.monotonic() - begun < 30
        assert len(registry.asked(BLOB)) == len(registry_http.PAUSES) + 1

    def test_blob_that_breaks_off_after_each_byte_is_given_up(self, registry: Misbehaving) -> None:
        registry.always[BLOB] = breaks_off(1)
        assert "breaks off after 3 of" in why_not(registry)
        assert len(registry.asked(BLOB)) == len(registry_http.PAUSES) + 1

    def test_blob_that_comes_slowly_but_comes_is_read(
        self, registry: Misbehaving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "WAIT", 0.2)
        monkeypatch.setattr(connections, "SLOWEST", 1_000)
        blob = registry.contents[BLOB]

        def gives_slowly(handler: Handler, _: bytes) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(blob)))
            handler.end_headers()
            for start in range(0, len(blob), 20_000):
                handler.wfile.write(blob[start : start + 20_000])
                time.sleep(0.05)

        registry.always[BLOB] = gives_slowly
        assert read(open_source(registry.reference)).paths == {1: ["a"]}
        assert len(registry.asked(BLOB)) == 1

    def test_who_reads_slowly_is_not_taken_for_a_slow_registry(
        self, registry: Misbehaving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "WAIT", 0.6)
        monkeypatch.setattr(connections, "SLOWEST", 1 << 30)
        repository = Repository(Place(registry.host, NAME, may_be_plain=True))
        with repository.blob(digest(IMAGE.blobs[0]), len(IMAGE.blobs[0])) as blob:
            for _ in range(8):
                assert len(blob(30_000)) == 30_000
                time.sleep(0.1)
        assert len(registry.asked(BLOB)) == 1

    def test_all_tries_together_have_an_end(self, registry: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registry_http, "PATIENCE", 1)
        registry.always["manifests/1"] = status(429, Retry_After="2")
        assert why_not(registry) == f"{registry.host} wants fewer requests (429)"
        assert len(registry.asked("manifests/1")) == 1

    def test_all_redirects_together_have_an_end(self, registry: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registry_http, "PATIENCE", 0)
        registry.always["manifests/1"] = status(307, Location="2")
        assert why_not(registry) == f"{registry.host} sends on too slowly"


def why_not(registry: Misbehaving) -> str:
    """Why the image, or its layer, cannot be read; one line."""
    try:
        (fault,) = read(open_source(registry.reference)).faults.values()
    except ServiceError as error:
        assert error.hint
        fault = error.message
    assert fault.isprintable()
    return fault


SITUATIONS = {
    "silence": ("manifests/1", says_nothing),
    "a slow header": ("manifests/1", slowly(OK, b"X: ")),
    "100 Continue": ("manifests/1", slowly(again=CONTINUE)),
    "a slow manifest": ("manifests/1", slowly(LONG, b"{", again=b" ")),
    "a slow token": ("/token", slowly(LONG, b"{", again=b" ")),
    "a slow config": (CONFIG, slowly(LONG, b"{", again=b" ")),
    "a slow blob": (BLOB, slowly(OK, b"\r\n")),
    "a pause before the manifest": ("manifests/1", status(429, Retry_After="29")),
    "a pause before a blob": (BLOB, status(503, Retry_After="29")),
}


def have_wait(registry: Misbehaving, situation: str) -> str:
    """Have the program wait there; for what."""
    path, fault = SITUATIONS[situation]
    registry.always |= {"manifests/1": TOKEN if path == "/token" else gives, path: fault}
    return path


class TestInterrupts:
    @pytest.mark.parametrize("situation", SITUATIONS)
    def test_ctrl_c_ends_a_command_at_once(self, registry: Misbehaving, situation: str, tmp_path: Path) -> None:
        path = have_wait(registry, situation)
        process = subprocess.Popen(
            [*LAYERVIEW, "report", registry.reference],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        )
        try:
            while not registry.asked(path):
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            at = time.monotonic()
            output, errors = process.communicate(timeout=20)
        finally:
            process.kill()
            process.wait()
        assert time.monotonic() - at < 15
        assert (process.returncode, output, errors) == (INTERRUPTED, b"", b"")

    @pytest.mark.parametrize("situation", ["silence", "a slow token", "a slow blob", "a pause before a blob"])
    def test_key_ends_the_explorer_at_once(self, registry: Misbehaving, situation: str) -> None:
        path = have_wait(registry, situation)
        with Terminal(*LAYERVIEW, registry.reference) as program:
            program.until(lambda: bool(registry.asked(path)))
            program.press(b"q")
            at = time.monotonic()
            assert program.ended() == 0
            assert time.monotonic() - at < 15
            program.assert_as_found()
