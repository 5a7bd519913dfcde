"""``layerview ls`` of what tar has packed from a real disk."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from layerview.cli import main
from tests.unprivileged import only_root


@only_root
def test_device_numbers_and_attributes_are_those_of_the_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "place"
    (place / "folder").mkdir(parents=True)
    (place / "tool").write_text("tool")
    os.mknod(place / "console", stat.S_IFCHR | 0o600, os.makedev(5, 1))
    os.mknod(place / "disk", stat.S_IFBLK | 0o660, os.makedev(259, 1_000))
    os.setxattr(place / "tool", "user.binary", bytes(range(256)))
    os.setxattr(place / "tool", "user.text", "é = 1\n".encode())
    os.setxattr(place / "folder", "user.note", b"1")
    archive = tmp_path / "layer.tar"
    subprocess.run(["tar", "--xattrs", "-C", place, "-cf", archive, "."], check=True)

    assert main(["ls", str(archive), "-r", "--json", "--no-cache"]) == 0
    rows = {row["path"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {path: row["device"] for path, row in rows.items() if "device" in row} == {
        "console": [5, 1],
        "disk": [259, 1_000],
    }
    attributes = {
        path: {name: base64.b64decode(value) for name, value in row["xattrs"].items()}
        for path, row in rows.items()
        if "xattrs" in row
    }
    assert attributes == {
        path: {name: os.getxattr(place / path, name) for name in os.listxattr(place / path)}
        for path in ("folder", "tool")
    }
