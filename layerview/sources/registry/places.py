"""Where the registry of a name is: mirrors, plain HTTP, and the certificates to trust, as Podman and Docker are set up.

``registries.conf`` is Podman's, with mirrors for any name; Docker's ``daemon.json`` has mirrors for Docker Hub.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from layerview.errors import DamagedError, UsageError
from layerview.image import HUB, Reference, convert, parse
from layerview.sources.registry.addresses import Address

T = TypeVar("T")

_HUB_HOST = "registry-1.docker.io"


class Place(msgspec.Struct, frozen=True):
    """A repository on a registry, or on a mirror of one."""

    domain: str
    """The registry as names and logins have it."""
    path: str
    may_be_plain: bool = False
    """Whether it may be reached without TLS."""

    @property
    def host(self) -> str:
        """Host and port that are connected to."""
        return _HUB_HOST if self.domain == HUB else self.domain


class _Mirror(msgspec.Struct, rename="kebab"):
    location: str = ""
    insecure: bool = False
    pull_from_mirror: str = ""

    def serves(self, reference: Reference, unless_told: str) -> bool:
        """Whether it is asked for an image of such a name."""
        return (self.pull_from_mirror or unless_told) != ("tag-only" if reference.digest else "digest-only")


class _Registry(msgspec.Struct, rename="kebab"):
    prefix: str = ""
    location: str = ""
    insecure: bool = False
    blocked: bool = False
    mirror: tuple[_Mirror, ...] = ()
    mirror_by_digest_only: bool = False

    @property
    def start(self) -> str:
        """What names begin with that this is about."""
        return self.prefix or self.location


class _Registries(msgspec.Struct):
    registry: tuple[_Registry, ...] = ()


class _Docker(msgspec.Struct, rename="kebab"):
    registry_mirrors: tuple[str, ...] = ()
    insecure_registries: tuple[str, ...] = ()


def places(reference: Reference) -> tuple[Place, ...]:
    """Where to ask for an image, in this order. Raises UsageError."""
    name = f"{reference.domain}/{reference.path}"
    docker = _docker()
    registry = _registry(name)
    found = []
    if registry is not None:
        if registry.blocked:
            raise UsageError(f"{registry.start} is blocked", "registries.conf says so.")
        rest = name[len(registry.start) :]
        for mirror in registry.mirror:
            if mirror.serves(reference, "digest-only" if registry.mirror_by_digest_only else ""):
                found.append(_place(mirror.location + rest, docker, mirror.insecure))
        found.append(_place((registry.location or registry.start) + rest, docker, registry.insecure))
        return tuple(found)
    if reference.domain == HUB:
        for url in docker.registry_mirrors:
            parts = urlsplit(url)
            found.append(
                _place(f"{parts.netloc}{parts.path.rstrip('/')}/{reference.path}", docker, parts.scheme == "http")
            )
    return (*found, _place(name, docker, False))


def trusted(host: str) -> ssl.SSLContext:
    """What the system trusts, SSL_CERT_FILE and SSL_CERT_DIR included, and what is set up for this registry alone."""
    context = ssl.create_default_context()
    for program in ("docker", "containers"):
        for file in _set_up(f"{program}/certs.d/{host}", "*"):
            with suppress(OSError):  # ssl.SSLError is one
                if file.suffix == ".crt":
                    context.load_verify_locations(file)
                elif file.suffix == ".cert":
                    context.load_cert_chain(file, file.with_suffix(".key"))
    return context


def _place(name: str, docker: _Docker, may_be_plain: bool) -> Place:
    """The registry and the repository that a name begins and ends with. Raises UsageError."""
    domain, _, path = name.partition("/")
    try:
        address = Address.parse(f"https://{domain}/")
    except ValueError as error:
        raise UsageError(
            f"No registry can be where this image should be: {error}",
            "Check its name, and what registries.conf and daemon.json say of it.",
        ) from error
    return Place(domain, path, may_be_plain or domain in docker.insecure_registries or address.is_this_machine)


def _registry(name: str) -> _Registry | None:
    """What registries.conf and the files beside it say of a name: the longest prefix holds, and of equal ones the last."""
    found = None
    for file in _registries_files():
        content = _toml(file)
        for registry in content.registry:
            start = registry.start
            fits = start and (name == start or name.startswith(f"{start}/"))
            if fits and (found is None or len(start) >= len(found.start)):
                found = registry
    return found


def _registries_files() -> Iterator[Path]:
    if named := os.environ.get("CONTAINERS_REGISTRIES_CONF"):
        yield Path(named)
        return
    yield from _set_up("containers", "registries.conf")[-1:]
    yield from _set_up("containers/registries.conf.d", "*.conf")


def _set_up(folder: str, pattern: str) -> list[Path]:
    """Files by which the system and the user set a program up, the user's last."""
    homes = (Path("/etc"), user_settings())
    return [file for home in homes for file in sorted((home / folder).glob(pattern))]


def user_settings() -> Path:
    """Where a user's settings are."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser())


def _toml(file: Path) -> _Registries:
    import tomllib

    try:
        return convert(tomllib.loads(file.read_text()), _Registries, str(file))
    except OSError:
        return _Registries()
    except (ValueError, DamagedError) as error:
        raise UsageError(
            f"{file} cannot be understood: {error}", "Correct it, or name another by CONTAINERS_REGISTRIES_CONF."
        ) from error


def _docker() -> _Docker:
    for file in _set_up("docker", "daemon.json"):
        with suppress(OSError, DamagedError):
            return parse(file.read_bytes(), _Docker, str(file))
    return _Docker()
