"""What an image says never reaches a terminal raw: not in text, not in errors, not on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from layerview.cli import main
from tests.archives import docker_archive
from tests.builders import Entry, directory, file, hardlink, layer, symlink, whiteout
from tests.terminal import LAYERVIEW, Terminal

Output = pytest.CaptureFixture[str]

NASTY = {
    "title": "\x1b]0;owned\x07",
    "colour": "\x1b[31mred\x1b[5m",
    "clear": "\x1b[2J\x1b[H",
    "c1": "\x9b31m\x90q",
    "bell": "a\x07\x08\x7fb",
    "lines": "one\r\ntwo\ttab\x0b\x0c",
    "override": "\u202egpj.exe",
    "isolate": "\u2066x\u2069\u200f\u061c",
    "invisible": "a\u200bb\u2060c\ufeffd\u00ad",
    "fillers": "a\ufe0fb\u034f\u3164\U000e0100",
    "separators": "a\u2028b\u2029c\x85d",
    "tags": "\U000e0041\U000e0042",
    "private": "\ue000\U0010ffff",
    "combining": "e\u0301\u0301\u0301\u0489",
    "wide": "日本語カメラ",
    "markup": "[bold red on blue]x[/] [link=file:///etc/passwd]y[/link] [@click=app.quit]z[/]",
    "backslash": "\\[bold]x\\",
    "rich": ":skull: {curly} %s $HOME",
}
RAW = [text for name, text in NASTY.items() if not text.isprintable() or name == "fillers"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Everything that can have a name or a text has a nasty one."""
    names = list(NASTY.values())
    text = " ".join(names)
    entries: list[Entry] = [file(name, b"x" * 10) for name in names]
    entries += [directory(f"d{name}") for name in names] + [file(b"\xff\xfe\x1b[31m", b"1"), file("plain", b"x" * 99)]
    entries += [symlink(f"s{number}", name) for number, name in enumerate(names)]
    entries += [hardlink(f"h{number}", name) for number, name in enumerate(names)]
    entries += [file("x", xattrs={"user.\x1b[31m": b"\x1b]0;owned\x07"}), file(f"../{text[:90]}")]
    return docker_archive(
        tmp_path / "image.tar",
        layer(*entries),
        layer(*(file(name, b"y" * 20, uid=1) for name in names), whiteout("plain")),
        layer(file("bad"))[:100],
        tag=text,
        history=[
            {"created": text, "created_by": text, "author": text, "comment": text},
            {"created_by": f"RUN /bin/sh -c {text}", "empty_layer": True},
            {"created_by": text},
            {"created_by": text},
        ],
        config={
            "Env": [text], "Cmd": names, "Entrypoint": names, "User": text, "WorkingDir": text, "StopSignal": text,
            "Labels": {text: text}, "ExposedPorts": {text: {}}, "Volumes": {text: {}},
            "Healthcheck": {"Test": ["CMD", text]},
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls",), ("ls", "-r"), ("ls", "--changes", "2"), ("ls", "--json"), ("ls", "--verbose"),
        ("history",), ("history", "--no-trunc"), ("history", "--json"),
        ("report",), ("report", "-o", "json"), ("report", "--verbose"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_text_has_no_control_character_but_the_newline(
    arguments: tuple[str, ...], archive: Path, capsys: Output
) -> None:
    harmless(capsys, arguments[0], str(archive), *arguments[1:])


@pytest.mark.parametrize("text", RAW, ids=range(len(RAW)))
def test_errors_that_quote_what_was_asked_for_are_harmless(text: str, archive: Path, capsys: Output) -> None:
    harmless(capsys, "ls", str(archive), text, "--verbose")
    harmless(capsys, "ls", f"./{text}.tar")
    harmless(capsys, "ls", text)
    harmless(capsys, "ls", str(archive), "--layer", text)
    harmless(capsys, text, text)


def test_what_two_images_differ_in_is_harmless(archive: Path, tmp_path: Path, capsys: Output) -> None:
    empty = docker_archive(tmp_path / "empty.tar", layer(*(file(name, b"z") for name in NASTY.values())))
    for options in ((), ("--json",), ("--verbose",)):
        harmless(capsys, "diff", str(archive), str(empty), *options)
        harmless(capsys, "diff", str(empty), str(archive), *options)


def test_errors_that_quote_the_image_are_harmless(tmp_path: Path, capsys: Output) -> None:
    text = " ".join(NASTY.values())
    one = docker_archive(tmp_path / "one.tar", tag=text)
    harmless(capsys, "ls", f"docker-archive:{one}:other", "--verbose")
    harmless(capsys, "ls", f"docker-archive:{one}:{text}x")


def harmless(capsys: Output, *arguments: str) -> None:
    main([*arguments, "--no-cache"])
    for said in capsys.readouterr():
        assert all(line.isprintable() for line in said.split("\n")), said
        assert "unexpected: " not in said


@pytest.fixture
def screen(archive: Path) -> Iterator[Terminal]:
    with Terminal(*LAYERVIEW, str(archive), "--no-cache") as terminal:
        yield terminal


def test_the_screen_shows_it_escaped(screen: Terminal) -> None:
    """Through all layers, tabs and paths; markup in brackets is text."""
    screen.shows("Layers · 3")
    screen.press(b"\x1b[B\t")
    screen.shows("[bold red")
    for key in (b"\x1b[B",) * 45 + (b"\t", b"\x1b[C", b"\x1b[B", b"\x1b[C", b"\x1b[B", b"\x1b[C", b"\t"):
        screen.press(key)
        screen.read()
    for _ in range(20):
        screen.read()
    screen.press(b"q")
    assert screen.ended() == 0
    said = screen.output.decode(errors="replace")
    for text in RAW:
        assert text not in said
    for forbidden in ("owned\x07", "\u202e", "\u2066", "\u200b", "\u2028", "\ue000", "\x9b", "\x1b[31mred"):
        assert forbidden not in said
    assert said.count("\x07") == said.count("\x1b]22;")  # which sets the pointer's shape, and which Textual writes
    assert "Traceback" not in said
