"""A registry across a slow network."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class SlowRegistry:
    """A registry's answers, each piece of which comes after a pause."""

    def __init__(self) -> None:
        self.host = ""
        self.pause = 0.0
        """Seconds before each 64 kB; may be changed while it runs."""


@contextmanager
def slowed(host: str, pause: float) -> Iterator[SlowRegistry]:
    """The registry at this host and port, behind another port."""
    name, _, port = host.partition(":")
    slow = SlowRegistry()
    slow.pause = pause

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((name, int(port))) as registry:
                asking = threading.Thread(target=self._ask, args=(registry,))
                asking.start()
                with suppress(OSError):
                    while data := registry.recv(1 << 16):
                        time.sleep(slow.pause)
                        self.request.sendall(data)
                with suppress(OSError):
                    self.request.shutdown(socket.SHUT_RDWR)
                asking.join()

        def _ask(self, registry: socket.socket) -> None:
            with suppress(OSError):
                while data := self.request.recv(1 << 16):
                    registry.sendall(data)
            with suppress(OSError):
                registry.shutdown(socket.SHUT_RDWR)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Somebody gave up, which they may."""

    with Server(("127.0.0.1", 0), Relay) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        slow.host = f"localhost:{server.server_address[1]}"
        try:
            yield slow
        finally:
            server.shutdown()
