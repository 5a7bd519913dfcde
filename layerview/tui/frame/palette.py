"""Finding a command by its name, the most likely first."""

from __future__ import annotations

from textual.command import DiscoveryHit, Hit, Hits, Provider


class Commands(Provider):
    """The app's commands in the order in which it tells them, where Textual would sort them by their names."""

    async def discover(self) -> Hits:
        for title, help, run, _ in self.app.get_system_commands(self.screen):
            yield DiscoveryHit(title, run, help=help)

    async def search(self, query: str) -> Hits:
        """What matches best comes first; of what matches alike, what is more likely."""
        matcher = self.matcher(query)
        for rank, (title, help, run, _) in enumerate(self.app.get_system_commands(self.screen)):
            if (score := matcher.match(title)) > 0:
                yield Hit(score - rank / 1_000, matcher.highlight(title), run, help=help)
