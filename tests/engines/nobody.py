"""A user who is not root, with a Podman of their own."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import pytest

from tests.engines.conftest import run
from tests.unprivileged import ID, Program, run_as_nobody

_SETTINGS = """
[storage]
driver = "vfs"
[storage.options]
ignore_chown_errors = "true"
"""
"""Whoever has no further user IDs can only store files as their own."""


class Nobody:
    """Has a home, below ``/tmp`` since Podman refuses the long paths of pytest's own folders."""

    def __init__(self, program: Program, **environment: str) -> None:
        self._program = program
        self._folder = TemporaryDirectory(prefix="layerview-", dir="/tmp")
        Path(self._folder.name).chmod(0o755)
        self.home = home = Path(self._folder.name, "home")
        settings = home / ".config/containers/storage.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(_SETTINGS)
        (home / "run").mkdir(mode=0o700)
        run("chown", "-R", f"{ID}:{ID}", home)
        folders = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run")}
        self._environment = {**folders, **environment}

    def podman(self, *command: str | Path) -> str:
        done = run_as_nobody("podman", *command, env=self._environment)
        if done.returncode:
            pytest.fail(f"podman {' '.join(map(str, command))}: {done.stderr}")
        return done.stdout

    def layerview(self, *arguments: str) -> str:
        done = self._program.run(*arguments, **self._environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the process that keeps Podman's namespaces, too."""
        with suppress(OSError, ValueError):
            os.kill(int((self.home / "run/libpod/tmp/pause.pid").read_text()), signal.SIGKILL)
        self._folder.cleanup()
