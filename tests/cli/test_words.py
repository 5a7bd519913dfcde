"""The words of the command line: where options stand, and what is said of words that make no sense."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from layerview.cli import main
from layerview.cli.command import SHARED
from layerview.cli.commands import EXPLORE, NAMES, command
from tests.archives import docker_archive
from tests.builders import directory, file, layer
from tests.terminal import LAYERVIEW, Terminal

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With two archives in it."""
    monkeypatch.chdir(tmp_path)
    docker_archive(tmp_path / "a.tar", layer(directory("etc"), file("etc/passwd", b"old"), file("-odd")))
    docker_archive(tmp_path / "b.tar", layer(directory("etc"), file("etc/passwd", b"newer")))
    return tmp_path


@pytest.mark.parametrize(
    ("ordered", "mixed"),
    [
        ("ls a.tar etc -r --json", "ls a.tar -r etc --json"),
        ("ls a.tar etc -r --json", "ls -r a.tar --json etc"),
        ("ls a.tar etc --layer 1", "ls a.tar --layer 1 etc"),
        ("diff a.tar b.tar etc --json", "diff a.tar b.tar --json etc"),
        ("diff a.tar b.tar etc --json", "diff a.tar --json b.tar etc"),
        ("shared a.tar b.tar --json", "shared a.tar --json b.tar"),
        ("ls a.tar etc", "ls a.tar --verbose etc"),
        ("ls a.tar ./-odd", "ls a.tar -- -odd"),
    ],
)
def test_options_stand_anywhere_among_a_command_s_words(ordered: str, mixed: str, capsys: Output) -> None:
    assert main(ordered.split()) == 0
    expected = capsys.readouterr()
    assert expected.out
    assert main(mixed.split()) == 0
    assert capsys.readouterr() == expected


def test_options_stand_between_two_images_that_are_to_be_explored(capsys: Output) -> None:
    assert main(["a.tar", "--dockerfile", os.devnull, "b.tar"]) == 2
    assert "two images have no Dockerfile in common" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "what", "instead"),
    [
        ("--bogus", "layerview has no option --bogus", "See layerview --help."),
        ("--sauce docker", "layerview has no option --sauce", "Did you mean --source?"),
        ("--sauce=docker a.tar", "layerview has no option --sauce", "Did you mean --source?"),
        ("ls a.tar --recursiv", "layerview ls has no option --recursiv", "Did you mean --recursive?"),
        ("--json ls a.tar", "--json stands before the command 'ls'", "layerview ls --help"),
        ("--dockerfile /dev/null report a.tar", "options of 'report' stand behind it", "Write layerview report"),
        ("bogus ls", "'bogus' stands before the command 'ls'", "Write layerview ls bogus, or docker:ls for an image."),
        ("a.tar diff b.tar", "'a.tar' stands before the command 'diff'", "Write layerview diff a.tar, or docker:diff"),
        ("reprot a.tar", "there is no command 'reprot'", "Did you mean layerview report?"),
        ("histroy", "there is no command 'histroy'", "An image of that name is docker:histroy."),
        ("cat a.tar", "there is no command 'cat', and exploring an image needs a terminal", "layerview diff cat a.tar"),
        ("bogus", "there is no command 'bogus', and exploring an image needs a terminal", "layerview report bogus"),
        ("bogus:1", "exploring an image needs a terminal", "layerview report bogus:1"),
        ("cat a.tar /etc/passwd", "'/etc/passwd' is a word too many: there is no command 'cat'", "--help"),
        ("a.tar b.tar c.tar", "'c.tar' is a word too many: two images at most", "--help"),
        ("ls a.tar etc usr", "'usr' is a word too many", "Write layerview ls IMAGE [PATH]"),
        ("history a.tar b.tar", "'b.tar' is a word too many", "Write layerview history IMAGE"),
        ("diff a.tar", "IMAGE2 is missing", "Write layerview diff IMAGE IMAGE2"),
        ("cache clean", "there is no 'clean' of the cache", "info and clear"),
        ("cache --source docker", "--source means nothing to layerview cache", "See layerview cache --help."),
        ("--platform linux/amd64 demo", "--platform means nothing to layerview demo", "See layerview demo --help."),
        ("help bogus", "there is no command 'bogus'", "There are build, ls,"),
        ("help histroy", "there is no command 'histroy'", "Did you mean layerview history?"),
    ],
)
def test_what_makes_no_sense_is_told_as_what_it_is(line: str, what: str, instead: str, capsys: Output) -> None:
    assert main(line.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    said, hint = err.splitlines()
    assert said.startswith(f"layerview: {what}")
    assert instead in hint


def test_in_a_terminal_a_misspelt_command_is_not_taken_for_two_images() -> None:
    with Terminal(*LAYERVIEW, "reprot", "a.tar") as terminal:
        assert terminal.ended() == 2
        terminal.shows("Did you mean layerview report? An image of that name is docker:reprot.")


def test_in_a_terminal_an_image_that_is_nowhere_may_have_been_meant_as_a_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/nobody.sock")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("PATH", str(folder))
    with Terminal(*LAYERVIEW, "cat", "a.tar") as terminal:
        assert terminal.ended() == 3
        said = " ".join(terminal.output.decode().split())
    assert "layerview: there is no command 'cat', and no place has cat: No Docker Engine" in said
    assert said.endswith("layerview help lists the commands.")


def test_an_image_on_disk_may_be_called_as_a_command_is_or_nearly_so(folder: Path, capsys: Output) -> None:
    for name in ("reprot", "ls"):
        (folder / name).write_bytes((folder / "b.tar").read_bytes())
        assert main(["a.tar", name]) == main([name + "/../a.tar"]) == 2
        assert "needs a terminal" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_help_of_a_command_is_what_it_says_of_itself(
    name: str, capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "podman").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["help", name]) == 0
    told = capsys.readouterr().out
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out == told
    assert f"layerview {command(name).usage}" in told or name == "build"


@pytest.mark.parametrize("name", [EXPLORE, *(name for name in NAMES if name != "build")])
def test_help_lists_the_options_that_a_command_takes_and_no_other(name: str, capsys: Output) -> None:
    words = [] if name == EXPLORE else [name]
    assert main([*words, "a.tar", "--help"]) == 0
    listed = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    given = {"--platform": ["linux/amd64"], "--source": ["oci"], "--max-size": ["1GB"], "--keys": ["dive"]}
    for option in SHARED:
        assert main([*words, option, *given.get(option, ()), "--bogus"]) == 2  # so that nothing is done
        refused = f"{option} means nothing" in capsys.readouterr().err
        assert refused is (option not in listed)


def test_help_is_a_command(capsys: Output) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert main(["help"]) == 0
    assert capsys.readouterr().out == told


def test_sizes_have_decimals(capsys: Output) -> None:
    for text in ("1.5GB", "0.5k", "1.5GiB"):
        assert main(["ls", "a.tar", "--max-size", text, "--json"]) == 0
    for text in ("1.GB", ".5GB", "0.0001B", "1,5GB", "-1GB"):
        assert main(["ls", "a.tar", f"--max-size={text}"]) == 2
        assert "is no size; write it as 500MB, 1.5GB or 2TB" in capsys.readouterr().err


def test_more_than_two_platforms_are_refused(capsys: Output) -> None:
    assert main(["diff", "a.tar", "b.tar", "--platform", "linux/amd64,linux/amd64"]) == 0
    capsys.readouterr()
    assert main(["diff", "a.tar", "b.tar", "--platform", "linux/amd64,linux/arm64,linux/s390x"]) == 2
    assert "two images are of two platforms at most" in capsys.readouterr().err


def test_a_size_is_what_it_says() -> None:
    from layerview.cli.command import size_in_bytes

    sizes = {"1.5GB": 1_500_000_000, "1.5GiB": 1_610_612_736, "0.5k": 500, "12": 12, "2TB": 2 * 10**12, "1.9B": 1}
    assert {text: size_in_bytes(text) for text in sizes} == sizes


def test_json_lines_of_mixed_words_are_whole(capsys: Output) -> None:
    assert main(["diff", "a.tar", "--json", "b.tar"]) == 0
    assert [json.loads(line)["path"] for line in capsys.readouterr().out.splitlines()] == ["-odd", "etc/passwd"]
