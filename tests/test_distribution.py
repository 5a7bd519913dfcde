"""What is installed: built here, and used in an environment that holds nothing else."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest

import layerview
from tests.engines.conftest import lack
from tests.terminal import Terminal

_ROOT = Path(__file__).parents[1]
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
_EVERY_MODULE = """
import importlib, pkgutil, layerview
for module in pkgutil.walk_packages(layerview.__path__, "layerview."):
    if module.name != "layerview.__main__":
        importlib.import_module(module.name)
print(layerview.__file__)
"""


def _built(what: str, tree: Path, place: Path) -> Path:
    command = (sys.executable, "-m", "hatchling", "build", "--target", what, "--directory", place)
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (built,) = place.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built("sdist", _ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, as an installer does that finds nothing else."""
    place = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    (tree,) = place.iterdir()
    return _built("wheel", tree, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_the_program_whole_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    found = {name for name in names if ".dist-info/" not in name}
    files = (path for path in (_ROOT / "layerview").rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert found == {path.relative_to(_ROOT).as_posix() for path in files}
    assert {"layerview/py.typed", "layerview/tui/styles.tcss", "layerview/demo/app.txt"} <= found
    described = {name.partition(".dist-info/")[2] for name in names - found}
    assert described == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_the_wheel_is_the_same_from_the_tree_and_from_the_sdist(wheel: Path, tmp_path: Path) -> None:
    with ZipFile(wheel) as one, ZipFile(_built("wheel", _ROOT, tmp_path / "wheel")) as other:
        assert {name: one.read(name) for name in one.namelist()} == {
            name: other.read(name) for name in other.namelist()
        }


def test_the_sdist_holds_all_that_its_tests_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {".ci/run", "CHANGELOG.md", "Makefile", "constraints.txt", "tests/conftest.py"} <= names


def _imported() -> set[str]:
    """The names of all foreign packages that the program imports, on whichever Python."""
    found = set()
    for path in (_ROOT / "layerview").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.module and not node.level
                found.add(node.module.partition(".")[0])
    # "compression" is the standard library's from Python 3.14 on.
    return found - set(sys.stdlib_module_names) - {"compression", "layerview"}


def test_what_is_imported_is_what_is_declared() -> None:
    """No more, and nothing that is there only because something else needs it."""
    known = {name: {one.lower() for one in distributions} for name, distributions in packages_distributions().items()}
    known["backports"] = {"backports.zstd"}  # a namespace of several; it is not installed where the Python has zstd
    imported = set[str]().union(*(known[name] for name in _imported()))
    assert imported == {re.split("[<>=;]", each)[0].lower() for each in _PROJECT["dependencies"]}


def test_the_pythons_that_are_promised_are_those_that_the_tests_run_on() -> None:
    run = dict(re.findall(r"^(oldest|newest)=(.*)$", (_ROOT / ".ci/run").read_text(), re.MULTILINE))
    marker = "Programming Language :: Python :: 3."
    promised = [each.partition(":: Python :: ")[2] for each in _PROJECT["classifiers"] if each.startswith(marker)]
    assert promised == [run["oldest"], run["newest"]]
    assert _PROJECT["requires-python"] == f">={run['oldest']}"


def test_the_newest_version_of_the_changelog_is_this_one() -> None:
    versions = re.findall(r"^## ([\d.]+)", (_ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == layerview.__version__


class TestBareEnvironment:
    """With the wheel and what it asks for: not the tests' packages, not this folder."""

    @pytest.fixture(scope="class")
    def environment(self, wheel: Path) -> Iterator[Path]:
        wheels = os.environ.get("LAYERVIEW_TEST_WHEELS") or lack(
            "the packages that it needs, in a folder that LAYERVIEW_TEST_WHEELS names"
        )
        with TemporaryDirectory(prefix="layerview-") as name:
            place = Path(name, "environment")
            subprocess.run([sys.executable, "-m", "venv", place], check=True)
            install = (place / "bin/pip", "install", "--quiet", "--no-index", "--find-links", wheels, wheel)
            subprocess.run([*install, "--disable-pip-version-check"], check=True)
            yield place

    def run(self, environment: Path, *command: str) -> str:
        name, *words = command
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [environment / "bin" / name, *words], cwd="/", env=alone, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def test_every_module_finds_what_it_imports(self, environment: Path) -> None:
        assert self.run(environment, "python", "-c", _EVERY_MODULE).startswith(str(environment))

    def test_it_tells_its_version(self, environment: Path) -> None:
        assert self.run(environment, "layerview", "--version") == f"layerview {layerview.__version__}\n"

    def test_the_sample_image_is_explored(self, environment: Path) -> None:
        with Terminal(str(environment / "bin/layerview"), "demo", controlling=True) as program:
            program.shows("wasted")
            program.press(b"q")
            assert program.ended() == 0
            program.assert_as_found()
