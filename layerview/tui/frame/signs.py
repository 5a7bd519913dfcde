"""What the signs on the screens mean."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple


class Sign(NamedTuple):
    """A sign, or several that belong together."""

    place: str
    """The pane that they stand in, as places of keys are called; empty for all panes."""
    shown: str
    meaning: str


SIGNS = (
    Sign("files", "+  ~  −", "added, modified, removed"),
    Sign("files", "·", "a folder that holds changes, and is itself unchanged"),
    Sign("files", "▸  ▾", "a closed folder, an open one; beside a head: what is sorted by"),
    Sign("files", "→  ⇒", "where a symbolic link leads, and which file a hard link names"),
    Sign("layers", "▌  ●", "layers whose changes are shown, and the one that is compared from"),
    Sign("pair", "=  ~  +  −", "layers of both images, changed ones, of the second alone, of the first alone"),
    Sign("wasted", "!  ×3", "looks like a secret; stored so many times"),
    Sign("", "█", "the share of all that is shown in the column beside it, or of the largest"),
    Sign("", "…", "what is not known yet, or what there is no room for"),
)


def signs(places: Collection[str]) -> list[Sign]:
    """Those of these panes, if these have any of their own, and those of all."""
    return [sign for sign in SIGNS if not sign.place or sign.place in places] if "files" in places else []
