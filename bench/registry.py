"""A registry of this machine, the one that Docker wrote, with an image of the engine in it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.place import kept, once

_PROGRAMS = ("docker-registry", "skopeo")
COPY = ("skopeo", "--insecure-policy", "copy", "--quiet")
_PATIENCE = 10.0
"""Seconds after which the registry counts as not started."""


def missing() -> list[str]:
    """The programs that are needed and not here, by the names of their Debian packages."""
    return [program for program in _PROGRAMS if shutil.which(program) is None]


@contextmanager
def in_registry(image: str) -> Iterator[str]:
    """The name that an image of the engine has in a registry, which runs meanwhile; its layers are gzip."""

    def push(store: Path) -> None:
        with _running(store) as host:
            source, target = f"docker-daemon:{image}:latest", f"docker://{host}/{image}"
            subprocess.run([*COPY, "--dest-tls-verify=false", "--dest-no-creds", source, target], check=True)

    with _running(once(kept(f"registry-{image.rpartition('/')[2]}"), push)) as host:
        yield f"{host}/{image}"


@contextmanager
def _running(store: Path) -> Iterator[str]:
    """Host and port of a registry that keeps what it has in a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        storage = f"storage: {{filesystem: {{rootdirectory: '{store}'}}}}"
        config.write(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n{storage}\n")
        config.write(f"http: {{addr: '127.0.0.1:{port}'}}\n")
        config.flush()
        with subprocess.Popen([_PROGRAMS[0], "serve", config.name], stderr=subprocess.DEVNULL) as registry:
            try:
                _await(port)
                yield f"localhost:{port}"
            finally:
                registry.terminate()


def _await(port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the registry does not answer")
