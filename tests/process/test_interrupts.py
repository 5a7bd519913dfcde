"""Ctrl+C as the process begins, while it imports, and as it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from layerview.process.interrupts import INTERRUPTED
from tests.waiting import PATIENCE

_PROGRAM = """
import atexit, os, signal, sys, time, layerview.cli
from layerview.__main__ import run
from layerview.workers import Workers

def press():
    signal.raise_signal(signal.SIGINT)

def press_in_an_import_before():
    signal.raise_signal(signal.SIGALRM)
    print('whole', flush=True)

def work(does):
    layerview.cli.main = lambda: does() or 0

{what}
sys.exit(run())
"""


@pytest.mark.parametrize(
    ("what", "status", "printed"),
    [
        ("work(press)", INTERRUPTED, ""),
        ("sys.path.append({folder!r}); work(lambda: __import__('pressing') and time.sleep(60))", INTERRUPTED, "whole"),
        ("os.register_at_fork(before=press_in_an_import_before); work(lambda: Workers(1))", INTERRUPTED, "whole"),
        ("atexit.register(press); work(lambda: print('done'))", 0, "done"),
        ("signal.signal(signal.SIGINT, signal.SIG_IGN); work(lambda: press() or print('on'))", 0, "on"),
    ],
    ids=[
        "at work",
        "in an import",
        "as a process is forked",
        "at the end",
        "where it is ignored",
    ],
)
def test_ends_the_process_without_a_traceback(what: str, status: int, printed: str, tmp_path: Path) -> None:
    """And breaks into no import: msgspec crashes later where its own is not whole. Nor does it into what is done for a fork,
    as a lock may stay held."""
    (tmp_path / "pressing.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\nprint('whole')\n")
    program = _PROGRAM.format(what=what.format(folder=str(tmp_path)))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (status, printed.split(), "")
