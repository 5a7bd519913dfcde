"""A containerd that runs for a test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.unprivileged import ID
from tests.waiting import until

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
            asked = ["ctr", "--address", address, "version"]
            until(
                lambda: (
                    process.poll() is not None
                    or subprocess.run(asked, capture_output=True, check=False).returncode == 0
                ),
                (folder / "log").read_text,
            )
            assert process.poll() is None, (folder / "log").read_text()
            yield address
        finally:
            process.terminate()
            process.wait()
