"""Containers that a run has made to read the engine's files, and did not come to remove: found, and removed.

Nothing that an image can bring or a person is likely to write makes a container one of these. Removed is only what was
never started, has a name and a command with the same random digits, and nothing in it but the engine's own files, bound
read only at a place of that name.
"""

from __future__ import annotations

import os
import platform
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from docker.errors import APIError, NotFound

from layerview.sources.docker.borrowing import LABEL, PREFIX, PROGRAM, remove
from layerview.sources.docker.client import Client
from layerview.sources.docker.kept import Info

_NAME = re.compile(rf"/{PREFIX}[0-9a-f]{{16}}")
_NEVER = "0001-01-01T00:00:00Z"
"""When a container was started that never was."""

_STALE = timedelta(days=1)
"""How old such a container is when whoever made it has died, where that cannot be seen from here."""


def owner() -> str:
    """Names this process, such that another on this machine can see whether it has ended."""
    return f"{_machine()}:{os.getpid()}"


def remove_left_behind(client: Client, info: Info) -> None:
    """Remove the containers of processes that have ended. Raises ServiceError."""
    # By the engine's clock, which may differ from ours.
    limit = (info.system_time - _STALE).timestamp()

    def is_left(owner: str, created: float) -> bool:
        return created < limit or _has_ended(owner)

    for container in _ours(client, info, LABEL, is_left):
        if is_left(container.owner, container.created.timestamp()):
            _remove(client, container)


def remove_borrowed(client: Client, info: Info, owner: str) -> None:
    """Remove all containers of a process. Raises ServiceError."""
    for container in _ours(client, info, f"{LABEL}={owner}"):
        _remove(client, container)


class _Listed(msgspec.Struct, rename="pascal"):
    id: str
    created: int = 0
    """Seconds since 1970."""
    labels: dict[str, str] | None = None

    @property
    def owner(self) -> str:
        return (self.labels or {}).get(LABEL, "")


class _State(msgspec.Struct, rename="pascal"):
    status: str = ""
    started_at: str = ""


class _Config(msgspec.Struct, rename="pascal"):
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    labels: dict[str, str] | None = None


class _Mount(msgspec.Struct, rename="pascal"):
    type: str = ""
    source: str = ""
    destination: str = ""
    rw: bool = msgspec.field(name="RW", default=True)


class _Inspected(msgspec.Struct, rename="pascal"):
    """What an engine says of a container."""

    id: str
    name: str
    created: datetime
    state: _State
    config: _Config
    mounts: tuple[_Mount, ...]

    @property
    def owner(self) -> str:
        return (self.config.labels or {}).get(LABEL, "")

    def is_ours(self, info: Info) -> bool:
        """Whether it can be nothing but what :func:`borrowed` has created, and is as it was then."""
        return (
            _NAME.fullmatch(self.name) is not None
            and (self.state.status, self.state.started_at) == ("created", _NEVER)
            and (self.config.entrypoint, self.config.cmd) == ((PROGRAM,), (self.name[1:],))
            and self.owner != ""
            and any(mount.type == "bind" for mount in self.mounts)
            and all(self._binds_from(mount, info) or mount.type == "tmpfs" for mount in self.mounts)
        )

    def _binds_from(self, mount: _Mount, info: Info) -> bool:
        return (
            mount.type == "bind"
            and not mount.rw
            and re.fullmatch(rf"{self.name}/[0-9]+", mount.destination) is not None
            and mount.source.startswith(info.lent)
        )


def _ours(
    client: Client, info: Info, label: str, suits: Callable[[str, float], bool] = lambda owner, created: True
) -> Iterator[_Inspected]:
    """Those of this label that can be nothing else; none where the engine does not tell.

    Of those alone whose owner and age ``suits``: an engine tells more of one that is read from only when it no longer is.
    """
    wanted = {"label": [label], "name": [PREFIX], "status": ["created"]}
    parameters = {"all": "1", "filters": msgspec.json.encode(wanted).decode()}
    with suppress(APIError):
        for each in client.ask("/containers/json", tuple[_Listed, ...], parameters):
            if not suits(each.owner, each.created):
                continue
            # The list has a summary of the command, which another command may have, too.
            with suppress(NotFound):
                container = client.ask(f"/containers/{each.id}/json", _Inspected)
                if container.is_ours(info):
                    yield container


def _remove(client: Client, container: _Inspected) -> None:
    """Remove a container that someone else may be removing, too."""
    with suppress(APIError):
        remove(client, container.id)


def _machine() -> str:
    """Within what process IDs are unique: on Linux one namespace of this machine until its next start."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{platform.node()}:{uuid.getnode():x}"


def _has_ended(owner: str) -> bool:
    """Whether a process of this machine has ended. One that has its ID by now only keeps a container for longer."""
    machine, _, process = owner.rpartition(":")
    if machine == _machine() and process.isdecimal():
        try:
            os.kill(int(process), 0)
        except (ProcessLookupError, OverflowError):
            return True
        except PermissionError:
            return False
    return False
