"""The history of an image, as ``layerview history`` shows it: every step, the first at the top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from layerview.image import Image
from layerview.reports.json import dumps, lines_of
from layerview.reports.lines import column
from layerview.text import escape, fit, size
from layerview.wording.layers import NOT_RECORDED, one_line
from layerview.wording.times import recorded


def text(image: Image, sizes: Mapping[int, int | None], width: int | None) -> Iterator[str]:
    """Lines for people; ``sizes`` are bytes by layer.

    With a ``width`` an instruction is shown as its author wrote it, cut to so many columns; with None it is what
    the builder recorded, in full.
    """
    heading, *lines = column([entry for entry, _ in image.steps])
    yield f"Layer  created              size  {heading}instruction"
    for (entry, layer), numbers in zip(image.steps, lines, strict=True):
        instruction = escape(entry.created_by) if width is None else one_line(entry.instruction)
        number = str(layer.number) if layer else ""
        stored = sizes.get(layer.number) if layer else None
        bytes_ = "" if stored is None else size(stored)
        what = f"{numbers}{instruction or f'({NOT_RECORDED})'}"
        line = f"{number:>5}  {escape(recorded(entry.created, 16)):<16}  {bytes_:>7}  {what}"
        yield line if width is None else fit(line, width)


def json(image: Image, sizes: Mapping[int, int | None]) -> Iterator[str]:
    """One JSON object a line."""
    for entry, layer in image.steps:
        yield dumps(
            {
                "layer": layer.number if layer else None,
                "diff_id": (layer.diff_id or None) if layer else None,
                "size": sizes.get(layer.number) if layer else 0,
                "created": entry.created or None,
                "created_by": entry.created_by or None,
                "instruction": entry.instruction or None,
                "lines": lines_of(entry),
                "author": entry.author or None,
                "comment": entry.comment or None,
            }
        )
