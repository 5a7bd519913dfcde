from __future__ import annotations

import hashlib
import io
import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from layerview.cli import main
from layerview.demo import write_demo


@cache
def _archive() -> bytes:
    output = io.BytesIO()
    write_demo(output)
    return output.getvalue()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.tar"
    path.write_bytes(_archive())
    return path


def _rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(list(arguments)) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_is_the_same_to_the_byte_every_time() -> None:
    again = io.BytesIO()
    write_demo(again)
    assert hashlib.sha256(again.getvalue()).digest() == hashlib.sha256(_archive()).digest()


def test_it_is_written_in_a_second(tmp_path: Path) -> None:
    began = time.process_time()
    with (tmp_path / "demo.tar").open("wb") as file:
        write_demo(file)
    assert time.process_time() - began < 1.5


def test_every_kind_of_waste_is_in_it(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (report,) = _rows(capsys, "report", str(demo), "-o", "json")
    assert {charge["reason"] for charge in report["matrix"]} == {"removed", "replaced", "metadata only", "identical"}
    assert 0.5 < report["efficiency"] < 0.9
    assert report["complete"]
    assert not any(layer["warnings"] for layer in report["layers"])


def test_its_secret_is_gone_from_the_image_and_still_in_a_layer(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = {row["path"] for row in _rows(capsys, "ls", str(demo), "-r", "--json")}
    assert "root/.ssh/id_rsa" not in paths
    assert "app/.env" not in paths
    assert _rows(capsys, "ls", str(demo), "root/.ssh/id_rsa", "--layer", "5", "--json")


def test_it_has_links_of_both_kinds_and_a_capability(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = _rows(capsys, "ls", str(demo), "-r", "--json")
    assert {"file", "directory", "symlink", "hardlink"} == {row["type"] for row in rows}
    (ping,) = _rows(capsys, "ls", str(demo), "usr/bin/ping", "--changes", "10", "--json")
    assert ping["changed"] == ["xattrs"]


def test_its_build_folder_is_removed_and_made_again(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = _rows(capsys, "ls", str(demo), "app/static", "-r", "--changes", "9", "--json")
    assert {row["change"] for row in rows} == {"added", "modified", "removed"}


def test_its_history_has_steps_with_and_without_a_layer(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = _rows(capsys, "history", str(demo), "--json")
    assert len(steps) > len([step for step in steps if step["layer"]]) == 11
    assert all(step["instruction"].split()[0].isupper() for step in steps)
