"""The input in which a line of text is typed."""

from __future__ import annotations

import asyncio

from textual.widgets import Input


class LineInput(Input):
    """An input that keeps still, and can be waited for."""

    def __init__(self, placeholder: str, id: str) -> None:
        super().__init__(placeholder=placeholder, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False  # nothing moves unless a key was pressed

    async def typed(self) -> str:
        """The text, with all that was typed before the key that asks for it.

        A key that is bound takes effect at once, while letters before it are still on their way here.
        """
        taken = asyncio.Event()
        self.call_later(taken.set)
        await taken.wait()
        return self.value
