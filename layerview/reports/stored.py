"""The files that layers store, as ``layerview ls --stored`` lists them: each as often as it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from layerview.analysis import Stored
from layerview.analysis.waste_draft import BOOKKEEPING
from layerview.errors import NotFoundError
from layerview.filesystem import Stack
from layerview.reports.json import dumps, named
from layerview.text import escape, size


class StoredListing:
    """Those at a path and below it, in whatever layers, by name, or the largest first."""

    def __init__(self, stack: Stack, path: bytes, largest: int | None) -> None:
        """``largest`` is how many of the largest are meant; None for all by name. Raises NotFoundError."""
        node = stack.find(path)
        if node is None:
            name = path.decode("utf-8", "surrogateescape")
            raise NotFoundError(f"no layer has {name}", "List what layers store: layerview ls IMAGE --stored")
        self._stored, self._largest = Stored(stack), largest
        self._range = range(node or -1, stack.end(node))  # of bookkeeping without a path the root tells

    def text(self) -> Iterator[str]:
        """Lines for people, with a heading; of what is hidden they tell from which layer on, and why."""
        heading = " stored  layer  hidden by  why            path"
        for number in self._numbers():
            if heading:
                yield heading
                heading = ""
            stored = self._stored
            hidden, reason = stored.hidden_by(number), stored.reason(number)
            bytes_, path = size(stored.size(number)), escape(self._path(number))
            yield f"{bytes_:>7}  {stored.layer(number):>5}  {hidden or '':>9}  {reason or ''!s:<13}  {path}"

    def json(self) -> Iterator[str]:
        """One JSON object a line."""
        stored = self._stored
        for number in self._numbers():
            path = {"path": None} if stored.node(number) < 0 else named("path", self._path(number))
            reason = stored.reason(number)
            yield dumps(
                {
                    **path,
                    "size": stored.size(number),
                    "layer": stored.layer(number),
                    "hidden_by": stored.hidden_by(number) or None,
                    "reason": None if reason is None else str(reason),
                }
            )

    def _path(self, number: int) -> bytes:
        node = self._stored.node(number)
        return BOOKKEEPING if node < 0 else self._stored.stack.path(node)

    def _numbers(self) -> Iterator[int]:
        stored, wanted = self._stored, self._range
        if self._largest is not None:
            numbers = chain.from_iterable(stored.largest(None))
            return islice((number for number in numbers if stored.node(number) in wanted), self._largest)
        those = (number for number in range(len(stored)) if stored.size(number) and stored.node(number) in wanted)
        return iter(sorted(those, key=lambda number: (stored.node(number), stored.layer(number))))
