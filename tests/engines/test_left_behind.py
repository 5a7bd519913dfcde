"""What a killed run has left in the engine is removed, and nothing else, however much it looks like that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError

from layerview.sources import open_source
from layerview.sources.docker.borrowing import LABEL, PROGRAM, Basis, borrowed, remove
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.kept import Info
from layerview.sources.docker.left_behind import owner
from tests.engines.conftest import containerd_host, docker_host, require, run

_NAME = "layerview-0123456789abcdef"


def _of_a_process_that_has_ended() -> str:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return f"{owner().rpartition(':')[0]}:{process.pid}"


@dataclass(frozen=True)
class Engine:
    """An engine, an image in it, and a file of its own that belongs to that."""

    image: str
    ended: str
    """What the image's label says, which a container of a process that has ended has, too."""
    own: str = ""

    def docker(self, *words: str) -> str:
        return run("docker", *words).decode().strip()

    def create(self, *options: str, name: str = _NAME, command: Sequence[str] | None = None, mounts: int = 1) -> str:
        """A container that is all that layerview's own are, but for what is told otherwise; its ID."""
        command = (name,) if command is None else command
        bound = [f"--volume={self.own}:/{name}/{number}:ro" for number in range(1, mounts + 1)]
        return self.docker("create", "--name", name, "--network", "none", *bound, *options, self.image, *command)

    def has(self, container: str) -> bool:
        return container in self.docker("ps", "--all", "--quiet", "--no-trunc").split()

    @contextmanager
    def holding(self, container: str) -> Iterator[None]:
        """Removes a container at last."""
        try:
            yield
        finally:
            subprocess.run(["docker", "rm", "--force", "--volumes", container], capture_output=True, check=False)

    def look(self) -> None:
        """What is done for an image that anybody looks at."""
        described = open_source(f"docker:{self.image}", records=True).describe()
        assert described is not None


@pytest.fixture(scope="module", params=[docker_host, containerd_host], ids=["classic", "containerd"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    require("busybox")
    ended = _of_a_process_that_has_ended()
    context = tmp_path_factory.mktemp("context")
    (context / "bin").mkdir()
    shutil.copy(str(shutil.which("busybox")), context / "bin/busybox")
    (context / "bin" / PROGRAM).write_text("#!/bin/busybox sh\nexec /bin/busybox sleep 1000\n")
    (context / "bin" / PROGRAM).chmod(0o755)
    lines = ["FROM scratch", "COPY bin /bin/", f'LABEL {LABEL}="{ended}"']
    lines += [f'ENTRYPOINT ["{PROGRAM}"]', f'CMD ["{_NAME}"]']
    (context / "Dockerfile").write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", request.param())
        image = f"layerview-test/left-behind:{os.getpid()}"
        run("docker", "build", "--tag", image, context)
        found = Engine(image, ended)
        (mount,) = [each for each in inspected(left_behind(found))["Mounts"] if each["Type"] == "bind"]
        yield replace(found, own=mount["Source"])
        run("docker", "rmi", "--force", image)


def left_behind(engine: Engine) -> str:
    """A container of a process that was killed; its ID."""
    script = (
        "import os, sys; from layerview.sources.docker.borrowing import Basis, borrowed\n"
        "from layerview.sources.docker.endpoint import Endpoint; from layerview.sources.docker.kept import Info\n"
        "from layerview.sources.docker.left_behind import owner\n"
        "with Endpoint.current().client() as client:\n"
        "  info = client.ask('/info', Info); paths = [each for each in sys.argv[2:] if each.startswith(info.lent)]\n"
        "  with borrowed(client, Basis(owner(), sys.argv[1], ()), paths) as loan: print(loan.id, flush=True); os._exit(1)"
    )
    id = engine.docker("image", "inspect", "--format", "{{.Id}}", engine.image).removeprefix("sha256:")
    with Endpoint.current().client() as client:
        info = client.ask("/info", Info)
    kept = f"{info.records}/imagedb/content/sha256" if info.driver == "overlay2" else f"{info.blobs[0]}/sha256"
    done = subprocess.run(
        [sys.executable, "-c", script, engine.image, f"{kept}/{id}"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return done.stdout.strip()


def inspected(container: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("docker", "container", "inspect", container))[0]
    return found


def test_what_a_killed_run_has_left_is_removed(engine: Engine) -> None:
    container = left_behind(engine)
    with engine.holding(container):
        assert engine.has(container)
        engine.look()
        assert not engine.has(container)


def test_a_container_that_is_all_of_that_is_taken_for_one(engine: Engine) -> None:
    """So that each of those below is left alone for the one thing in which it differs."""
    container = engine.create()
    with engine.holding(container):
        engine.look()
        assert not engine.has(container)


@pytest.mark.parametrize("then", ["start", "kill", "pause"])
def test_what_was_started_is_left_alone(engine: Engine, then: str) -> None:
    container = engine.create()
    with engine.holding(container):
        engine.docker("start", container)
        if then != "start":
            engine.docker(then, container)
        engine.look()
        assert engine.has(container)
        if then == "start":
            assert inspected(container)["State"]["Running"]


@pytest.mark.parametrize(
    ("options", "rest"),
    [
        ((), {"name": "layerview-mine"}),
        ((), {"name": "my-layerview-0123456789abcdef"}),
        ((), {"name": "layerview-0123456789abcdef0"}),
        ((), {"command": ("layerview-fedcba9876543210",)}),
        ((), {"command": (_NAME, "and-more")}),
        ((), {"mounts": 0}),
        (("--entrypoint", "/bin/layerview"), {"command": (_NAME,)}),
        (("--volume", "/data"), {}),
        (("--volume", f"/etc/hostname:/{_NAME}/2:ro"), {}),
        (("--volume", f"layerview-test:/{_NAME}/2:ro"), {}),
    ],
    ids=str,
)
def test_what_differs_in_one_thing_is_left_alone(engine: Engine, options: Sequence[str], rest: dict[str, Any]) -> None:
    container = engine.create(*options, **rest)
    with engine.holding(container):
        engine.look()
        assert engine.has(container)
    run("docker", "volume", "rm", "--force", "layerview-test")


@pytest.mark.parametrize("volume", ["{own}:/elsewhere/1:ro", "{own}:/{name}/1"], ids=["elsewhere", "writable"])
def test_what_has_other_mounts_is_left_alone(engine: Engine, volume: str) -> None:
    bound = volume.format(own=engine.own, name=_NAME)
    container = engine.create("--volume", bound, mounts=0)
    with engine.holding(container):
        engine.look()
        assert engine.has(container)


def test_a_container_of_an_image_with_volumes_is_left_alone(engine: Engine, tmp_path: Path) -> None:
    name = f"layerview-test/left-behind-volume:{os.getpid()}"
    (tmp_path / "Dockerfile").write_text(f"FROM {engine.image}\nVOLUME /data\n")
    run("docker", "build", "--tag", name, tmp_path)
    container = replace(engine, image=name).create()
    try:
        with engine.holding(container):
            engine.look()
            assert engine.has(container)
            volume = next(each["Name"] for each in inspected(container)["Mounts"] if each["Type"] == "volume")
            assert volume in engine.docker("volume", "ls", "--quiet").split()
    finally:
        run("docker", "rmi", "--force", name)


def test_what_an_image_says_alone_has_no_container_removed(engine: Engine) -> None:
    """Whatever state it is in."""
    container = engine.docker("create", engine.image)
    running = engine.docker("run", "--detach", "--network", "none", engine.image)
    with engine.holding(container), engine.holding(running):
        engine.look()
        assert engine.has(container) and inspected(running)["State"]["Running"]


def test_one_that_runs_cannot_be_removed(engine: Engine) -> None:
    container = engine.create()
    with engine.holding(container), Endpoint.current().client() as client:
        engine.docker("start", container)
        with pytest.raises(APIError, match="running"):
            remove(client, container)
        assert inspected(container)["State"]["Running"]


def test_what_a_process_that_lives_has_borrowed_is_left_to_it(engine: Engine) -> None:
    with (
        Endpoint.current().client() as client,
        borrowed(client, Basis(owner(), engine.image, ()), [engine.own]) as loan,
    ):
        engine.look()
        assert engine.has(loan.id)
    assert not engine.has(loan.id)
