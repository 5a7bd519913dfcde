"""A user who is not root, with a Podman of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import pytest

from tests.engines.conftest import run

ID = 65534
_ROOT = Path(__file__).parents[2]
_SETTINGS = """
[storage]
driver = "vfs"
[storage.options]
ignore_chown_errors = "true"
"""
"""Whoever has no further user IDs can only store files as their own."""

_BECOME = f"""
import os, sys, layerview.cli.dispatch, layerview.cli.help, layerview.cli.words, layerview.reports, layerview.exploration, layerview.sources.containerd.image
import layerview.sources.docker.container, layerview.sources.podman.container
import layerview.reports.shared, layerview.sources.containerd.listing, layerview.sources.podman.listing
import layerview.sources.docker.listing, layerview.sources.listing
[layerview.cli.commands.command(name) for name in (*layerview.cli.commands.NAMES, "explore")]
os.setgroups([]), os.setgid({ID}), os.setuid({ID})
sys.exit(layerview.cli.main(sys.argv[1:]))
"""
"""The program may be where only root can read it."""

only_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become someone else")


class Nobody:
    """Has a home, below ``/tmp`` since Podman refuses the long paths of pytest's own folders."""

    def __init__(self, **environment: str) -> None:
        self._folder = TemporaryDirectory(prefix="layerview-", dir="/tmp")
        Path(self._folder.name).chmod(0o755)
        self.home = home = Path(self._folder.name, "home")
        settings = home / ".config/containers/storage.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(_SETTINGS)
        (home / "run").mkdir(mode=0o700)
        run("chown", "-R", f"{ID}:{ID}", home)
        folders = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run")}
        self._environment: Mapping[str, str] = {"PATH": os.environ["PATH"], **folders, **environment}

    def podman(self, *command: str | Path) -> str:
        return self._run("setpriv", "--reuid", str(ID), "--regid", str(ID), "--clear-groups", "podman", *command)

    def layerview(self, *arguments: str) -> str:
        return self._run(sys.executable, "-c", _BECOME, *arguments, "--no-cache")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the process that keeps Podman's namespaces, too."""
        with suppress(OSError, ValueError):
            os.kill(int((self.home / "run/libpod/tmp/pause.pid").read_text()), signal.SIGKILL)
        self._folder.cleanup()

    def _run(self, *command: str | Path) -> str:
        return subprocess.run(
            command,
            env=self._environment,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
