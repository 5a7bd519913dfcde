"""HTTP to an engine on another machine, as Docker's own command does it: through ``docker system dial-stdio`` over ssh.

Podman has a command of the same name.

The Docker SDK's way needs paramiko, and lets ssh write its complaints over the screen. Here they become the error.
"""

from __future__ import annotations

import shlex
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from typing import IO
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

_MAX_COMPLAINTS = 10_000
"""Bytes of what ssh says that are looked at."""


class SshAdapter(HTTPAdapter):
    """Sends requests to the engine that an address like ``ssh://user@host:22`` names."""

    def __init__(
        self, address: str, engine: str, flag: str, identity: str, is_machine: bool, complaints: list[str]
    ) -> None:
        """``engine`` is its command, ``flag`` the option that names a socket to it; ``identity`` the file of a key, if ssh does not find it by itself.

        ``is_machine`` tells whether it is a virtual machine of this one, whose host key is not asked for. What ssh says
        goes to ``complaints``, the last thing last.
        """
        super().__init__()
        command = _command(address, engine, flag, identity, is_machine)
        self._pool = _Pool("localhost", maxsize=1, command=command, complaints=complaints)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> urllib3.HTTPConnectionPool:
        """The connections to the engine; requests are for no one else."""
        return self._pool

    def request_url(self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None) -> str:
        """The path alone: no proxy stands between."""
        return request.path_url

    def close(self) -> None:
        self._pool.close()
        super().close()


def _command(address: str, engine: str, flag: str, identity: str, is_machine: bool) -> tuple[str, ...]:
    parts = urlsplit(address)
    options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-T"]
    if identity:
        options += ["-i", identity]
    if is_machine:  # As Podman itself does: they come and go, at any port.
        options += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    if parts.username:
        options += ["-l", parts.username]
    if parts.port:
        options += ["-p", str(parts.port)]
    # An address may name the socket over there.
    there = [flag, shlex.quote(f"unix://{parts.path}")] if parts.path else []
    return ("ssh", *options, "--", parts.hostname or "", engine, *there, "system", "dial-stdio")


class _Connection(HTTPConnection):
    """An ssh process that stands for a connection."""

    def __init__(self, *args: object, command: tuple[str, ...], complaints: list[str], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self._command, self._complaints = command, complaints
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def connect(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(self.timeout if isinstance(self.timeout, int | float) else None)
        self.sock = ours
        # A file, because a pipe would stay open as long as whatever ssh leaves in the background.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (it is closed with the connection)
        with theirs:
            self._process = subprocess.Popen(
                self._command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=self._said
            )

    def close(self) -> None:
        super().close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
        if self._said is not None:
            self._said.seek(0)
            self._complaints += self._said.read(_MAX_COMPLAINTS).decode(errors="replace").split("\n")
            self._said.close()
            self._said = None


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection
