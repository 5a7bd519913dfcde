"""The engine's own records in place of an export: the same result, nothing left behind, nothing written."""

from __future__ import annotations

import os
import re
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

import pytest

from tests.engines.conftest import require, run

_SOCKET = "/var/run/docker.sock"
_REFUSAL = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 41\r\nConnection: close\r\n\r\n"
    b'{"message": "no bind mounts by a plugin"}'
)


@pytest.fixture(scope="module")
def name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image of three layers."""
    require("docker", "tar", "unshare", "strace")
    context = tmp_path_factory.mktemp("context")
    for number in (1, 2, 3):
        folder = context / str(number)
        (folder / "d").mkdir(parents=True)
        (folder / "d" / "same").write_text("12345" if number < 3 else "54321")
        (folder / f"own{number}").write_bytes(os.urandom(30_000))
    (context / "Dockerfile").write_text("FROM scratch\nCOPY 1 /\nCOPY 2 /\nENV A=1\nCOPY 3 /\n")
    image = f"layerview-test/records:{os.getpid()}"
    run("docker", "build", "--tag", image, context)
    yield image
    run("docker", "rmi", "--force", image)


def listed(name: str, *options: str, before: tuple[str, ...] = (), host: str = "") -> str:
    """What ``layerview ls`` says of the image, every layer's changes included."""
    command = [
        *before,
        sys.executable,
        "-m",
        "layerview",
        "ls",
        f"docker:{name}",
        "-r",
        "--json",
        "--no-cache",
        *options,
    ]
    environment = {**os.environ, **({"DOCKER_HOST": host} if host else {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_folders_of_the_engine() -> tuple[str, ...]:
    """Runs a command where the engine's folders are hidden, as from a user who is not root."""
    root = run("docker", "info", "--format", "{{.DockerRootDir}}").decode().strip()
    return ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{root}" && exec "$@"', "sh")


def containers_made(*, since: str) -> int:
    events = run(
        "docker", "events", "--since", since, "--until", now(), "--filter", "event=create", "--format", "{{.Type}}"
    )
    return events.count(b"container")


def now() -> str:
    return run("docker", "info", "--format", "{{.SystemTime}}").decode().strip()


def test_engine_hands_its_records_over_where_they_cannot_be_read(name: str) -> None:
    begin = now()
    assert listed(name) == listed(name, "--export")
    assert containers_made(since=begin) == 0
    assert listed(name, before=without_folders_of_the_engine()) == listed(name, "--export")
    assert containers_made(since=begin) == 1
    assert run("docker", "ps", "--all", "--quiet", "--filter", "label=io.github.layerview.owner") == b""


def test_an_engine_across_the_network_is_left_alone_unless_told(name: str) -> None:
    with relayed(refuse=False) as host:
        begin = now()
        assert listed(name, host=host) == listed(name, "--export")
        assert containers_made(since=begin) == 0
        assert listed(name, "--records", host=host) == listed(name, "--export")
        assert containers_made(since=begin) == 1


def test_an_engine_that_refuses_is_asked_for_an_export(name: str) -> None:
    with relayed(refuse=True) as host:
        assert listed(name, "--records", host=host) == listed(name, "--export")


@pytest.mark.parametrize("way", ["--records", "--export"])
def test_nothing_is_written_to_disk(name: str, way: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "trace=open,openat,creat,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink,symlinkat"
    listed(name, way, before=("strace", "-f", "-o", str(trace), "-e", calls))
    made = [
        line
        for line in trace.read_text(errors="replace").splitlines()
        if re.search(r"O_WRONLY|O_RDWR|O_CREAT|\b(creat|rename\w*|mkdir\w*|link\w*|symlink\w*)\(", line)
        and not re.search(r"= -1 |\"/dev/(null|tty)\"", line)
    ]
    assert made == []


class _Relay(socketserver.BaseRequestHandler):
    """One connection handed on to the engine."""

    refuses: ClassVar[bool]

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(_SOCKET)
            answers = threading.Thread(target=self._pass_on, args=(engine, self.request))
            answers.start()
            self._pass_on(self.request, engine)
            answers.join()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if self.refuses and re.match(rb"POST \S*/containers/create", data):
                    self.request.sendall(_REFUSAL)
                    break
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def relayed(*, refuse: bool) -> Iterator[str]:
    """The engine across a network, with or without a plugin that forbids to create containers."""
    handler = type("Handler", (_Relay,), {"refuses": refuse})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
