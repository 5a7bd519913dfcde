"""What made a layer, and what of it is wasted."""

from __future__ import annotations

import re
from collections.abc import Collection

from layerview.analysis import Waste
from layerview.filesystem import Stack
from layerview.image import HistoryEntry, starts_from
from layerview.text import escape

NOT_RECORDED = "not recorded"
"""What stands for an instruction that nobody wrote down."""

_VALUE = r"""(?:"[^"\\]*"|'[^']*'|[^\s;&|"'`$()]*)"""
_PREPARES = rf"""(?x)
    RUN\ (?:--[a-z]+=\S+\ )*
    (?:(?:
        set(?:\ [-+]\w+|\ pipefail)+ | shopt(?:\ [-\w]+)+ | umask\ \d+ | cd\ {_VALUE} | : | true
        | (?:export\ )?(?:[A-Za-z_]\w*={_VALUE}\ ?)+ | export\ [A-Za-z_]\w*
        | (?:apt-get|apt|apk|dnf|yum|microdnf)(?:\ -\S+)*\ (?:update|makecache)(?:\ -\S+)*
    )\ ?(?:;|&&)\ ?)+
    (?=[^;&|\s])"""
"""What many an instruction begins with: options of the shell, variables, lists of packages."""


def one_line(instruction: str) -> str:
    """An instruction in one line, whatever blanks and line ends its author used; empty where it is not recorded."""
    return escape(" ".join(instruction.split()))


def telling(instruction: str) -> str:
    """An instruction in one line that begins with what tells it from others; "…" stands for commands that only prepare."""
    line = one_line(instruction)
    prepares = re.match(_PREPARES, line)
    return f"RUN … {line[prepares.end() :]}" if prepares else line


def step_told(entry: HistoryEntry | None) -> str:
    """What stands for a step in a list: its instruction, or where that is not recorded, what it comes from if that is known."""
    if entry is None:
        return NOT_RECORDED
    imported = re.fullmatch(r"Imported from (\S+)", entry.comment)
    if entry.instruction or not (imported or starts_from(entry)):
        return telling(entry.instruction) or NOT_RECORDED
    if base := starts_from(entry):
        return f"FROM {escape(base)}"
    assert imported
    return f"imported from {'standard input' if imported[1] == '-' else escape(imported[1])}"


def wasted_path(waste: Waste, stack: Stack) -> str:
    """Where the bytes are that are wasted."""
    return f"/{escape(stack.path(waste.node))}" if waste.node >= 0 else "AUFS bookkeeping"


def wasted_between(waste: Waste) -> str:
    """The layer that stores the bytes, and the one that hides them."""
    return f"{waste.stored_by} → {waste.hidden_by}"


def without(missing: Collection[int]) -> str:
    """Which layers something is told without."""
    return f"without layer{'' if len(missing) == 1 else 's'} {', '.join(map(str, sorted(missing)))}"
