"""What CONTRIBUTING.md says of the code."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]


def test_files_folders_and_commands_that_are_named_are_there() -> None:
    text = (_ROOT / "CONTRIBUTING.md").read_text()
    targets = re.findall(r"^([a-z]+):", (_ROOT / "Makefile").read_text(), re.MULTILINE)
    named = set(re.findall(r"`([\w./]+(?:\.py|/|\.toml|\.txt))`", text))
    assert len(named) > 20
    for name in named:
        assert any((root / name).exists() for root in (_ROOT, _ROOT / "layerview")), name
    commands = re.findall(r"(?:^\$ |`)make (\w+)", text, re.MULTILINE)
    assert len(commands) > 5 and set(commands) <= set(targets)


@pytest.mark.skipif(shutil.which("make") is None, reason="without make, which runs the tests elsewhere")
def test_the_demo_does_not_wait_for_the_tools_of_a_test() -> None:
    assert [line.split()[-1] for line in _installs("demo")] == ["."]
    assert [line.split()[-1] for line in _installs("test")] == [".", "'.[dev]'"]


def _installs(target: str) -> list[str]:
    """What make would have pip do for it in a fresh clone."""
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=_ROOT, check=True, capture_output=True, text=True
    )
    return [line for line in done.stdout.splitlines() if "pip install" in line]
