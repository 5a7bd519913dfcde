"""What strangers may hand over, made by hand, and the command line that must answer."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview.cli import main

COMMAND = (sys.executable, "-m", "layerview")


@dataclass(frozen=True)
class Answer:
    """What a run of the program left behind."""

    status: int
    out: str
    err: str
    memory: int = 0
    """Bytes that it had resident at most, where it was a process of its own."""

    @property
    def paths(self) -> list[str]:
        """The last column of what ``ls`` lists."""
        return [line.split("  ")[-1] for line in self.out.splitlines()]

    def assert_civil(self) -> Answer:
        """All is shown, or two lines say what is not: nothing that nobody foresaw."""
        assert "unexpected: " not in self.err, self.err
        assert "Traceback" not in self.err, self.err
        assert self.status in (0, 2)
        assert self.status == 0 or self.err.startswith("layerview: "), self.err
        return self


def ask(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Answer:
    """Run a command in this process."""
    status = main([*map(str, arguments), "--no-cache"])
    captured = capsys.readouterr()
    return Answer(status, captured.out, captured.err).assert_civil()


_MEASURED = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
"""
"""Runs a command and writes down its peak of memory in kB. A child of the tests' own process begins with the memory of that."""


def run(
    *arguments: str | Path, memory: int = 2 << 30, seconds: int = 60, environment: Mapping[str, str] | None = None
) -> Answer:
    """Run a command in a process of its own that may address so many bytes and take so long."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-c", _MEASURED, f"{folder}/peak", *COMMAND, *map(str, arguments), "--no-cache"],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit,  # noqa: PLW1509  nothing of this process is touched
        ) as process,
    ):
        out, err = process.communicate(timeout=4 * seconds)
        peak = int(Path(folder, "peak").read_text()) * 1024
    return Answer(process.returncode, out, err, peak).assert_civil()


def header(name: bytes, size: bytes = b"00000000000\0", flag: bytes = b"0", link: bytes = b"") -> bytes:
    """A tar header as anybody can write one, its checksum right."""
    block = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + size.ljust(12, b"\0") + b"00000000000\0"
    block += b" " * 8 + flag + link.ljust(100, b"\0") + b"ustar\x0000"
    block = block.ljust(512, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def pax(*records: tuple[bytes, bytes], flag: bytes = b"x") -> bytes:
    """A PAX extension header."""
    data = b"".join(map(_record, records))
    return header(b"pax", b"%011o\0" % len(data), flag) + data + bytes(-len(data) % 512)


def _record(record: tuple[bytes, bytes]) -> bytes:
    rest = b" " + record[0] + b"=" + record[1] + b"\n"
    length = len(rest)
    while length != len(b"%d" % length) + len(rest):
        length = len(b"%d" % length) + len(rest)
    return b"%d" % length + rest
