"""A real engine across a network on which something goes wrong."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.engines.conftest import docker_host


@dataclass(frozen=True)
class _Trouble:
    engine: str
    refuse: str
    delay: float
    at_bytes: int | None
    then: Callable[[], object] | None


class _Relay(socketserver.BaseRequestHandler):
    """One connection handed on to the engine."""

    trouble: _Trouble

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self.trouble.engine)
            answers = threading.Thread(target=self._answer, args=(engine,))
            answers.start()
            self._ask(engine)
            answers.join()

    def _ask(self, engine: socket.socket) -> None:
        with suppress(OSError):
            while data := self.request.recv(1 << 16):
                if self.trouble.refuse and re.match(rb"POST \S*/containers/create", data):
                    said = json.dumps({"message": self.trouble.refuse})
                    head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n"
                    self.request.sendall(head.encode() + said.encode())
                    break
                engine.sendall(data)
        with suppress(OSError):
            engine.shutdown(socket.SHUT_WR)

    def _answer(self, engine: socket.socket) -> None:
        trouble, sent = self.trouble, 0
        with suppress(OSError):
            while data := engine.recv(1 << 16):
                time.sleep(trouble.delay)
                if trouble.at_bytes is not None and sent + len(data) > trouble.at_bytes:
                    self.request.sendall(data[: trouble.at_bytes - sent])
                    if trouble.then is not None:
                        trouble.then()
                    break
                self.request.sendall(data)
                sent += len(data)
        with suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)


def _server(handler: type[_Relay], local: Path | None) -> tuple[socketserver.BaseServer, str]:
    if local:
        path = f"{local}/relay.sock"
        return socketserver.ThreadingUnixStreamServer(path, handler), f"unix://{path}"
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    return server, f"tcp://127.0.0.1:{server.server_address[1]}"


@contextmanager
def relayed(
    engine: str | None = None,
    *,
    local: Path | None = None,
    refuse: str = "",
    delay: float = 0,
    at_bytes: int | None = None,
    then: Callable[[], object] | None = None,
) -> Iterator[str]:
    """The engine behind a socket, the Docker Engine's by default, across a network: its host. With ``local``, behind a socket
    in that folder.

    ``refuse``: what is said in place of creating a container. ``delay``: seconds before each piece of an answer. ``at_bytes``:
    where a connection breaks off, after ``then`` was called.
    """
    trouble = _Trouble(engine or docker_host().removeprefix("unix://"), refuse, delay, at_bytes, then)
    handler = type("Handler", (_Relay,), {"trouble": trouble})
    server, host = _server(handler, local)
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
