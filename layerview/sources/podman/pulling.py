"""Images pulled by Podman: by its service, or by one that runs for the pull alone."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layerview.errors import ServiceError
from layerview.image import Platform, Reference
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.pulling import DockerPuller
from layerview.sources.podman.engine import pulling_service
from layerview.sources.podman.service import PODMAN

_STARTING = 10
"""Seconds until a service is given up that does not start."""
_UNUSED = 10
"""Seconds without a connection after which a service ends by itself: a pull keeps one, unless this program was killed."""
_COMPLETE = frozenset(("Download complete", "Already exists"))
"""It tells nothing of what it does then."""


def podman_puller(reference: Reference, platform: Platform | None) -> DockerPuller:
    """What pulls into the store, or by the service, that ``podman:`` reads from."""
    return DockerPuller(reference, platform, "podman", "Podman", _endpoint, _COMPLETE)


@contextmanager
def _endpoint() -> Iterator[Endpoint]:
    endpoint = pulling_service()
    if endpoint is not None:
        yield endpoint
        return
    with _own_service() as endpoint:
        yield endpoint


@contextmanager
def _own_service() -> Iterator[Endpoint]:
    """A service on a socket of its own: ``podman pull`` tells only a terminal how far it is. Raises ServiceError."""
    if shutil.which("podman") is None:
        raise ServiceError("There is no podman that could pull", "Install it.")
    with tempfile.TemporaryDirectory(prefix="layerview-") as folder, tempfile.TemporaryFile() as complaints:
        socket = Path(folder, "podman.sock")
        command = ("podman", "system", "service", "--time", str(_UNUSED), f"unix://{socket}")
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints, process_group=0
        ) as process:
            try:
                deadline = time.monotonic() + _STARTING
                while not socket.exists():
                    if process.poll() is not None or time.monotonic() > deadline:
                        complaints.seek(0)
                        said = complaints.read(10_000).decode(errors="replace").strip().splitlines()
                        raise ServiceError(
                            f"Podman cannot run a service: {said[-1] if said else 'it does not start'}",
                            "See what podman system service says.",
                        )
                    time.sleep(0.02)
                yield Endpoint(f"unix://{socket}", kind=PODMAN)
            finally:
                process.terminate()
