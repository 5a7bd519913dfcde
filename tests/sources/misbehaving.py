"""A registry that misbehaves on purpose, in a thread, and counts what it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

from tests.registries import served
from tests.sources.images import Layout, digest

NAME = "team/app"


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    path: str
    """Behind ``/v2/NAME/``."""
    authorization: str
    range: str
    accept: str
    everything: str
    """The request's line and headers, and what was sent behind them."""


Fault = Callable[["Handler", bytes], None]
"""Answers in place of what is right, which it is given."""


@dataclass
class Misbehaving:
    """What the registry holds, how it misbehaves, and what it was asked and has sent."""

    contents: dict[str, bytes]
    """By path behind ``/v2/NAME/``, without what follows a question mark."""
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    """How it answers next, by path, until the list is empty."""
    always: dict[str, Fault] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    """Bytes of contents, by path."""
    host: str = ""
    ended: Event = field(default_factory=Event)

    @property
    def reference(self) -> str:
        """The image."""
        return f"registry:{self.host}/{NAME}:1"

    def asked(self, path: str) -> list[Request]:
        """The requests for one path."""
        return [request for request in self.requests if request.path == path]


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    registry: Misbehaving

    def do_POST(self) -> None:
        self.do_GET()

    def do_CONNECT(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if self.path == "/v2/" and "/v2/" not in self.registry.always:
            self.answer(200)
            return
        self.name = self.path.partition("?")[0].removeprefix(f"/v2/{NAME}/")
        authorization, wanted, accept = (self.headers.get(name, "") for name in ("Authorization", "Range", "Accept"))
        sent = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        self.everything = f"{self.requestline}\n{self.headers}{sent}"
        self.registry.requests.append(Request(self.name, authorization, wanted, accept, self.everything))
        content = self.registry.contents.get(self.name)
        if fault := self.registry.always.get(self.name):
            fault(self, content or b"")
        elif faults := self.registry.faults.get(self.name):
            faults.pop(0)(self, content or b"")
        elif content is None:
            self.answer(404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}')
        else:
            self.give(content)

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        """Send this and nothing else."""
        self.send_response(status)
        for name, text in {"Content_Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(content)

    def give(self, content: bytes, at_most: int | None = None, parts: bool = True) -> None:
        """Send what was asked for, or break off after so many bytes of it."""
        wanted = self.headers.get("Range", "bytes=0-") if parts else "bytes=0-"
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first)
        left = content[start : int(last) + 1 if last else None]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(left)))
        self.send_header("Content-Type", "application/octet-stream")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{start + len(left) - 1}/{len(content)}")
        self.end_headers()
        # Counted first: whoever has read the last byte may ask at once.
        self.registry.sent[self.name] = self.registry.sent.get(self.name, 0) + len(left[:at_most])
        self.wfile.write(left[:at_most])

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def misbehaving(layout: Layout, top: str, tls: tuple[Path, Path] | None = None) -> Iterator[Misbehaving]:
    """A registry with all blobs of a layout, in which the tag is the one with this digest. ``tls`` is certificate and key."""
    contents = {}
    for content in layout.members.values():
        assert isinstance(content, bytes)
        for kind in ("blobs", "manifests"):
            contents[f"{kind}/{digest(content)}"] = content
    registry = Misbehaving({**contents, "manifests/1": contents[f"manifests/{top}"]})
    handler = type("Handler", (Handler,), {"registry": registry})
    with served(handler, tls) as registry.host:
        try:
            yield registry
        finally:
            registry.ended.set()


def status(code: int, content: bytes = b"", **headers: str) -> Fault:
    """Answers with a status."""
    return lambda handler, _: handler.answer(code, content, **headers)


def breaks_off(after: int, *, parts: bool = True) -> Fault:
    """Sends so many bytes of what is asked for, and hangs up."""
    return lambda handler, content: handler.give(content, after, parts)


def sends(content: bytes, **headers: str) -> Fault:
    """Sends something else."""
    return status(200, content, **headers)


def wants(authorization: str, challenge: str) -> Fault:
    """Gives what is asked for to whoever sends this, and tells others what it wants."""

    def answer(handler: Handler, content: bytes) -> None:
        if handler.headers.get("Authorization") == authorization:
            handler.give(content)
        else:
            handler.answer(401, WWW_Authenticate=challenge)

    return answer


def writes(*parts: bytes, again: bytes = b"", pause: float = 0.0) -> Fault:
    """Writes this as it is, then something again and again, with a pause before each, until nobody listens."""

    def answer(handler: Handler, _: bytes) -> None:
        handler.close_connection = True
        with suppress(OSError):
            handler.wfile.write(b"".join(parts))
            # Not sleep(), which tests replace.
            while again and not handler.registry.ended.wait(pause):
                handler.wfile.write(again)

    return answer


def hangs_up(handler: Handler, _: bytes) -> None:
    """Says nothing."""
    handler.close_connection = True
