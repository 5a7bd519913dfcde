"""Jobs that stand in for another one, and tell more or otherwise what it has found."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from layerview.sources.protocol import Found, Job, Notice, Reading


class StandIn(msgspec.Struct, frozen=True):
    """Gives the layers of another job, for what that costs."""

    job: Job

    @property
    def layers(self) -> tuple[int, ...]:
        return self.job.layers

    @property
    def cost(self) -> int:
        return self.job.cost

    def run(self, reading: Reading) -> Iterator[Found]:
        """What the other one finds; a subclass adds to it."""
        yield from self.job.run(reading)


class Fallback(StandIn, frozen=True):
    """A job that takes longer than the one in whose place it is, and says why."""

    why: str

    def run(self, reading: Reading) -> Iterator[Found]:
        yield Notice(self.why)
        yield from super().run(reading)
