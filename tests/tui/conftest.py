"""A small image that has one of everything, and the app opened on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from layerview.exploration import Described, Exploration, ExplorationEvent, Finished, Restacked
from layerview.sources import open_source
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.layers import LayerList
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.inbox import Inbox
from layerview.tui.lists.description import Description
from layerview.tui.panes.files import FileTree
from layerview.tui.panes.remembered import arrangement
from tests.archives import docker_archive
from tests.builders import Entry, directory, file, hardlink, layer, opaque, symlink, whiteout


@pytest.fixture(autouse=True)
def no_borders_moved() -> None:
    """Nobody has moved borders, or zoomed, before."""
    arrangement.cache_clear()


TIME = 1_741_600_800
"""2025-03-10 10:00:00 UTC."""


def base() -> list[Entry]:
    return [
        *(
            directory(path, mtime=TIME)
            for path in ("bin", "etc", "usr", "usr/lib", "usr/share", "usr/share/doc", "var")
        ),
        file("bin/busybox", b"b" * 1_200_000, mode=0o755, mtime=TIME),
        hardlink("bin/sh", "bin/busybox", mode=0o755, mtime=TIME),
        symlink("bin/vi", "busybox", mtime=TIME),
        *(file(f"etc/{name}", name.encode() * 40, mtime=TIME) for name in ("group", "hosts", "passwd", "profile")),
        *(file(f"usr/lib/lib{name}.so", name.encode() * 90_000, mtime=TIME) for name in ("crypto", "ssl", "z")),
        *(file(f"usr/share/doc/manual-{number}.txt", b"doc" * 9_000, mtime=TIME) for number in range(8)),
    ]


def application(uid: int) -> list[Entry]:
    entries = [
        directory("app"),
        directory("app/static"),
        file("app/main.py", b"print()\n" * 900),
        file("app/static/logo.png", b"\x89PNG" * 100_000),
        file("app/static/日本語.txt", "読む".encode() * 50),
        file(b"app/static/\xff\x1b[31mred", b"?" * 10),
    ]
    return [replace(entry, uid=uid, gid=uid, mtime=TIME + 60) for entry in entries]


HISTORY: list[dict[str, object]] = [
    {"created": "2025-03-10T10:00:00Z", "created_by": "/bin/sh -c #(nop) ADD file:9f1a in / "},
    {"created": "2025-03-10T10:00:01Z", "created_by": '/bin/sh -c #(nop)  CMD ["sh"]', "empty_layer": True},
    {"created": "2025-03-10T10:01:00Z", "created_by": "COPY . /app # buildkit", "comment": "buildkit.dockerfile.v0"},
    {"created": "2025-03-10T10:02:00Z", "created_by": "/bin/sh -c chown -R 1000:1000 /app && chmod 600 /etc/passwd"},
    {"created": "2025-03-10T10:02:00Z", "created_by": "ENV MODE=production", "empty_layer": True},
    {"created": "2025-03-10T10:03:00Z", "created_by": "RUN /bin/sh -c rm -rf /usr/share/doc /etc/hosts # buildkit"},
]
CONFIG = {
    "Entrypoint": ["/app/main.py"],
    "Cmd": ["--port", "80"],
    "Env": ["PATH=/usr/bin:/bin", "MODE=production"],
    "ExposedPorts": {"80/tcp": {}},
    "Labels": {"org.opencontainers.image.title": "shop"},
    "WorkingDir": "/app",
    "User": "1000",
}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four layers: a base, files copied, the same files stored again for their owner, and a layer that removes."""
    monkeypatch.chdir(tmp_path)
    return docker_archive(
        Path("shop.tar"),
        layer(*base()),
        layer(*application(0)),
        layer(*application(1000), file("etc/passwd", b"passwd" * 40, mode=0o600, mtime=TIME)),
        layer(opaque("usr/share/doc"), file("usr/share/doc/new.txt", b"new", mtime=TIME + 180), whiteout("etc/hosts")),
        tag="shop:1",
        history=HISTORY,
        config=CONFIG,
    )


@pytest.fixture
def open_app(archive: Path) -> Callable[[], LayerviewApp]:
    """The app, with an image that is wholly explored by the time it starts."""
    return lambda: explored(archive)


def explored(archive: Path, *events: ExplorationEvent) -> LayerviewApp:
    """The app, with an image that is wholly explored by the time it starts, and what else has happened meanwhile."""
    described, restacked = all_of(archive)
    inbox = Inbox[ExplorationEvent]()
    for event in (described, *events, restacked, Finished()):
        inbox.put(event)
    return LayerviewApp(inbox, archive.name)


def all_of(archive: Path) -> tuple[Described, Restacked]:
    """What tells all of an image."""
    exploration = Exploration(open_source(str(archive)))
    exploration.run()
    assert exploration.image and exploration.stack and exploration.account
    return Described(exploration.image), Restacked(exploration.stack, exploration.account)


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Wait for something to come true."""
    for _ in range(500):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("it never came true")


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until all is shown: the tree, and the details, which follow the cursor with a delay."""
    screen = pilot.app.screen_stack[1]
    await until(pilot, lambda: screen.query_one("#details", Description).row_count > 0)
    await pilot.pause(0.2)


def files(app: LayerviewApp) -> FileTree:
    return app.screen.query_one(FileTree)


def layers(app: LayerviewApp) -> LayerList:
    return app.screen.query_one(LayerList)


def lines(app: App[Any], selector: str = "#files") -> list[str]:
    """The text of a list as it is painted, without its head and the scroll bar."""
    widget = app.screen.query_one(selector)
    strips = widget.render_lines(widget.size.region)
    return [strip.text[:-1].rstrip() for strip in strips]


def said(app: App[Any]) -> str:
    """The last line."""
    return str(app.screen.query_one(KeyLine).render())


def names(app: LayerviewApp) -> list[str]:
    """The visible paths."""
    outline = files(app).outline
    assert outline
    return [outline.outlined.stack.path(node).decode(errors="backslashreplace") for node in outline.rows]
