"""What CONTRIBUTING.md says of the code."""

from __future__ import annotations

import re
from pathlib import Path

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
