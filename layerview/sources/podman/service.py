"""Podman's service, which speaks Docker's API, and what can be read of its images beside it."""

from __future__ import annotations

from pathlib import Path

from layerview.sources.docker.endpoint import EngineKind
from layerview.sources.docker.kept import Kept, Lender
from layerview.sources.docker.told import Told
from layerview.sources.podman.store import PodmanStore

PODMAN = EngineKind(
    "Podman service",
    "podman",
    "--url",
    "Use the one of your own user (systemctl --user start podman.socket), or sudo.",
    "Start it (systemctl --user start podman.socket, or podman machine start), or name one by CONTAINER_HOST.",
)


def find_stored(engine: Lender, told: Told) -> Kept | None:
    """What is in the store of the service, where this program may read that. Raises LayerviewError."""
    store = PodmanStore(Path(engine.info.docker_root_dir))
    if not engine.endpoint.is_local or (stored := store.find(told.image.id)) is None:
        return None
    return Kept(stored.config, stored.jobs) if len(stored.jobs) == len(told.image.layers) else None
