"""Where Podman's images are: in the store of whoever asks, which needs no Podman, or behind a service of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import msgspec

from layerview.errors import ServiceError
from layerview.image import Platform
from layerview.sources.podman.store import PodmanImage, PodmanStore
from layerview.sources.protocol import Source

if TYPE_CHECKING:
    from layerview.sources.docker.endpoint import Endpoint

_SYSTEM_STORE = "/var/lib/containers/storage"
_SYSTEM_SOCKET = Path("/run/podman/podman.sock")
_SETTINGS = (Path("/etc/containers/storage.conf"), Path("/usr/share/containers/storage.conf"))


def open_podman(name: str, platform: Platform | None, records: bool | None) -> Source:
    """An image of Podman.

    A service that the environment names is asked; without one, and unless an export is wanted, the store is read. Where
    that cannot be, a service is asked after all: one on this machine, else what ``podman system connection`` tells.
    """
    if records is not False and (store := own_store()):
        return PodmanImage(name, platform, store)
    # The Docker SDK takes longer to import than a store to read.
    from layerview.sources.docker.engine import DockerEngine
    from layerview.sources.podman.service import find_stored

    return DockerEngine(name, platform, records, _service, find_stored)


def is_elsewhere() -> bool:
    """Whether a service is named that is asked in place of the store."""
    return any(os.environ.get(name) for name in ("CONTAINER_CONNECTION", "CONTAINER_HOST"))


def own_store() -> PodmanStore | None:
    """The store of this user, where it may be read and no service is named in its place."""
    store = PodmanStore(_store())
    return store if store.is_readable and not is_elsewhere() else None


def podman_is_here() -> bool:
    """Whether there is anything of Podman to ask."""
    return (
        is_elsewhere()
        or PodmanStore(_store()).is_readable
        or next(_sockets(), None) is not None
        or shutil.which("podman") is not None
    )


def _store() -> Path:
    """The folder that Podman would use for this user."""
    own = os.environ.get("CONTAINERS_STORAGE_CONF")
    system = _storage_settings(*((Path(own),) if own else _SETTINGS))
    if os.getuid() == 0:
        return Path(system.get("graphroot") or _SYSTEM_STORE)
    home = Path.home()
    user = (
        system if own else _storage_settings(_folder("XDG_CONFIG_HOME", home / ".config") / "containers/storage.conf")
    )
    if root := user.get("graphroot"):
        return Path(root)
    if root := system.get("rootless_storage_path"):
        values = {"HOME": str(home), "UID": str(os.getuid()), "USER": os.environ.get("USER", "")}
        return Path(Template(root).safe_substitute(values))
    return _folder("XDG_DATA_HOME", home / ".local/share") / "containers/storage"


def _storage_settings(*files: Path) -> Mapping[str, Any]:
    """The table ``storage`` of the first of these files that there is; empty where it cannot be read."""
    for file in files:
        with suppress(OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
            found: Mapping[str, Any] = tomllib.loads(file.read_text())
            return found.get("storage", {}) if isinstance(found.get("storage", {}), dict) else {}
    return {}


def known_service() -> Endpoint | None:
    """The service that is named, runs on this machine, or is the default connection, in this order.

    Raises ServiceError where a connection is named that there is not.
    """
    from layerview.sources.docker.endpoint import Endpoint
    from layerview.sources.podman.service import PODMAN

    if name := os.environ.get("CONTAINER_CONNECTION"):
        if (connection := next((each for each in _connections() if each.name == name), None)) is None:
            raise ServiceError(
                f"Podman has no connection {name}", "podman system connection list shows which there are."
            )
        return connection.endpoint
    if host := os.environ.get("CONTAINER_HOST"):
        return Endpoint(host, kind=PODMAN, identity=os.environ.get("CONTAINER_SSHKEY", ""))
    if socket := next(_sockets(), None):
        return Endpoint(f"unix://{socket}", kind=PODMAN)
    return next((each.endpoint for each in _connections() if each.default), None)


def _service() -> Endpoint:
    from layerview.sources.docker.endpoint import Endpoint
    from layerview.sources.podman.service import PODMAN

    return known_service() or Endpoint(f"unix://{_own_socket()}", kind=PODMAN)


def _sockets() -> Iterator[Path]:
    """Where services of this machine listen that this user may use."""
    return (path for path in (_own_socket(), _SYSTEM_SOCKET) if os.access(path, os.W_OK))


def _own_socket() -> Path:
    if os.getuid() == 0:
        return _SYSTEM_SOCKET
    return _folder("XDG_RUNTIME_DIR", Path(f"/run/user/{os.getuid()}")) / "podman/podman.sock"


def _folder(variable: str, default: Path) -> Path:
    return Path(os.environ.get(variable) or default)


class _Connection(msgspec.Struct):
    """What ``podman system connection list`` tells of one."""

    name: str = msgspec.field(name="Name")
    uri: str = msgspec.field(name="URI")
    identity: str = msgspec.field(name="Identity", default="")
    is_machine: bool = msgspec.field(name="IsMachine", default=False)
    default: bool = msgspec.field(name="Default", default=False)

    @property
    def endpoint(self) -> Endpoint:
        from layerview.sources.docker.endpoint import Endpoint
        from layerview.sources.podman.service import PODMAN

        return Endpoint(self.uri, kind=PODMAN, identity=self.identity, is_machine=self.is_machine)


def _connections() -> tuple[_Connection, ...]:
    """Such lead to virtual machines and to other machines."""
    try:
        command = ("podman", "system", "connection", "list", "--format", "json")
        told = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL).stdout
        return msgspec.json.decode(told, type=tuple[_Connection, ...])
    except (OSError, subprocess.CalledProcessError, msgspec.DecodeError):
        return ()


def pulling_service() -> Endpoint | None:
    """The service that pulls; None where Podman itself has to, into the store that images are read from.

    Raises ServiceError.
    """
    if not is_elsewhere() and PodmanStore(_store()).is_readable and shutil.which("podman") is not None:
        return None
    return known_service()
