"""Real images, built by Docker from Debian, PyPI and npm packages. Needs root (debootstrap), a network and an engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.place import kept, once

REAL = "layerview-bench/real"
"""Some 2 GB and 86,000 entries in a dozen layers."""
SMALL = "layerview-bench/small"
"""Some 200 MB and 6,800 entries: Debian alone."""

_BASE = "layerview-bench/base"
_RECIPE = Path(__file__).parent / "recipe"


def real_archive() -> Path:
    """REAL as ``docker save`` writes it, made if need be."""
    return _archive(REAL)


def small_archive() -> Path:
    """SMALL likewise."""
    return _archive(SMALL)


def ensure_in_engine(image: str, archive: Path, environment: dict[str, str] | None = None) -> None:
    """Load an archive into the engine that the environment names, unless it has the image."""
    inspect = ["docker", "image", "inspect", image]
    if subprocess.run(inspect, check=False, capture_output=True, env=environment).returncode:
        print(f"loading {archive} into the engine", flush=True)
        subprocess.run(["docker", "load", "--quiet", "--input", archive], check=True, env=environment)


def _archive(image: str) -> Path:
    def save(path: Path) -> None:
        _build(image)
        _run("docker", "save", "--output", str(path), image)
        path.chmod(0o644)  # it is measured as a user who need not be the one who made it

    return once(kept(f"{image.rpartition('/')[2]}.tar"), save)


def _build(image: str) -> None:
    """Build with the classic builder, whose layers are the same on engines of every age; no step has a network."""
    context = kept(image.rpartition("/")[2])
    shutil.copytree(_RECIPE, context, dirs_exist_ok=True)
    if image == REAL:
        once(context / "python", _install_python)
        once(context / "node_modules", _install_node)
    _run("sh", "-c", f"tar -C '{once(kept('debian'), _install_debian)}' -c . | docker import - {_BASE}")
    dockerfile = context / ("Dockerfile" if image == REAL else "small.Dockerfile")
    builder = {**os.environ, "DOCKER_BUILDKIT": "0"}
    command = ["docker", "build", "--network=none", "--tag", image, "--file", str(dockerfile), str(context)]
    subprocess.run(command, check=True, env=builder)


def _install_debian(folder: Path) -> None:
    _run("debootstrap", "--variant=minbase", "bookworm", str(folder))


def _install_python(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    _run(*pip, "--target", str(folder), "--requirement", str(_RECIPE / "requirements.txt"))


def _install_node(folder: Path) -> None:
    work = kept("npm")
    work.mkdir(exist_ok=True)
    shutil.copy(_RECIPE / "package.json", work)
    _run("npm", "install", "--prefix", str(work), "--ignore-scripts", "--no-audit", "--no-fund")
    (work / "node_modules").rename(folder)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
