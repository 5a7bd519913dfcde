"""Takes pictures of any image, in every view, at every size and with any colours, to be looked at one by one.

``python -m screenshots.looks FOLDER IMAGE [IMAGE2]`` writes them as text and as SVG, and tells which are not sound.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.pictures import Picture
from tests.tui.views import BACK, COLOURS, MORE, SIZES, VIEWS, assert_whole, opened, resize, walk

_BRIGHT = "bright"


def main(folder: Path, *images: Path) -> None:
    """Take all pictures of an image, or of two that are compared."""
    folder.mkdir(parents=True, exist_ok=True)
    for colours in COLOURS:
        with opened(images[0], colours, *images[1:]) as terminal:
            for columns, lines in SIZES:
                resize(terminal, columns, lines)
                for number, (view, picture) in enumerate(walk(terminal, (*VIEWS, *MORE, BACK))):
                    name = f"{columns}x{lines} {number:02} {colours}"
                    (folder / f"{name}.txt").write_text(str(picture))
                    (folder / f"{name}.svg").write_text(_drawn(picture))
                    try:
                        assert_whole(view, picture)
                    except AssertionError as error:
                        print(f"{name}: {str(error).splitlines()[0]}")


def _drawn(picture: Picture) -> str:
    """A picture with its colours, as SVG."""
    text = Text()
    for line in picture.cells:
        for cell in line:
            style = Style(
                color=_colour(cell.fg),
                bgcolor=_colour(cell.bg),
                bold=cell.bold,
                underline=cell.underscore,
                reverse=cell.reverse,
            )
            text.append(cell.data, style)
        text.append("\n")
    console = Console(
        record=True, width=picture.width, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(text, end="", soft_wrap=True)
    return console.export_svg(title="layerview")


def _colour(name: str) -> str | None:
    """A colour of pyte's in Rich's words."""
    if name == "default":
        return None
    bright, name = name.startswith(_BRIGHT), name.removeprefix(_BRIGHT)
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name):
        return f"#{name}"
    return ("bright_" if bright else "") + {"brown": "yellow"}.get(name, name)


if __name__ == "__main__":
    with TemporaryDirectory() as nothing_remembered:
        os.environ["XDG_STATE_HOME"] = nothing_remembered
        main(*map(Path, sys.argv[1:]))
