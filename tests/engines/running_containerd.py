"""A containerd that runs for a test."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.unprivileged import ID

_CONFIG = """
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{folder}/containerd.sock"
gid = {gid}
"""


@contextmanager
def running_containerd(folder: Path) -> Iterator[str]:
    """With all that it keeps in a folder; its address."""
    folder.chmod(0o755)
    (folder / "config.toml").write_text(_CONFIG.format(folder=folder, gid=ID))
    address = f"{folder}/containerd.sock"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["containerd", "--config", folder / "config.toml"], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 30
            while subprocess.run(["ctr", "--address", address, "version"], capture_output=True, check=False).returncode:
                assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait()
