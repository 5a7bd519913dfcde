"""An image that no engine has, by a name that is like that of one which an engine has."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from layerview.cli import main
from tests.builders import file, layer
from tests.engines.conftest import require, run, store
from tests.engines.relay import relayed
from tests.sources.images import Saved, docker_archive, encode, image, tar

Output = pytest.CaptureFixture[str]

_REPOSITORY = f"layerview-test/meant-{os.getpid()}"
_OLD, _NEW = f"{_REPOSITORY}:1", f"{_REPOSITORY}:2"


@pytest.fixture(scope="module", autouse=True)
def _images() -> Iterator[None]:
    """Two in the Docker Engine, the second one of a later day."""
    require("docker")
    for name, day in ((_NEW, 2), (_OLD, 1)):
        built = image(layer(file("a", name.encode())))
        config = json.loads(built.config) | {"created": f"2025-03-{day:02}T10:00:00Z"}
        archive = tar(docker_archive(Saved(replace(built, config=encode(config)), (name,))))
        subprocess.run(["docker", "load"], input=archive, check=True, capture_output=True)
    yield
    run("docker", "rmi", "--force", _OLD, _NEW)


def _hint(capsys: Output, *words: str) -> str:
    """The second line of the error that a command ends in."""
    assert main([*words, "--no-cache"]) in (2, 3)
    out, err = capsys.readouterr()
    _, hint = err.splitlines()
    assert out == ""
    return hint


def _meant(capsys: Output, *words: str) -> str:
    return _hint(capsys, *words).split("? ")[0].removeprefix("Did you mean ")


def test_of_a_repository_without_that_tag_the_newest_image_is_named(capsys: Output) -> None:
    assert _meant(capsys, "ls", f"docker:{_REPOSITORY}") == f"docker:{_NEW}"
    assert _meant(capsys, "ls", _REPOSITORY) == _NEW


def test_of_a_misspelt_name_the_nearest_one_is_named_with_the_tag_that_was_written(capsys: Output) -> None:
    misspelt = _OLD.replace("meant", "maent")
    assert _meant(capsys, "report", f"docker:{misspelt}") == f"docker:{_OLD}"
    assert _meant(capsys, "report", misspelt, "--source", "docker") == _OLD


def test_a_name_may_lack_its_beginning(capsys: Output) -> None:
    assert _meant(capsys, "history", f"docker:{_OLD.partition('/')[2]}") == f"docker:{_OLD}"


def test_the_second_of_two_images_may_be_misspelt(capsys: Output) -> None:
    assert _meant(capsys, "diff", f"docker:{_OLD}", f"docker:{_REPOSITORY}:3") == f"docker:{_NEW}"


def test_what_is_like_nothing_is_not_guessed(capsys: Output) -> None:
    assert _hint(capsys, "ls", "docker:bogus-and-nothing-else").startswith("docker images lists what it has")


def test_a_container_is_no_image(capsys: Output) -> None:
    assert "Did you mean" not in _hint(capsys, "ls", f"container:meant-{os.getpid()}")


def test_podman_is_asked_for_its_own(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which takes the end of a name for it, but no other tag."""
    with store("podman", "vfs") as podman:
        root, runroot = podman[2], podman[4]
        settings = Path(f"{root}.conf")
        settings.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{root}"\nrunroot = "{runroot}"\n')
        monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(settings))
        archive = tar(docker_archive(Saved(image(layer(file("a", b"1"))), ("localhost/meant/app:1",))))
        subprocess.run([*podman, "load"], input=archive, check=True, capture_output=True)
        assert _meant(capsys, "ls", "podman:meant/app") == "podman:localhost/meant/app:1"


def test_an_engine_that_takes_its_time_is_not_waited_for(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    with relayed(delay=0.7) as slow, relayed() as quick:
        for host in (slow, quick):
            monkeypatch.setenv("DOCKER_HOST", host)
            assert ("Did you mean" in _hint(capsys, "ls", f"docker:{_REPOSITORY}")) is (host == quick)
