"""Whether there is anything of Docker to ask, found out without its SDK."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_SOCKET = Path("/var/run/docker.sock")


def settings() -> Path:
    """The folder where Docker's own command has its settings."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def docker_is_here() -> bool:
    """Whether an engine is named, is likely to listen on this machine, or may be meant by a context."""
    return (
        any(os.environ.get(name) for name in ("DOCKER_HOST", "DOCKER_CONTEXT"))
        or _SOCKET.exists()
        or (settings() / "contexts").is_dir()
        or shutil.which("docker") is not None
    )
