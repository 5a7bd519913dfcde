"""``layerview diff``, and what two images ask of the command line."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from layerview.cli import main
from tests.archives import docker_archive
from tests.builders import directory, file, layer, symlink, whiteout
from tests.sources.images import Layout, Saved, folder, for_platform, image, tar
from tests.sources.images import docker_archive as saved_as

Output = pytest.CaptureFixture[str]

BASE = layer(directory("etc"), file("etc/passwd", b"old"), file("etc/gone", b"123"), file("touched", b"same", mtime=1))


@pytest.fixture
def images(tmp_path: Path) -> tuple[str, str]:
    """An image, and one that has ``etc/passwd`` otherwise, a link more and ``etc/gone`` no longer."""
    changed = layer(file("etc/passwd", b"newer", mode=0o600), symlink("etc/link", "passwd"), whiteout("etc/gone"))
    touched = layer(file("touched", b"same", mtime=9))
    return (
        str(docker_archive(tmp_path / "old.tar", BASE)),
        str(docker_archive(tmp_path / "new.tar", BASE, changed, touched)),
    )


def test_lists_what_differs_and_how_much(images: tuple[str, str], capsys: Output) -> None:
    assert main(["diff", *images]) == 0
    heading, *listed, blank, summary = capsys.readouterr().out.splitlines()
    assert heading.split() == ["permission", "owner", "size", "differs", "modified", "path"]
    assert [line.split("  ")[-3 - ("etc/passwd" in line)].strip() for line in listed] == ["−3 B", "0 B", "+2 B"]
    assert [(line[0], line[line.index("etc/") :]) for line in listed] == [
        ("−", "etc/gone"),
        ("+", "etc/link → passwd"),
        ("~", "etc/passwd  (content, mode)"),
    ]
    assert (blank, summary) == ("", "1 added, 1 modified (5 B), 1 removed (3 B), the second wastes 10 B more")


def test_as_json_it_tells_both_states(images: tuple[str, str], capsys: Output) -> None:
    assert main(["diff", *images, "etc/passwd", "--json"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["change"], row["changed"]) == ("modified", ["content", "mode"])
    assert (row["size"], row["mode"], row["layer"]) == (5, "0600", 2)
    assert (row["before"]["size"], row["before"]["mode"], row["before"]["layer"]) == (3, "0644", 1)
    assert main(["diff", *images, "--json"]) == 0
    rows = {row["path"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["etc/link"]["before"] is None
    assert rows["etc/gone"]["before"] == {
        name: value
        for name, value in rows["etc/gone"].items()
        if name not in ("path", "change", "changed", "before", "merged_size", "difference")
    }
    assert {path: row["difference"] for path, row in rows.items()} == {"etc/gone": -3, "etc/link": 0, "etc/passwd": 2}
    assert "stored_size" not in rows["etc/passwd"]


def test_times_count_if_asked_for(images: tuple[str, str], capsys: Output) -> None:
    """Statement 45."""
    assert main(["diff", *images, "touched", "--times", "--json"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["changed"], row["mtime"], row["before"]["mtime"]) == (["time"], 9, 1)
    assert main(["diff", *images, "touched", "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_the_same_image_twice_differs_in_nothing(images: tuple[str, str], capsys: Output) -> None:
    assert main(["diff", images[1], images[1], "--times"]) == 0
    assert capsys.readouterr().out == "\nno changes\n"


def test_the_same_files_from_other_layers_differ_in_what_is_wasted(tmp_path: Path, capsys: Output) -> None:
    waste = layer(file("rest", b"1" * 2_000))
    one = docker_archive(tmp_path / "one.tar", BASE, waste, layer(whiteout("rest")))
    other = docker_archive(tmp_path / "other.tar", BASE)
    assert main(["diff", str(one), str(other), "--exit-code"]) == 0
    assert capsys.readouterr().out == "\nsame files, the second wastes 2.0 kB less\n"


_OLD = {
    "User": "app",
    "ExposedPorts": {"80/tcp": {}, "8080/tcp": {}},
    "Env": ["PATH=/bin", "A=1", "B=\x1b[2J"],
    "Cmd": ["serve", "it all"],
    "Labels": {"a": "1", "b": "2"},
    "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 5_000_000_000},
    "OnBuild": ["RUN make"],
}
_NEW = {
    "ExposedPorts": {"8080/tcp": {}, "443/tcp": {}},
    "Env": ["A=2", "PATH=/bin", "C="],
    "Cmd": ["serve"],
    "Shell": ["/bin/bash", "-c"],
    "Volumes": {"/data": {}},
    "WorkingDir": "/app",
    "Labels": {"b": "2", "c": "3"},
    "StopSignal": "SIGINT",
}


@pytest.fixture
def settings(tmp_path: Path) -> tuple[str, str]:
    """Two images of the same files, whose configuration differs."""
    for name, config in (("one", _OLD), ("other", _NEW)):
        (tmp_path / f"{name}.tar").write_bytes(tar(saved_as(Saved(image(BASE, config=config)))))
    return str(tmp_path / "one.tar"), str(tmp_path / "other.tar")


def test_settings_that_differ_are_told(settings: tuple[str, str], capsys: Output) -> None:
    assert main(["diff", *settings]) == 0
    assert (
        capsys.readouterr().out
        == """
− USER app
− EXPOSE 80/tcp
+ EXPOSE 443/tcp
~ ENV A=1 → 2
− ENV B=\\x1b[2J
+ ENV C=
~ CMD ["serve", "it all"] → ["serve"]
+ SHELL ["/bin/bash", "-c"]
+ VOLUME /data
+ WORKDIR /app
− LABEL a=1
+ LABEL c=3
+ STOPSIGNAL SIGINT
− HEALTHCHECK --interval=5s CMD true
− ONBUILD ["RUN make"]

same files, 11 settings changed
"""
    )


def test_settings_are_objects_of_their_own(settings: tuple[str, str], capsys: Output) -> None:
    assert main(["diff", *settings, "--json"]) == 0
    rows = {row["setting"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {name: (row["before"], row["after"]) for name, row in rows.items()} == {
        "user": ("app", None),
        "exposed_ports": (["80/tcp", "8080/tcp"], ["443/tcp", "8080/tcp"]),
        "env": ({"PATH": "/bin", "A": "1", "B": "\x1b[2J"}, {"PATH": "/bin", "A": "2", "C": ""}),
        "cmd": (["serve", "it all"], ["serve"]),
        "shell": (None, ["/bin/bash", "-c"]),
        "volumes": (None, ["/data"]),
        "working_dir": (None, "/app"),
        "labels": ({"a": "1", "b": "2"}, {"b": "2", "c": "3"}),
        "stop_signal": (None, "SIGINT"),
        "healthcheck": ("--interval=5s CMD true", None),
        "on_build": (["RUN make"], None),
    }


def test_a_path_has_no_settings(settings: tuple[str, str], capsys: Output) -> None:
    for more in ([], ["--json"]):
        assert main(["diff", *settings, "etc", "--exit-code", *more]) == 0
        assert capsys.readouterr().out == ""


def test_a_status_tells_whether_anything_differs(
    images: tuple[str, str], settings: tuple[str, str], tmp_path: Path, capsys: Output
) -> None:
    """As git's. What cannot be read goes before it."""
    for more, status in (
        ([*images], 1),
        ([*images, "--json"], 1),
        ([*settings], 1),
        ([settings[0], settings[0]], 0),
        ([images[0], images[0], "--times", "--json"], 0),
        ([*images, "etc/gone"], 1),
        ([*images, "touched"], 0),
        ([*images, "touched", "--times"], 1),
        ([*images, "nothing"], 2),
    ):
        assert main(["diff", "--exit-code", *more]) == status
    damaged = docker_archive(tmp_path / "damaged.tar", BASE, layer(file("b", b"x" * 5_000))[:1_000])
    assert main(["diff", "--exit-code", images[0], str(damaged)]) == 2
    assert main(["diff", *images]) == main(["diff", *settings]) == 0


def test_a_path_that_only_one_has_is_found_in_either(images: tuple[str, str], capsys: Output) -> None:
    assert main(["diff", *images, "etc/gone"]) == 0
    assert main(["diff", *images, "etc/link"]) == 0
    assert main(["diff", *images, "etc/nothing"]) == 2
    assert "no etc/nothing in either image" in capsys.readouterr().err


def test_layers_that_are_missing_are_named_with_their_image(
    images: tuple[str, str], tmp_path: Path, capsys: Output
) -> None:
    damaged = docker_archive(tmp_path / "damaged.tar", BASE, layer(file("b", b"x" * 5_000))[:1_000])
    assert main(["diff", images[0], str(damaged)]) == 2
    assert f"without layer 2 of {damaged}" in capsys.readouterr().err


def test_an_image_that_is_not_there_is_named(images: tuple[str, str], capsys: Output) -> None:
    assert main(["diff", images[0], "./nothing.tar"]) == 2
    assert "nothing.tar" in capsys.readouterr().err


def test_only_one_image_can_come_through_the_pipe(images: tuple[str, str], capsys: Output) -> None:
    for other in ("-", "docker-archive:-", "oci-archive:-:app"):
        assert main(["diff", "-", other]) == 2
        assert "standard input" in capsys.readouterr().err


def test_two_platforms_of_one_tag_are_compared(tmp_path: Path, capsys: Output) -> None:
    """``--platform`` names one for both images, or one for each."""
    layout = Layout()
    manifests = [
        layout.image(image(layer(file("bin/tool", content)), platform=name), **for_platform(name))
        for name, content in (("linux/amd64", b"amd"), ("linux/arm64", b"arm"))
    ]
    place = str(folder(tmp_path / "layout", layout.of(*manifests)))
    assert main(["diff", place, place, "--platform", "linux/amd64,linux/arm64", "--json"]) == 0
    row, setting = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["path"], row["changed"]) == ("bin/tool", ["content"])
    assert setting == {"setting": "platform", "before": "linux/amd64", "after": "linux/arm64"}
    assert main(["diff", place, place, "--platform", "linux/arm64"]) == 0
    assert capsys.readouterr().out == "\nno changes\n"


def test_without_a_terminal_the_command_is_named(images: tuple[str, str], capsys: Output) -> None:
    assert main([*images]) == 2
    assert f"layerview diff {images[0]} {images[1]}" in capsys.readouterr().err


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_a_root_filesystem_that_passes_by_has_the_contents_of_one_in_place(
    pack: Callable[[bytes], bytes], tmp_path: Path, capsys: Output
) -> None:
    """17, 44, 45"""
    with (tmp_path / "holes").open("wb") as holes:
        holes.truncate(3 << 20)
        for at in (0, 1 << 20, (2 << 20) + 4096):
            os.pwrite(holes.fileno(), random.Random(at).randbytes(5000), at)
    (tmp_path / "json").write_text("{}")
    (tmp_path / "same").write_bytes(b"one")
    names = ("holes", "json", "same")
    tar = tmp_path / "old.tar"
    subprocess.run(["tar", "-C", tmp_path, "-cf", tar, *names], check=True)
    (tmp_path / "same").write_bytes(b"two")
    sparse = subprocess.run(["tar", "-C", tmp_path, "-cSf", "-", *names], check=True, capture_output=True).stdout
    (tmp_path / "new.tar").write_bytes(pack(sparse))
    assert main(["diff", str(tar), str(tmp_path / "new.tar")]) == 0
    _, *listed, _, _ = capsys.readouterr().out.splitlines()
    assert [line.rpartition("  ")[0][-4:] + line.rpartition("  ")[2] for line in listed] == ["same(content)"]


def test_what_was_in_a_folder_that_is_a_link_now_is_listed_below_its_path(tmp_path: Path, capsys: Output) -> None:
    old = layer(directory("lib"), file("lib/a", b"1"), directory("usr"), directory("usr/lib"))
    new = layer(symlink("lib", "usr/lib"), directory("usr"), directory("usr/lib"), file("usr/lib/a", b"1"))
    images = [str(docker_archive(tmp_path / name, content)) for name, content in (("old.tar", old), ("new.tar", new))]
    assert main(["diff", *images, "lib", "--json"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["path"], row["change"]) for row in listed] == [("lib", "modified"), ("lib/a", "removed")]


def test_a_path_that_is_not_found_is_told_with_the_layers_that_are_missing(tmp_path: Path, capsys: Output) -> None:
    damaged = str(docker_archive(tmp_path / "damaged.tar", BASE, b"no tar" * 500))
    whole = str(docker_archive(tmp_path / "whole.tar", BASE))
    for words in (["ls", damaged, "usr/bin/x"], ["diff", damaged, whole, "usr/bin/x"]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "there is no usr/bin/x" in said
        assert "without layer 2" in said
