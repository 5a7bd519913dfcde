"""What the commands say of an image, run as they are typed, in this process."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from layerview import cli

FIGURES = ("total_bytes", "final_bytes", "wasted_bytes", "efficiency", "matrix", "wasted", "complete")
"""What a report says of an image as a whole, wherever the image is."""

LAYER_FIGURES = ("diff_id", "instruction", "stored_bytes", "added", "modified", "removed")
"""And of each layer."""


Told = tuple[list[str], dict[str, Any]]
"""A listing, and the figures of a report."""


def run(*arguments: str) -> str:
    """What a command prints, without a cache; it must succeed."""
    with redirect_stdout(StringIO()) as output:
        status = cli.main([*arguments, "--no-cache"])
    assert status == 0
    return output.getvalue()


def listing(image: str, *options: str) -> list[str]:
    """Every path at the last layer, as one line of JSON each."""
    return run("ls", image, "-r", "--json", *options).splitlines()


def figures(image: str, *options: str) -> dict[str, Any]:
    """What a report says that does not depend on where the image is and how it is stored."""
    return figures_in(run("report", image, "-o", "json", *options))


def figures_in(text: str) -> dict[str, Any]:
    """The same, of a report as JSON."""
    report = json.loads(text)
    layers = [{field: layer[field] for field in LAYER_FIGURES} for layer in report["layers"]]
    return {**{field: report[field] for field in FIGURES}, "layers": layers}


def told(image: str, *options: str) -> Told:
    """Both, which two forms of one image have in common."""
    return listing(image, *options), figures(image, *options)
