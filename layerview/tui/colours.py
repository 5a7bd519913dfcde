"""What a terminal can show of colours, and what is done where that is little."""

from __future__ import annotations

import os
from dataclasses import replace  # noqa: TID251 (a theme of Textual is one)

from rich.console import Console
from textual.theme import BUILTIN_THEMES

TERMINAL = replace(BUILTIN_THEMES["ansi-dark"], name="terminal", primary="ansi_cyan", accent="ansi_magenta")
"""The terminal's own colours on its own ground, whichever these are; but blue, which hardly anyone can read on black."""


def has_few_colours() -> bool:
    """Whether no more than sixteen are there or wanted: what other themes mix of theirs looks alike then.

    Cursor, focus and selection are told apart by more than their colours in that case; styles.tcss says how, by ``:ansi``.
    """
    system = Console(force_terminal=True, legacy_windows=False).color_system
    return "NO_COLOR" in os.environ or system not in ("256", "truecolor")
