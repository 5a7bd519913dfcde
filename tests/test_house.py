"""How the package is built, as far as no linter says: what importing may not do, and what names may not hide."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import layerview

_FOLDER = Path(layerview.__file__).parent

_IMPORTING = """
import gc, os, pkgutil, signal, sys, threading, warnings
from importlib import import_module

def process():
    return (
        dict(os.environ), gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), sys.getswitchinterval(),
        sys.getrecursionlimit(), [signal.getsignal(number) for number in signal.valid_signals()],
        threading.active_count(), os.nice(0), os.getcwd(), list(warnings.filters),
    )

import layerview
names = [info.name for info in pkgutil.walk_packages(layerview.__path__, "layerview.")]
foreign = [name for name in {FOREIGN} if import_module(name)]
before = process()
for name in names:
    import_module(name)
    assert process() == before, name
print(len(names))
"""
_FOREIGN = ("textual.app", "textual.widgets", "docker", "requests", "urllib3", "humanize", "msgspec", "platformdirs")
"""What may do to the process what it likes."""


def test_importing_changes_nothing_of_the_process() -> None:
    code = _IMPORTING.replace("{FOREIGN}", repr(_FOREIGN))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


@pytest.mark.parametrize("package", sorted(_FOLDER.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_no_module_hides_what_its_package_calls_by_the_same_name(package: Path) -> None:
    """As it would from its first import on, unless the name was taken from it."""
    folder = package.parent
    inside = ".".join(("layerview", *folder.relative_to(_FOLDER).parts))
    modules = {path.stem for path in folder.iterdir()}
    for node in ast.parse(package.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert node.name not in modules
        if isinstance(node, ast.ImportFrom):
            for name in (each.asname or each.name for each in node.names):
                assert name not in modules or node.module in (inside, f"{inside}.{name}"), name
