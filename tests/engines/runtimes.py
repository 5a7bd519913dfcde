"""What runs the steps of a build for Podman and Buildah. Which of them can depends on the machine: on hybrid control groups
``crun``, which is preferred, cannot, and ``runc`` can."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_STEP = 'FROM scratch\nCOPY busybox /\nRUN ["/busybox", "true"]\n'


def settings_that_work(folder: Path) -> dict[str, str]:
    """Variables by which they take a runtime that can run a step here: none if the one that they prefer can, or if none can.

    The folder holds what that needs until all is done.
    """
    (folder / "context").mkdir()
    shutil.copy("/bin/busybox", folder / "context")
    (folder / "context/Dockerfile").write_text(_STEP)
    settings: list[dict[str, str]] = [{}]
    for runtime in ("crun", "runc"):
        file = folder / f"{runtime}.conf"
        file.write_text(f'[engine]\nruntime = "{runtime}"\n')
        settings.append({"CONTAINERS_CONF": str(file)})
    return next((each for each in settings if _builds(folder, each)), {})


def _builds(folder: Path, variables: Mapping[str, str]) -> bool:
    command = ("podman", "build", "--network", "none", folder / "context")
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, check=False).returncode == 0
