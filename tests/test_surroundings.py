"""The world around the program: streams, variables, folders and disks that are not as one would like them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.archives import docker_archive
from tests.builders import file, layer
from tests.hostile import COMMAND
from tests.waiting import PATIENCE


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return docker_archive(tmp_path / "image.tar", layer(file("a", b"x"), file("カメラ"), file(b"\xff")))


def run(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    options: dict[str, Any] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "timeout": PATIENCE,
        **more,
    }
    done = subprocess.run([*COMMAND, *map(str, arguments)], check=False, **options)
    assert "Traceback" not in (done.stderr or "")
    assert "unexpected: " not in (done.stderr or "")
    return done


def without(*names: str, **more: str) -> dict[str, str]:
    """The variables of this process without some."""
    return {name: value for name, value in os.environ.items() if name not in names} | more


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", ["ls +", "history +", "report +", "diff + +", "shared +", "cache", "--version", "--help"]
)
def test_a_full_disk_behind_standard_output_is_said(arguments: str, unbuffered: str, archive: Path) -> None:
    words = [str(archive) if word == "+" else word for word in arguments.split()]
    with Path("/dev/full").open("w") as full:
        done = run(*words, stdout=full, env=without(PYTHONUNBUFFERED=unbuffered))
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "layerview: standard output cannot be written: No space left on device"


@pytest.mark.parametrize("mode", ["w", "a"])
@pytest.mark.parametrize("name", ["/dev/stdout", "OUT"])
def test_a_report_that_goes_where_standard_output_goes_loses_nothing(
    name: str, mode: str, archive: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.write_text("before\n")
    with out.open(mode) as output:
        file = str(out) if name == "OUT" else name
        done = run("report", archive, "-o", "text", "-o", f"json={file}", stdout=output)
    assert done.returncode == 0
    lines = out.read_text().splitlines()
    assert [line for line in lines if line == "before"] == ["before"] * (mode == "a")
    assert [line[:1] for line in lines if line.startswith(("total bytes", "{"))] == ["t", "{"]


def test_help_that_cannot_be_written_is_no_crash(archive: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = run("ls", "--help", stdout=full, env=without(PYTHONUNBUFFERED=""))
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "layerview: standard output cannot be written: No space left on device"


def test_a_full_disk_leaves_no_part_of_a_report(archive: Path, tmp_path: Path) -> None:
    place = tmp_path / "reports"
    place.mkdir()
    (place / "report.json").write_text("the old one")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    done = run("report", archive, "-o", f"json={place / 'report.json'}", "--no-cache", preexec_fn=limit)
    assert done.returncode == 2
    assert "cannot be written: File too large" in done.stderr
    assert [path.name for path in place.iterdir()] == ["report.json"]
    assert (place / "report.json").read_text() == "the old one"


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(archive: Path, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    environment = without(XDG_CACHE_HOME=str(tmp_path / "cache"))
    done = run("ls", archive, "--verbose", env=environment, preexec_fn=limit)
    assert done.returncode == 0
    assert "cache: " in done.stderr
    assert not any((tmp_path / "cache" / "layerview").iterdir())
    (tmp_path / "file").touch()
    done = run("ls", archive, "--verbose", env=without(XDG_CACHE_HOME=str(tmp_path / "file")))
    assert done.returncode == 0
    assert "cache: " in done.stderr
    assert run("ls", archive, env=without(XDG_CACHE_HOME="/proc/self")).returncode == 0


def test_a_closed_standard_input_is_not_missed(archive: Path) -> None:
    assert run("ls", archive, preexec_fn=closing(0)).returncode == 0
    done = run(archive, preexec_fn=closing(0))
    assert "needs a terminal" in done.stderr


def test_a_closed_standard_error_hides_errors_and_nothing_else(archive: Path) -> None:
    assert "a" in run("ls", archive, preexec_fn=closing(2)).stdout
    done = run("ls", "/absent.tar", preexec_fn=closing(2))
    assert (done.returncode, done.stdout) == (2, "")


def test_a_closed_standard_output_is_said(archive: Path) -> None:
    done = run("ls", archive, preexec_fn=closing(1))
    assert done.returncode == 2
    assert "standard output is closed" in done.stderr


def test_all_three_closed_end_in_a_status(archive: Path) -> None:
    assert run("report", archive, preexec_fn=closing(0, 1, 2)).returncode == 2


def closing(*descriptors: int) -> Callable[[], None]:
    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    return close


def test_without_a_home_there_is_no_cache_and_no_folder_called_tilde(archive: Path, tmp_path: Path) -> None:
    """Of a user that the system does not know, too."""
    work = tmp_path / "work"
    work.mkdir()
    script = f"""
import os, pwd, sys
def getpwuid(uid): raise KeyError(uid)
pwd.getpwuid = getpwuid
from layerview.cli import main
sys.exit(main(["ls", {str(archive)!r}]) or main(["cache"]) - 2)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=work, env=without("HOME", "XDG_CACHE_HOME", PYTHONPATH=str(Path.cwd())), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, "no folder for a cache" in done.stderr) == (0, True), done.stderr
    assert not any(work.iterdir())
    assert run("ls", archive, cwd=work, env=without(PYTHONPATH=str(Path.cwd()), XDG_CACHE_HOME="here")).returncode == 0
    assert run("ls", archive, env=without("HOME", "XDG_CACHE_HOME")).returncode == 0


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", "xx_YY.NONE"])
def test_any_locale_will_do(locale: str, archive: Path) -> None:
    done = run("ls", archive, env=without("LANG", "PYTHONUTF8", LC_ALL=locale))
    assert done.returncode == 0
    assert r"\xff" in done.stdout
    strict = run("ls", archive, env=without(LC_ALL=locale, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"), encoding="utf-8")
    assert strict.returncode == 0


def test_a_dumb_terminal_is_told_what_serves_instead(archive: Path) -> None:
    ours, theirs = os.openpty()
    done = run(archive, stdin=theirs, stdout=theirs, stderr=theirs, env=without(TERM="dumb"))
    said = os.read(ours, 4096)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert b"TERM=dumb" in said
    assert b"\x1b" not in said


@pytest.mark.parametrize("command", ["ls", "history", "report"])
@pytest.mark.parametrize(
    "variables", [{"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, {"TERM": "dumb"}]
)
def test_text_has_no_colours_whatever_is_asked_for(command: str, variables: dict[str, str], archive: Path) -> None:
    assert "\x1b" not in run(command, archive, env=without(**variables)).stdout


def test_a_report_into_a_closed_pipe_is_status_141(archive: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = run("report", archive, stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_working_folder_that_is_gone_is_no_matter(archive: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os, sys, layerview.cli; os.rmdir({str(gone)!r}); sys.exit(layerview.cli.main(['ls', {str(archive)!r}]))"
    environment = without(PYTHONPATH=str(Path.cwd()))
    done = subprocess.run([sys.executable, "-c", script], cwd=gone, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
