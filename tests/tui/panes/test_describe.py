"""What the Details and Image tabs say."""

from __future__ import annotations

from msgspec.structs import replace

from layerview.filesystem import Comparison, Stack
from layerview.image import Config, Dockerfile, HistoryEntry, Image, Layer, Platform, located
from layerview.tui.panes.describe import describe_image, describe_layer, describe_path
from tests.builders import Entry, device, directory, file, hardlink, symlink, whiteout
from tests.stacks import stack


def image(layers: int) -> Image:
    made = tuple(Layer(number, f"sha256:{number:064x}", None) for number in range(1, layers + 1))
    return Image("test", "sha256:0", Platform("linux", "amd64"), Config(), made)


def text(stack: Stack, path: str, at: int) -> list[str]:
    """What is said of a path, at a layer compared with the one below it."""
    node = stack.find(path.encode())
    assert node is not None
    lines = describe_path(Comparison(stack, at - 1, at), node, image(stack.layers))
    return [f"{line.label}: {line.text}" if line.label else line.text for line in lines]


def changed(before: Entry, after: Entry) -> list[str]:
    """What is said of how a later layer changed a path."""
    said = text(stack((before,), (after,)), str(before.path), 2)
    return said[said.index("layer 2: ~ modified") + 1 :]


def test_a_path_tells_what_changed_old_and_new() -> None:
    assert changed(file("a", b"x", mode=0o644), file("a", b"x", mode=0o4755)) == [
        "mode 0644 → 4755",
        "content the same, stored again",
        "1 B stored",
    ]
    assert changed(file("a", b"x", uid=1), file("a", b"yy", uid=2, gid=3)) == [
        "owner 1:0 → 2:3",
        "content 1 B → 2 B",
        "2 B stored",
    ]
    assert changed(file("a", b"x"), file("a", b"y")) == ["content, of equal size", "1 B stored"]
    assert changed(symlink("a", "b"), symlink("a", "c\x1b")) == [r"link b → c\x1b"]
    assert changed(file("a"), symlink("a", "b"))[0] == "type file → symbolic link"
    assert changed(device("a", 1, 2), device("a", 1, 3)) == ["device 1:2 → 1:3"]
    assert changed(directory("a", mtime=0), directory("a", mtime=60)) == [
        "time 1970-01-01 00:00:00 UTC → 1970-01-01 00:01:00 UTC"
    ]
    assert changed(directory("a", xattrs={"user.a": b"1"}), directory("a", xattrs={"user.b": b"\0\1"})) == [
        "xattr user.a 1 → none",
        "xattr user.b none → 0x0001",
    ]


def test_a_folder_tells_what_its_layer_stores_there_and_by_how_much_it_differs() -> None:
    """Statement 52. Not where that is its size."""
    grown = stack((file("d/a", b"x" * 60), file("d/b", b"y" * 5)), (file("d/c", b"zzz"), whiteout("d/b")))
    said = text(grown, "d", 2)
    assert said[said.index("size: 63 B") :][1:3] == ["stored: 3 B by this layer", "differs: −2 B"]
    for path, at in (("d", 1), ("d/b", 2), ("d/c", 2), ("d/a", 2)):
        assert not [line for line in text(grown, path, at) if line.startswith(("stored", "differs"))]


def test_a_path_tells_its_whole_life() -> None:
    said = text(stack((file("a", b"x"),), (whiteout("a"),), (file("a", b"x"),)), "a", 2)
    assert "change: − removed" in said
    assert [line for line in said if line.startswith("layer ")] == [
        "layer 1: + added",
        "layer 2: − removed",
        "layer 3: + added",
    ]


def test_a_file_stored_again_for_nothing_is_said_to_be() -> None:
    assert "layer 2: = stored again, the very same" in text(stack((file("a", b"x"),), (file("a", b"x"),)), "a", 2)


def test_a_folder_tells_what_changed_below_it_and_what_it_holds() -> None:
    said = text(stack((directory("a"), file("a/b"), file("a/c")), (file("a/b", b"1"),)), "a", 2)
    assert "change: · 1 path below it changed" in said
    assert "holds: 2 paths" in said


def test_a_hard_link_names_its_other_path() -> None:
    said = text(stack((file("a", b"x"), hardlink("b", "a"))), "b", 1)
    assert "type: hard link" in said
    assert "link to: /a" in said


def test_an_instruction_of_several_lines_keeps_them() -> None:
    entry = HistoryEntry(created_by="RUN <<EOF\nset -e\n\techo 1\nEOF")
    lines = describe_layer(image(1), (entry, image(1).layers[0]), None, None, None)
    assert [line.text for line in lines if line.look == "strong"] == ["RUN <<EOF", "set -e", "    echo 1", "EOF"]


def test_the_tabs_that_buildkit_keeps_of_continued_lines_are_blanks() -> None:
    entry = HistoryEntry(created_by="RUN /bin/sh -c set -eux; \tapt-get update; \tapt-get install -y curl # buildkit")
    line = describe_layer(image(1), (entry, image(1).layers[0]), None, None, None)[0]
    assert line.text.split() == entry.instruction.split()


def test_an_instruction_that_is_not_recorded_is_said_not_to_be() -> None:
    lines = describe_layer(image(1), (HistoryEntry(), image(1).layers[0]), None, None, None)
    assert lines[0].text == "The instruction is not recorded."


def test_where_a_layer_was_imported_from_stands_in_place_of_an_instruction() -> None:
    lines = describe_layer(image(1), (HistoryEntry(comment="Imported from -"), image(1).layers[0]), None, None, None)
    assert lines[0].text == "imported from standard input"


def test_a_step_tells_its_lines_as_they_stand_in_the_dockerfile() -> None:
    """And once only where they are the instruction itself."""
    steps = (
        HistoryEntry(created_by="RUN /bin/sh -c a   b # buildkit"),
        HistoryEntry(created_by="CMD a", empty_layer=True),
    )
    dockerfile = Dockerfile.parse("FROM scratch\nRUN a \\\n\t# \x1b\n  b\nCMD a", "app/Dockerfile")
    built = replace(image(1), config=Config(history=steps))
    (run, layer), (cmd, _) = located(built, dockerfile).steps
    said = [f"{line.label}: {line.text}" for line in describe_layer(built, (run, layer), None, None, None)]
    assert said[1] == "lines: app/Dockerfile:2-4"
    assert said[-3:] == ["    2: RUN a \\", r"    3:     # \x1b", "    4:   b"]
    said = [f"{line.label}: {line.text}" for line in describe_layer(built, (cmd, None), None, None, None)]
    assert said[:2] == [": CMD a", "lines: app/Dockerfile:5"]
    assert len(said) == 3


def test_a_path_tells_the_lines_that_touched_it() -> None:
    known = stack((file("a", b"x"),))
    built = replace(image(1), config=Config(history=(HistoryEntry(created_by="RUN a"),)))
    built = located(built, Dockerfile.parse("FROM scratch\nRUN a", "Dockerfile"))
    node = known.find(b"a")
    assert node is not None
    said = [line.text for line in describe_path(Comparison(known, 0, 1), node, built)]
    assert said[said.index("+ added  RUN a") + 1] == "Dockerfile:2"


def test_the_image_s_configuration_is_listed() -> None:
    config = Config(
        entrypoint=("/bin/sh", "-c", "echo 1"),
        env=("A=1", "B=\x1b[31m"),
        labels={"a": "b"},
        volumes=("/data",),
        exposed_ports=("80/tcp",),
    )
    lines = describe_image(Image("test", "sha256:0", Platform("linux", "arm64", "v8"), config, ()))
    said = {line.label: line.text for line in lines if line.label}
    assert said["platform"] == "linux/arm64/v8"
    assert said["entrypoint"] == '/bin/sh -c "echo 1"'
    assert said["environment"] == "A=1"
    assert r"B=\x1b[31m" in [line.text for line in lines]
    assert said["labels"] == "a=b"
    assert said["volumes"] == "/data"
    assert said["ports"] == "80/tcp"
