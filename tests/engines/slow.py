"""A registry across a network that is slow, or stands still in the middle of what is large."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PIECE = 1 << 14


class SlowRegistry:
    """How a registry's answers come."""

    def __init__(self, limit: int) -> None:
        """``limit`` are the bytes of each answer that come before it is released."""
        self.host = ""
        self.pause = 0.0
        """Seconds before each 16 kB."""
        self.asked: list[str] = []
        """The blobs that were asked for: the beginnings of their digests."""
        self.limit = limit
        self.released = threading.Event()

    def release(self) -> None:
        """Have all come."""
        self.released.set()


@contextmanager
def slowed(host: str, limit: int) -> Iterator[SlowRegistry]:
    """The registry at this host and port, behind another port."""
    slow = SlowRegistry(limit)

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            # Whoever begins with TLS is to understand at once that this is none.
            if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
                self.connection.recv(_PIECE)  # else what is not read resets the connection, and the answer is lost
                self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            else:
                super().handle()

        def do_HEAD(self) -> None:
            with self._answered() as answer:
                self._begin(answer)

        def do_GET(self) -> None:
            if "/blobs/sha256:" in self.path:
                slow.asked.append(self.path.rpartition(":")[2][:12])
            with self._answered() as answer, suppress(OSError):
                self._begin(answer)
                sent = 0
                while piece := answer.read(_PIECE):
                    time.sleep(slow.pause)
                    if sent + len(piece) > slow.limit:
                        slow.released.wait()
                    self.wfile.write(piece)
                    sent += len(piece)

        @contextmanager
        def _answered(self) -> Iterator[http.client.HTTPResponse]:
            registry = http.client.HTTPConnection(host)
            try:
                registry.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    registry.putheader(name, value)
                registry.endheaders()
                yield registry.getresponse()
            finally:
                registry.close()

        def _begin(self, answer: http.client.HTTPResponse) -> None:
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever gives up, may."""

    with Server(("127.0.0.1", 0), Relay) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        slow.host = f"localhost:{server.server_port}"
        try:
            yield slow
        finally:
            slow.release()
            server.shutdown()
