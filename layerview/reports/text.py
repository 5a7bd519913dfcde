"""The report as plain text, for people."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from layerview.image import HistoryEntry, Layer
from layerview.reports.explored import ExploredImage
from layerview.reports.lines import column
from layerview.text import escape, fit, fit_path, percent, size
from layerview.wording.layers import NOT_RECORDED, one_line, wasted_between, wasted_path

_LONGEST = 20
"""How many wasted paths and pairs of layers are listed; the rest is counted."""


def report(explored: ExploredImage, width: int) -> str:
    """What the image holds, and what of it is wasted, by whom and why, in lines of ``width`` columns at most."""
    lines = [*_head(explored, width), "", *_layers(explored)]
    if explored.account.wastes:
        lines += ["", *_matrix(explored), "", *_wasted(explored, width)]
    return "\n".join(fit(line.rstrip(), width) for line in lines) + "\n"


def _head(explored: ExploredImage, width: int) -> Iterator[str]:
    image, account = explored.image, explored.account
    yield from wrap(f"{escape(image.name)}  {escape(str(image.platform))}  {escape(image.source)}", width)
    yield ""
    for number, error in sorted(explored.failures.items()):
        yield from wrap(f"Without layer {number}: {escape(error.message)}", width)
    if explored.failures:
        yield ""
    yield f"total bytes   {size(account.total_bytes):>7}   in the files of all layers"
    yield f"final bytes   {size(account.final_bytes):>7}   in the files that a container sees"
    yield f"wasted bytes  {size(account.wasted_bytes):>7}   stored {account.wasted_files:,} times for nothing"
    yield f"efficiency    {percent(account.efficiency):>7}   final of total bytes"


def _layers(explored: ExploredImage) -> Iterator[str]:
    layers = explored.image.layers
    heading, *lines = column([layer.history for layer in layers])
    yield f"Layer   stored   wasted    added  modified  removed  {heading}instruction"
    for layer, numbers in zip(layers, lines, strict=True):
        yield f"{layer.number:>5}  {_figures(layer, explored)}  {numbers}{_instruction(layer.history)}"


def _figures(layer: Layer, explored: ExploredImage) -> str:
    stack, number = explored.stack, layer.number
    if number in stack.missing:
        return f"{'cannot be read':<43}"
    counts = stack.counts(number)
    added, modified, removed = (f"{n:,}" if n else "" for n in (counts.added, counts.modified, counts.removed))
    wasted = explored.account.wasted_of(number)
    return (
        f"{size(stack.stored(number)):>7}  {size(wasted) if wasted else '':>7}  {added:>7}  {modified:>8}  {removed:>7}"
    )


def _instruction(history: HistoryEntry | None) -> str:
    return (one_line(history.instruction) if history else "") or f"({NOT_RECORDED})"


def _matrix(explored: ExploredImage) -> Iterator[str]:
    pairs = sorted(explored.account.matrix.items(), key=lambda pair: -pair[1])
    yield " wasted  by"
    for (stored_by, hidden_by, reason), bytes_ in pairs[:_LONGEST]:
        yield f"{size(bytes_):>7}  {_who(stored_by, hidden_by)}: {reason}"
    yield from _rest(len(pairs), sum(bytes_ for _, bytes_ in pairs[_LONGEST:]), "pairs of layers")


def _who(stored_by: int, hidden_by: int) -> str:
    if stored_by == hidden_by:
        return f"stored by layer {stored_by}, which holds the path twice"
    return f"stored by layer {stored_by}, hidden by layer {hidden_by}"


def _wasted(explored: ExploredImage, width: int) -> Iterator[str]:
    wastes = explored.account.wastes
    yield " wasted   layers    reason         path"
    for waste in wastes[:_LONGEST]:
        path = wasted_path(waste, explored.stack)
        path = fit_path(path if waste.node >= 0 else f"({path})", width - 35)
        yield f"{size(waste.bytes):>7}  {wasted_between(waste):>9}  {waste.reason!s:<13}  {path}"
    yield from _rest(len(wastes), sum(waste.bytes for waste in wastes[_LONGEST:]), "paths")


def _rest(count: int, bytes_: int, what: str) -> Iterator[str]:
    if count > _LONGEST:
        yield f"{size(bytes_):>7}  in {count - _LONGEST:,} more {what}"
