"""Why bytes are wasted, by which instructions, and what helps."""

from __future__ import annotations

from collections.abc import Callable

from layerview.analysis.waste_draft import Group
from layerview.filesystem import Reason
from layerview.text import alike_in, columns, fit

AGAIN = "again and again"
"""In place of a reason, where paths are wasted by many pairs of layers."""
HELP = {
    Reason.REMOVED: ("remove it in the step that made it", "rm in the same step"),
    Reason.REPLACED: ("write it once", "write it once"),
    Reason.METADATA: ("COPY --chown, --chmod", "COPY --chown"),
    Reason.IDENTICAL: ("copy it once", "copy it once"),
    None: ("write it in one step", "write it once"),
}
"""What helps against each reason, and the same in fewer words."""
_BEFORE = 12
"""Columns of what two instructions have in common that stand before where they differ."""


def reason_and_help(group: Group, width: int) -> tuple[str, str]:
    """Why the bytes of a group are wasted, and what helps, in the words that there is room for."""
    reason = AGAIN if group.reason is None else str(group.reason)
    long, short = HELP[group.reason]
    return reason, long if len(reason) + 2 + len(long) <= width else short


def who(group: Group, instruction: Callable[[int], str], width: int) -> list[tuple[str, str]]:
    """The instructions of a group, each with what it does: "stored by 7", "COPY . /app".

    ``instruction`` gives that of a layer in one line. Each pair is told in ``width`` columns at most.
    """
    one, other = group.stored_by, group.hidden_by
    if group.reason is None:
        return [(f"by layers {one} to {other}", "each stores what the next one hides")]
    if one == other:
        return [(f"stored and hidden by {one}", instruction(one))]
    digits = len(str(max(one, other)))
    labels = f"stored by {one:>{digits}}", f"hidden by {other:>{digits}}"
    room = width - len(labels[0]) - 2
    return list(zip(labels, told_apart(instruction(one), instruction(other), room), strict=True))


def in_a_line(group: Group, instruction: Callable[[int], str], width: int) -> str:
    """The layers of a group and the beginning of both instructions, in ``width`` columns at most."""
    one, other = group.stored_by, group.hidden_by
    if group.reason is None:
        return f"by layers {one} to {other}"
    if one == other:
        return fit(f"{one} {instruction(one)}", width)
    first, second = told_apart(instruction(one), instruction(other), width // 2)
    hides = f" → {other} {second}"
    stores = fit(f"{one} {first}", max(width - columns(hides), width // 2 - 1))
    return fit(stores + hides, width)


def told_apart(one: str, other: str, width: int) -> tuple[str, str]:
    """Two lines that differ where they can be seen: in what ``width`` columns hold of them."""
    if one == other or fit(one, width) != fit(other, width):
        return one, other
    same = alike_in(one, other)
    first = one.split(" ", 1)[0] + " …"
    start = max(same - min(_BEFORE, width // 3), len(first))
    return first + one[start:], first + other[start:]
