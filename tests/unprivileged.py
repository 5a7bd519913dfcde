"""A user who is not root, and the program as it is on a user's own machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import layerview

ID = 65534

only_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become someone else")


@dataclass(frozen=True)
class Program:
    """A Python, and beside it the program with all that it imports, which everyone may read."""

    python: Path
    variables: Mapping[str, str]

    def run(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """What happens to one who is not root and runs the program, without a cache."""
        command = (self.python, "-m", "layerview", *arguments, "--no-cache")
        return run_as_nobody(*command, env={**environment, **self.variables})


def run_as_nobody(*command: str | Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What becomes of a command of one who is not root, with these variables and the path."""
    return subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], **env},
        cwd="/",
        user=ID,
        group=ID,
        extra_groups=[],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def program_for_all() -> Iterator[Program]:
    """A copy in a folder of its own: what runs the tests may be where only root can read it."""
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as name:
        folder, variables = Path(name), {}
        python = Path(sys.executable).resolve()
        if not _is_for_all(python):
            ignored = shutil.ignore_patterns("site-packages", "test", "config-*")  # large, and nothing needs them
            shutil.copytree(sys.base_prefix, folder / "python", symlinks=True, ignore=ignored)
            python = folder / "python" / python.relative_to(sys.base_prefix)
            variables["LD_LIBRARY_PATH"] = str(folder / "python/lib")  # it may be linked to where it was
        packages = folder / "packages"
        shutil.copytree(sysconfig.get_path("purelib"), packages, ignore=shutil.ignore_patterns("*mypy*", "pip"))
        shutil.copytree(Path(layerview.__file__).parent, packages / "layerview")
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        yield Program(python, {**variables, "PYTHONPATH": str(packages)})


def _is_for_all(python: Path) -> bool:
    try:
        return run_as_nobody(python, "-c", "", env={}).returncode == 0
    except PermissionError:
        return False
