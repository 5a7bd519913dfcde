"""What is understood of a builder's command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerview.building import BuildOptions

NAMES = ("Dockerfile",)


@pytest.mark.parametrize(
    ("line", "context", "file", "target", "tag"),
    [
        (".", ".", "", "", ""),
        ("-t a .", ".", "", "", "a"),
        (". -t a -f b --target c", ".", "b", "c", "a"),
        ("-ta -f=b --target=c .", ".", "b", "c", "a"),
        ("-qt a --no-cache --pull --load . --file b", ".", "b", "", "a"),
        ("--build-arg A=1 --network none --secret id=x,src=y --progress plain -t a -t b .", ".", "", "", "b"),
        ("-t a -- -odd", "-odd", "", "", "a"),
        ("-q=false -t a -", "-", "", "", "a"),
        ("--layers --squash-all --tls-verify=false --iidfile x --cache-from y .", ".", "", "", ""),
        ("-t", "", "", "", ""),
        ("--target", "", "", "", ""),
    ],
)
def test_options_are_told_from_their_values(line: str, context: str, file: str, target: str, tag: str) -> None:
    options = BuildOptions.read(line.split())
    assert options.contexts[-1:] == ([context] if context else [])
    assert (options.last("file"), options.last("target"), options.last("tag")) == (file, target, tag)


def test_an_argument_without_a_value_comes_from_elsewhere() -> None:
    line = "--build-arg A=1 --build-arg B --build-arg=C=x=y --build-arg A=2 ."
    options = BuildOptions.read(line.split())
    assert options.arguments == {"A": "2", "C": "x=y"}


@pytest.mark.parametrize(
    ("line", "says", "leaves"),
    [
        ("", False, True), ("--load", True, True), ("--push", True, False), ("--push --load", True, True),
        ("--push=false", True, True), ("-o out", True, False), ("--output type=local,dest=out", True, False),
        ("--output type=docker", True, True), ("--output type=docker,dest=a.tar", True, False),
        ("--output=type=image,push=true", True, True), ("-o type=oci,dest=a --load", True, True),
    ],
)  # fmt: skip
def test_an_image_may_go_elsewhere(line: str, says: bool, leaves: bool) -> None:
    options = BuildOptions.read([*line.split(), "."])
    assert (options.says_where_to, options.leaves_image) == (says, leaves)


@pytest.mark.parametrize(
    ("line", "asks"), [("--help", True), ("-h", True), ("--check .", True), ("--call x .", True), (".", False)]
)
def test_a_question_builds_nothing(line: str, asks: bool) -> None:
    assert BuildOptions.read(line.split()).asks_only == asks


def test_platforms_are_counted_however_they_are_given() -> None:
    line = "--platform linux/amd64,linux/arm64 --platform=linux/s390x ."
    options = BuildOptions.read(line.split())
    assert options.platforms == ["linux/amd64", "linux/arm64", "linux/s390x"]


def test_the_dockerfile_is_where_the_builder_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("Dockerfile", "own", "app/Dockerfile", "app/Containerfile", "app/only"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()

    def found(line: str, *names: str) -> str:
        return str(BuildOptions.read(line.split()).dockerfile(names or NAMES))

    assert found(".") == found("") == "Dockerfile"
    assert found("app") == "app/Dockerfile"
    assert found("app", "Containerfile", "Dockerfile") == "app/Containerfile"
    assert found("-f own app") == "own"
    assert found("-f only app") == "app/only"
    nowhere = ("-", "-f - .", "https://example.com/a.git", "git@example.com:a", "-f own -f own .", "-f none .", "none")
    assert {found(line) for line in nowhere} == {"None"}
