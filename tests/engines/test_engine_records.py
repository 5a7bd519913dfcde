"""The engine's own records in place of an export: the same result, nothing left behind, nothing written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerview.sources.docker.engine import DockerEngine
from layerview.sources.docker.kept import Lender
from layerview.sources.docker.told import Told as ToldOfImage
from tests.engines.conftest import require, run
from tests.engines.relay import relayed


@pytest.fixture(scope="module")
def name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image of three layers."""
    require("docker", "tar", "unshare", "strace")
    context = tmp_path_factory.mktemp("context")
    for number in (1, 2, 3):
        folder = context / str(number)
        (folder / "d").mkdir(parents=True)
        (folder / "d" / "same").write_text("12345" if number < 3 else "54321")
        (folder / f"own{number}").write_bytes(os.urandom(30_000))
    (context / "Dockerfile").write_text("FROM scratch\nCOPY 1 /\nCOPY 2 /\nENV A=1\nCOPY 3 /\n")
    image = f"layerview-test/records:{os.getpid()}"
    run("docker", "build", "--tag", image, context)
    yield image
    run("docker", "rmi", "--force", image)


def listed(name: str, *options: str, before: tuple[str, ...] = (), host: str = "") -> str:
    """What ``layerview ls`` says of the image, every layer's changes included."""
    done = ran(name, *options, before=before, host=host)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ran(name: str, *options: str, before: tuple[str, ...] = (), host: str = "") -> subprocess.CompletedProcess[str]:
    command = [
        *before,
        sys.executable,
        "-m",
        "layerview",
        "ls",
        f"docker:{name}",
        "-r",
        "--json",
        "--no-cache",
        *options,
    ]
    environment = {**os.environ, **({"DOCKER_HOST": host} if host else {})}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def without_folders_of_the_engine() -> tuple[str, ...]:
    """Runs a command where the engine's folders are hidden, as from a user who is not root."""
    root = run("docker", "info", "--format", "{{.DockerRootDir}}").decode().strip()
    return ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{root}" && exec "$@"', "sh")


def containers_made(*, since: str) -> int:
    """Of layerview, whoever else uses the engine."""
    which = ("--filter", "event=create", "--filter", "label=io.github.layerview.owner")
    events = run("docker", "events", "--since", since, "--until", now(), *which, "--format", "{{.Type}}")
    return events.count(b"container")


def now() -> str:
    return run("docker", "info", "--format", "{{.SystemTime}}").decode().strip()


def test_engine_hands_its_records_over_where_they_cannot_be_read(name: str) -> None:
    begin = now()
    assert listed(name) == listed(name, "--export")
    assert containers_made(since=begin) == 0
    assert listed(name, before=without_folders_of_the_engine()) == listed(name, "--export")
    assert containers_made(since=begin) == 1
    assert run("docker", "ps", "--all", "--quiet", "--filter", "label=io.github.layerview.owner") == b""


def test_an_engine_across_the_network_is_left_alone_unless_told(name: str) -> None:
    with relayed() as host:
        begin = now()
        assert listed(name, host=host) == listed(name, "--export")
        assert containers_made(since=begin) == 0
        assert listed(name, "--records", host=host) == listed(name, "--export")
        assert containers_made(since=begin) == 1


_REFUSAL = "no bind mounts by a plugin"
_ABSENT = 'invalid mount config for type "bind": bind source path does not exist: /var/lib/docker/image'
"""What an engine in a virtual machine says, which binds folders of another machine than its own."""


def test_an_engine_that_refuses_is_asked_for_an_export_which_is_said(name: str, tmp_path: Path) -> None:
    with relayed(refuse=_REFUSAL, local=tmp_path) as host:
        done = ran(name, "--verbose", before=without_folders_of_the_engine(), host=host)
        assert (done.returncode, done.stdout) == (0, listed(name, "--export"))
        assert done.stderr == (f"layerview: the image is exported: The Docker Engine at {host} answers: {_REFUSAL}\n")


def test_where_it_is_to_hand_its_records_over_refusing_is_an_error(name: str) -> None:
    with relayed(refuse=_REFUSAL) as host:
        done = ran(name, "--records", host=host)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[0] == f"layerview: The Docker Engine at {host} answers: {_REFUSAL}"


def test_what_is_absent_is_passed_over_without_a_word_unless_it_was_asked_for(name: str, tmp_path: Path) -> None:
    with relayed(refuse=_ABSENT, local=tmp_path) as host:
        done = ran(name, "--verbose", before=without_folders_of_the_engine(), host=host)
        assert (done.returncode, done.stdout, done.stderr) == (0, listed(name, "--export"), "")
        told = ran(name, "--verbose", "--records", before=without_folders_of_the_engine(), host=host)
        assert (told.returncode, told.stdout) == (0, done.stdout)
        assert told.stderr == (
            "layerview: the image is exported: the Docker Engine keeps nothing else that could be read\n"
        )


@pytest.mark.parametrize("records", [None, True])
def test_a_fault_of_layerview_s_own_is_not_taken_for_one_of_the_engine(name: str, records: bool | None) -> None:
    def find(engine: Lender, told: ToldOfImage) -> None:
        raise ValueError("a fault")

    with pytest.raises(ValueError, match="a fault"):
        DockerEngine(name, records=records, find=find).describe()


@pytest.mark.parametrize("way", ["--records", "--export"])
def test_nothing_is_written_to_disk(name: str, way: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "trace=open,openat,creat,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink,symlinkat"
    listed(name, way, before=("strace", "-f", "-o", str(trace), "-e", calls))
    made = [
        line
        for line in trace.read_text(errors="replace").splitlines()
        if re.search(r"O_WRONLY|O_RDWR|O_CREAT|\b(creat|rename\w*|mkdir\w*|link\w*|symlink\w*)\(", line)
        and not re.search(r"= -1 |\"/dev/(null|tty)\"", line)
    ]
    assert made == []
