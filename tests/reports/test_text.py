import pytest
from msgspec.structs import replace

from layerview.image import Dockerfile, located
from layerview.reports import FORMATS, ExploredImage
from layerview.text import UNLIMITED, columns
from tests.builders import directory, file, whiteout
from tests.reports.explored import explored, partial

_WASTEFUL = explored(
    (directory("a"), file("a/big", b"x" * 5_000_000), file("a/small", b"y" * 1_500)),
    (file("a/big", b"x" * 5_000_000, uid=1000),),
    (whiteout("a/small"),),
    instructions=["/bin/sh -c #(nop) COPY dir:0 in /", "RUN /bin/sh -c chown 1000 /a/big # buildkit"],
)

_NAME = "カメラ" * 60
_WIDE = explored(
    (file(_NAME, b"x"),), (whiteout(_NAME),), instructions=["RUN " + "x" * 200] * 2, name="registry.example/" * 9
)


def _report(known: ExploredImage, width: int = 80) -> str:
    return FORMATS["text"](known, width)


def test_it_tells_the_figures_the_layers_and_the_waste() -> None:
    assert (
        _report(_WASTEFUL)
        == """\
test:1  linux/amd64  a test

total bytes     10 MB   in the files of all layers
final bytes    5.0 MB   in the files that a container sees
wasted bytes   5.0 MB   stored 2 times for nothing
efficiency     50.0 %   final of total bytes

Layer   stored   wasted    added  modified  removed  instruction
    1   5.0 MB   5.0 MB        3                     COPY dir:0 in /
    2   5.0 MB                           1           RUN chown 1000 /a/big
    3      0 B                                    1  (not recorded)

 wasted  by
 5.0 MB  stored by layer 1, hidden by layer 2: metadata only
 1.5 kB  stored by layer 1, hidden by layer 3: removed

 wasted   layers    reason         path
 5.0 MB      1 → 2  metadata only  /a/big
 1.5 kB      1 → 3  removed        /a/small
"""
    )


def test_it_has_a_column_for_the_lines_of_the_dockerfile_where_they_are_known() -> None:
    dockerfile = Dockerfile.parse("FROM scratch\nCOPY . /\nRUN chown 1000 \\\n  /a/big\n", "Dockerfile")
    image = explored(
        (directory("a"), file("a/big", b"x")),
        (file("a/big", b"x", uid=1000),),
        instructions=["COPY . / # buildkit", "RUN /bin/sh -c chown 1000   /a/big # buildkit"],
    )
    text = _report(replace(image, image=located(image.image, dockerfile)))
    assert text.splitlines()[7:10] == [
        "Layer   stored   wasted    added  modified  removed  lines  instruction",
        "    1      1 B      1 B        2                     2      COPY . /",
        "    2      1 B                           1           3-4    RUN chown 1000 /a/b…",
    ]


def test_an_image_without_waste_has_no_such_part() -> None:
    text = _report(explored((file("a", b"x"),)))
    assert "100.0 %" in text
    assert " wasted  by" not in text


def test_an_image_without_layers_has_a_report() -> None:
    assert "total bytes       0 B" in _report(explored())


def test_many_wasted_paths_are_counted_and_not_listed() -> None:
    files = tuple(file(f"f{number:03}", b"x" * (100 + number)) for number in range(100))
    text = _report(explored(files, tuple(whiteout(f"f{number:03}") for number in range(100))))
    assert text.count("1 → 2") == 20
    assert "11 kB  in 80 more paths" in text


@pytest.mark.parametrize("width", [1, 20, 60, 80, 133, 200])
def test_no_line_is_wider_than_it_may_be(width: int) -> None:
    assert max(map(columns, _report(_WIDE, width).splitlines())) <= width


def test_nothing_is_cut_where_there_is_no_width() -> None:
    text = _report(_WIDE, UNLIMITED)
    assert "…" not in text
    assert f"RUN {'x' * 200}\n" in text
    assert f"/{'カメラ' * 60}\n" in text


def test_statement_32_nothing_from_the_image_reaches_the_terminal_as_it_is() -> None:
    name = "\x1b]0;\x07\u202e\udcff"
    text = _report(explored((file(name, b"x"),), (whiteout(name),), instructions=[f"RUN {name}\nFROM x"], name=name))
    assert all(line.isprintable() for line in text.split("\n"))


def test_a_layer_that_cannot_be_read_is_named() -> None:
    text = _report(partial())
    before, _, figures = text.partition("total bytes")
    assert "Without layer 2: layer 2 is truncated" in before  # so that nobody takes the figures for the image's
    assert "efficiency" in figures
    assert "    2  cannot be read" in text
