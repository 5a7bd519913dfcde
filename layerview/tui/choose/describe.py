"""What the choosing screen says of an image, as lines of text: no screen in it."""

from __future__ import annotations

import shlex
from datetime import datetime

import humanize

from layerview.analysis.sharing import Share
from layerview.errors import LayerviewError
from layerview.text import escape
from layerview.tui.choose.catalog import ImageRow
from layerview.tui.lists.line import Line
from layerview.wording.figures import exact


def age(created: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit: "3 weeks ago"."""
    if created is None:
        return "unknown"
    delta = max((now - created).total_seconds(), 0)
    if delta < 60:
        return "just now"
    return humanize.naturaldelta(delta).partition(",")[0] + " ago"


def sentences(error: LayerviewError) -> str:
    """What went wrong, and what to do."""
    return f"{error.message.rstrip('.')}. {error.hint}".rstrip()


def describe_listed(row: ImageRow, share: Share | None, now: datetime) -> list[Line]:
    """An image in a list: what it is, its other names, and what removing it would free. The most wanted comes first."""
    image = row.image
    lines = [Line("", escape(row.name or "an image without a name"), "strong", shlex.quote(row.reference))]
    others = [escape(name) for name in image.names if name != row.name]
    if share is None:
        lines.append(Line("alone", "not known before the engine has told the layers of all its images", "dim"))
    else:
        removing = "removing it with all its names" if others else "removing it"
        lines.append(Line("alone", f"{_counted(share.alone, share)}, which {removing} would free"))
        lines.append(Line("shared", f"{_counted(share.shared, share)} in layers that other images have, too"))
    lines.append(Line("ID", escape(image.id), "dim"))
    if image.created:
        lines.append(Line("created", f"{age(image.created, now)}, {image.created:%Y-%m-%d %H:%M:%S} UTC"))
    if image.platform:
        lines.append(Line("platform", escape(str(image.platform))))
    if others:
        lines.append(Line("also called", ", ".join(others)))
    if image.size is not None:
        lines.append(Line("size", f"{exact(image.size)}, as {image.engine} counts it"))
    if image.layers is not None:
        lines.append(Line("layers", f"{len(image.layers)}"))
    lines.append(Line("opened by", escape(shlex.join(("layerview", row.reference))), "dim"))
    return lines


def _counted(bytes_: int, share: Share) -> str:
    if not share.unknown:
        return exact(bytes_)
    return f"at least {exact(bytes_)}" if bytes_ else "an unknown number of bytes"
