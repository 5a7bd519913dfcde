"""What is done where a quicker way is not open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from layerview.sources.protocol import Found, Job, Notice, Reading


@dataclass(frozen=True)
class Fallback:
    """A job that takes longer than the one in whose place it is, and says why."""

    job: Job
    why: str

    @property
    def layers(self) -> tuple[int, ...]:
        return self.job.layers

    @property
    def cost(self) -> int:
        return self.job.cost

    def run(self, reading: Reading) -> Iterator[Found]:
        yield Notice(self.why)
        yield from self.job.run(reading)
