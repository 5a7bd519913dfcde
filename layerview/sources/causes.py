"""What an exception came from."""

from __future__ import annotations

from collections.abc import Iterator


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that it came from, the innermost last: libraries wrap them in several ways."""
    todo: list[object] = [error]
    seen: set[int] = set()
    while todo:
        found = todo.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            todo += [found.__context__, found.__cause__, getattr(found, "reason", None), *found.args]
