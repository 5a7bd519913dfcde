"""Logins for registries, as ``docker login``, ``podman login`` and ``skopeo login`` leave them.

They stand in a file of JSON, or in a store of the system that a credential helper knows: ``docker-credential-NAME
get`` reads the registry from its standard input. The Docker SDK reads such files, too, but not Podman's, which have
logins for a part of a registry, and it lets helpers write over the screen.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

from layerview.errors import DamagedError
from layerview.image import HUB, parse
from layerview.sources.registry.places import user_settings

_HUB_SERVER = "https://index.docker.io/v1/"
"""What ``docker login`` calls Docker Hub."""

_TOKEN_USER = "<token>"
"""What a helper says in place of a user where the secret is an identity token."""

_HELPER = re.compile("[A-Za-z0-9._-]+")
"""What a helper may be called: it is looked for where programs are, and nowhere else."""

_PATIENCE = 60
"""Seconds until a helper is given up; it may ask somebody to unlock a store."""


class Login(msgspec.Struct, frozen=True):
    """What a registry, or the token server that it names, is to be told."""

    user: str = ""
    password: str = ""
    identity_token: str = ""
    """In place of both: what a token server changes for a token."""
    origin: str = ""
    """Where it was found, for people."""

    def __repr__(self) -> str:
        """Without what is secret, wherever it is printed."""
        return f"Login(user={self.user!r}, origin={self.origin!r})"

    @property
    def basic(self) -> str:
        """As the value of an Authorization header; empty without a user."""
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return f"Basic {pair}" if self.user else ""


def server_of(domain: str) -> str:
    """What ``docker login`` calls a registry."""
    return _HUB_SERVER if domain == HUB else domain


def find_login(domain: str, path: str) -> tuple[Login | None, tuple[str, ...]]:
    """The login for a repository, if there is any, and what kept others from being read.

    Of several files the first that has one counts, in the order that containers-auth.json(5) gives.
    """
    complaints: list[str] = []
    for file in _files():
        try:
            login = _login_of(file, domain, path)
        except _UnusableError as error:
            complaints.append(str(error))
        else:
            if login is not None:
                return login, ()
    return None, tuple(complaints)


class _UnusableError(Exception):
    """A file or a helper that does not give what it should. The text holds no secret."""


class _Entry(msgspec.Struct):
    auth: str = ""
    identitytoken: str = ""


class _File(msgspec.Struct):
    auths: dict[str, _Entry] = {}
    creds_store: str = msgspec.field(name="credsStore", default="")
    cred_helpers: dict[str, str] = msgspec.field(name="credHelpers", default_factory=dict)


class _Helped(msgspec.Struct, rename="pascal"):
    """What a helper answers."""

    username: str = ""
    secret: str = ""


def _files() -> Iterator[Path]:
    if named := os.environ.get("REGISTRY_AUTH_FILE"):
        yield Path(named)
        return
    if hasattr(os, "getuid"):
        # A folder for all programs of a session has one for containers in it; the other is for them already.
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        yield Path(runtime, "containers/auth.json") if runtime else Path(f"/run/containers/{os.getuid()}/auth.json")
    yield user_settings() / "containers/auth.json"
    yield Path(os.environ.get("DOCKER_CONFIG") or Path("~/.docker").expanduser()) / "config.json"


def _login_of(file: Path, domain: str, path: str) -> Login | None:
    """The login that one file leads to. Raises _UnusableError."""
    try:
        content = parse(file.read_bytes(), _File, str(file))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _UnusableError(f"{file} cannot be read: {error.strerror}") from error
    except DamagedError:
        raise _UnusableError(f"{file} is not what docker login writes") from None
    helpers, server = content.cred_helpers, server_of(domain)
    if helper := helpers.get(domain) or helpers.get(server) or content.creds_store:
        login = _helped(helper, server)
        if login is not None:
            return login
    known = {_plain(key): entry for key, entry in content.auths.items()}
    parts = [domain, *path.split("/")]
    for length in range(len(parts), 0, -1):
        entry = known.get("/".join(parts[:length]))
        if entry is not None and (entry.auth or entry.identitytoken):
            return _decoded(entry, file)
    return None


def _plain(key: str) -> str:
    """Registry, and path where Podman has one; older files have a URL there."""
    _, scheme, rest = key.rpartition("://")
    name = rest.partition("/")[0] if scheme else rest
    return HUB if name in ("index.docker.io", "registry-1.docker.io") else name


def _decoded(entry: _Entry, file: Path) -> Login:
    try:
        user, colon, password = base64.b64decode(entry.auth, validate=True).decode().partition(":")
    except ValueError:
        raise _UnusableError(f"{file} has a login that cannot be read") from None
    if not entry.identitytoken and not colon:
        raise _UnusableError(f"{file} has a login that cannot be read")
    return Login(user, password.rstrip("\0"), entry.identitytoken, str(file))


def _helped(name: str, server: str) -> Login | None:
    """The login that a helper knows; None where it knows none. Raises _UnusableError."""
    program = f"docker-credential-{name}"
    if not _HELPER.fullmatch(name):
        raise _UnusableError(f"{program!r} is no name of a credential helper")
    try:
        done = subprocess.run(
            [program, "get"], input=server.encode(), capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise _UnusableError(
            f"{program} cannot be run: {getattr(error, 'strerror', '') or type(error).__name__}"
        ) from error
    if done.returncode:
        if b"credentials not found" in done.stdout + done.stderr:
            return None
        # What it says is not quoted: it might be the secret.
        raise _UnusableError(f"{program} failed with status {done.returncode}")
    try:
        answer = parse(done.stdout, _Helped, program)
    except DamagedError:
        raise _UnusableError(f"{program} did not answer as a credential helper does") from None
    if not answer.secret:
        return None
    if answer.username == _TOKEN_USER:
        return Login(identity_token=answer.secret, origin=program)
    return Login(answer.username, answer.secret, origin=program)
