"""The paths of an image, as ``layerview ls`` lists them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import msgspec

from layerview.errors import NotFoundError
from layerview.filesystem import Comparison, Entry, Measure, Stack, listed
from layerview.layers import EARLIEST, LATEST, Kind
from layerview.reports.json import dumps, named
from layerview.text import escape, size
from layerview.trees import Change
from layerview.wording.changes import SIGNS
from layerview.wording.entries import device_of, link_of, mode_of, owner_of, permission
from layerview.wording.figures import signed
from layerview.wording.times import fraction, to_the_minute

_FIGURE = 7
"""Columns of the longest size with its sign, and of the longest head."""
_MOST_LINKS = 40
"""As many symbolic links as Linux follows before it gives up."""


class Listing:
    """Some of the paths of an image at a layer, or of those that a layer changed, as lines of text or of JSON.

    A folder is listed as what is right in it; ``recursive``, as itself and all below it.
    """

    def __init__(
        self, comparison: Comparison, path: bytes, *, recursive: bool, changes: bool, largest: int | None = None
    ) -> None:
        """``largest`` is how many files below the path are meant, the largest first, in place of all. Raises NotFoundError."""
        self._largest = largest
        self._comparison = comparison
        self._changes = changes
        self._recursive = recursive
        self._top = _find(comparison, path, changes)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be listed."""
        return next(self._nodes(), None) is None

    def text(self) -> Iterator[str]:
        """Lines for people: what ``ls -l`` shows, sizes of folders with all that is in them.

        Of changes a heading says whose figures these are.
        """
        heads = self._heads()
        figures = "  ".join(f"{head:>{_FIGURE}}" for head in heads)
        heading = f"  permission  owner      {figures}  modified          path" if self._changes else ""
        for node, change in self._nodes():
            if heading:
                yield heading
                heading = ""
            entry = self._entry(node)
            told = self._figures(node, entry, change)
            if entry.device:
                told = f"{device_of(entry, ', '):>{_FIGURE}}{'':<{len(figures) - _FIGURE}}"
            sign = f"{SIGNS[change]} " if self._changes else ""
            link = f" {'→' if entry.kind is Kind.SYMLINK else '='} {link_of(entry)}" if entry.link else ""
            what = ", ".join(self._aspects(node)) if self._compares_images else ""
            yield (
                f"{sign}{permission(entry)}  {owner_of(entry):<9}  {told}"
                f"  {to_the_minute(entry.mtime)}  {escape(self._comparison.stack.path(node)) or '.'}{link}"
                f"{f'  ({what})' if what else ''}"
            )

    def json(self) -> Iterator[str]:
        """One JSON object a line."""
        for node, change in self._nodes():
            yield dumps(self._fields(node, change))

    def _heads(self) -> list[str]:
        """What stands above the columns of bytes."""
        if self._compares_images:
            return [Measure.SIZE, Measure.DIFFERENCE]
        return [Measure.SIZE, *(Measure.STORED, Measure.DIFFERENCE) * self._changes]

    def _files(self) -> Iterator[int]:
        """All at the path or below it but folders, the largest first."""
        comparison, end = self._comparison, self._comparison.stack.end(self._top)
        chosen = bytearray(comparison.presence)
        chosen[: self._top] = bytes(self._top)
        chosen[end:] = bytes(len(chosen) - end)
        files = chain.from_iterable(listed(comparison, chosen, Measure.SIZE))
        return filter(comparison.change, files) if self._changes else files

    def _figures(self, node: int, entry: Entry, change: Change) -> str:
        """What these columns say of a node that differs like this."""
        comparison = self._comparison
        bytes_ = comparison.size(node) if entry.kind is Kind.DIRECTORY else entry.size
        told = size(bytes_)
        if not self._changes:
            return f"{told:>{_FIGURE}}"
        is_new = change is Change.ADDED and bytes_  # as most are: what was before need not be looked at
        difference = f"+{told}" if is_new else signed(comparison.difference(node))
        if self._compares_images:
            return f"{told:>{_FIGURE}}  {difference:>{_FIGURE}}"
        return f"{told:>{_FIGURE}}  {size(self._stored(node)):>{_FIGURE}}  {difference:>{_FIGURE}}"

    def _stored(self, node: int) -> int:
        """What the layer stores there and below: of many paths it is known of each by itself."""
        own, is_alone = self._comparison.own, self._comparison.stack.end(node) == node + 1
        return own.alone[node] if self._recursive and is_alone else own.at(node)

    def _nodes(self) -> Iterator[tuple[int, Change]]:
        """What is listed, and the Change of each."""
        comparison, stack, top = self._comparison, self._comparison.stack, self._top
        if self._largest is not None:
            for node in islice(self._files(), self._largest):
                yield node, comparison.change(node)
            return
        if self._recursive and self._changes:  # also what was below a path that is a folder no more
            yield from comparison.changed(top, stack.end(top))
            return
        if self._recursive:
            nodes = iter(range(top, stack.end(top)))
        else:
            nodes = stack.children(top) if comparison.is_directory(top) else iter((top,))
        for node in nodes:
            if not self._changes:
                if stack.present(node, comparison.at):
                    yield node, Change.UNMODIFIED
            elif comparison.present(node):
                change = comparison.change(node)
                if change or comparison.changed_below(node):
                    yield node, change

    def _entry(self, node: int) -> Entry:
        entry = self._comparison.entry(node)
        assert entry is not None, "a listed path is there in one of the two states"
        return entry

    @property
    def _compares_images(self) -> bool:
        return self._comparison.before is not self._comparison.stack

    def _aspects(self, node: int) -> list[str]:
        """What of a modified path changed."""
        return [aspect.name.lower() for aspect in self._comparison.aspects(node) if aspect.name]

    def _fields(self, node: int, change: Change) -> dict[str, Any]:
        comparison = self._comparison
        fields: dict[str, Any] = named("path", comparison.stack.path(node) or b".")
        fields |= _metadata(self._entry(node))
        fields["merged_size"] = comparison.size(node)
        if self._changes:
            fields["difference"] = comparison.difference(node)
            if not self._compares_images:
                fields["stored_size"] = comparison.stored(node)
            fields["change"] = change.name.lower()
            fields["changed"] = self._aspects(node)
        if self._compares_images:
            before = comparison.before.entry(node, comparison.below)
            fields["before"] = None if before is None else _metadata(before)
        return fields


def _metadata(entry: Entry) -> dict[str, Any]:
    """What an entry says of itself, and which layer has it."""
    fields: dict[str, Any] = {
        "type": entry.kind.name.lower(),
        "mode": mode_of(entry),
        "uid": entry.uid,
        "gid": entry.gid,
        "size": entry.size,
        "mtime": _seconds(entry.mtime),
    }
    fields |= {"link": None} if entry.link is None else named("link", entry.link)
    if entry.device is not None:
        fields["device"] = entry.device
    if entry.xattrs:
        fields["xattrs"] = {
            name.decode("utf-8", "surrogateescape"): base64.b64encode(value).decode()
            for name, value in entry.xattrs.items()
        }
    fields["layer"] = None if entry.implied else entry.layer
    return fields


def _find(comparison: Comparison, path: bytes, changes: bool) -> int:
    """The node of a path, symbolic links in place of folders followed as in a container. Raises NotFoundError."""
    stack = comparison.stack
    found = _follow(stack, path, comparison.at)
    if found is None and changes:
        found = _follow(comparison.before, path, comparison.below)
    if found is not None:
        return found
    partly = ", as far as it can be read" if stack.missing or comparison.before.missing else ""
    name = path.decode("utf-8", "surrogateescape")
    if comparison.before is not stack:
        raise NotFoundError(f"there is no {name} in either image{partly}", "List one: layerview ls IMAGE")
    where = f"at layer {comparison.at}" if comparison.at < stack.layers else "in the image"
    elsewhere = stack.find(path) is not None
    hint = "Other layers have it: try --layer or --changes." if elsewhere else "List what is there: layerview ls IMAGE"
    raise NotFoundError(f"there is no {name} {where}{partly}", hint)


def _follow(stack: Stack, path: bytes, layer: int) -> int | None:
    """The node that a path leads to at a layer; its last part is followed only where a slash comes behind it."""
    parts = path.split(b"/")[::-1]
    node = 0
    links = 0
    while parts:
        part = parts.pop()
        if part in (b"", b"."):
            continue
        if part == b"..":
            node = stack.parent(node) if node else 0
            continue
        child = stack.find(stack.path(node) + b"/" + part)
        entry = None if child is None else stack.entry(child, layer)
        if child is None or entry is None:
            return None
        if entry.kind is Kind.SYMLINK and entry.link and parts:
            links += 1
            if links > _MOST_LINKS:
                return None
            parts += reversed(entry.link.split(b"/"))
            node = 0 if entry.link.startswith(b"/") else node
        else:
            node = child
    return node


def _seconds(nanoseconds: int) -> msgspec.Raw | None:
    """Seconds since 1970 with all of their digits, which no number of this language has; None where an index has not."""
    if nanoseconds in (EARLIEST, LATEST):
        return None
    seconds, rest = divmod(abs(nanoseconds), 1_000_000_000)
    return msgspec.Raw(f"{'-' * (nanoseconds < 0)}{seconds}{fraction(rest)}".encode())
