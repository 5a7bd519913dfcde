"""One image being explored: its source, its layers as they arrive, and the merged tree that grows with them."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress

from layerview.errors import AmbiguousError, LayerviewError, unexpected
from layerview.exploration.events import Aborted, Described, Finished, Listener, Noticed
from layerview.exploration.facts import Amend, Facts
from layerview.exploration.run import Run
from layerview.exploration.tasks import IndexTask
from layerview.layers import MAX_SIZE, Cache
from layerview.sources import Alternative, Job, Several, Source, alternatives_of, notices_of
from layerview.workers import Workers

SMALL = 4_000_000
"""The cost of all jobs up to which a command works without further processes: some 4,000 entries of files."""

_MOST_WORKERS = 8


class Exploration(Facts):
    """One image being explored, and what is known of it so far.

    ``run`` explores to the end and then answers; ``start`` explores beside whoever calls it and
    tells what happens as events.
    """

    def __init__(
        self,
        source: Source,
        cache: Cache | None = None,
        max_size: int = MAX_SIZE,
        alternatives: Sequence[Alternative] = (),
        amend: Amend | None = None,
    ) -> None:
        """``max_size`` are the bytes that one compressed layer or archive may unpack to.

        ``alternatives`` are the images of the same place where they are known; else a screen's exploration asks for them.
        ``amend`` adds to the image what is known from elsewhere.
        """
        super().__init__(source, cache, alternatives, amend)
        self._max_size = max_size
        self._workers: Workers | None = None

    def run(self) -> None:
        """Explore to the end. Raises LayerviewError where nothing can be shown at all."""
        try:
            self._explore()
        finally:
            self.close()

    def start(self, listen: Listener) -> None:
        """Explore in the background; ``listen`` is called from another thread."""
        self.listen = listen
        self._workers = Workers(worker_count(), yielding=True)  # before another thread, so that they can be forked
        threading.Thread(target=self._explore_aloud, name="exploration", daemon=True).start()

    def close(self) -> None:
        """End all work at once. What is known stays."""
        self.closed.set()
        if self._workers is not None:
            self._workers.close()
        self.source.close()

    def _explore_aloud(self) -> None:
        try:
            self._explore()
        except AmbiguousError as error:
            if not self.alternatives:
                self._look_around()
            self.take(Aborted(error))
        except LayerviewError as error:
            self.take(Aborted(error))
        except Exception as error:  # noqa: BLE001 (a thread that dies in silence leaves the screen waiting)
            self.take(Aborted(unexpected(error)))
        else:
            self.take(Finished())

    def _look_around(self) -> None:
        """Find out what else there is to explore in the same place."""
        with suppress(LayerviewError):  # the image that is asked for does not need it
            alternatives = self.alternatives or alternatives_of(self.source)
            if len(alternatives) > 1:
                self.take(Several(alternatives))

    def _explore(self) -> None:
        tasks = self.prepare()
        if tasks is None:
            if self._workers is not None:
                self._look_around()
        elif self._workers is not None:
            self._explore_beside(tasks, self._workers, early=True)
        elif len(tasks) > 1 and sum(task.job.cost for task in tasks) > SMALL:
            self._workers = Workers(min(worker_count(), len(tasks)))
            self._explore_beside(tasks, self._workers, early=False)
        else:
            self._explore_here(tasks)

    def prepare(self) -> list[IndexTask] | None:
        """Find out what the image is, and take what is known of it; what is left to index, or None where all is there."""
        image = self.source.describe()
        if image is not None:
            self.take(Described(image))
            if notices := notices_of(self.source):
                self.take(Noticed(notices))
            if self.recall(image):
                return None
        of = len(image.layers) if image is not None and self._workers is not None else 0
        return [
            IndexTask(job, self.cache, self.keys, self._max_size, of)
            for job in sorted(self.source.jobs(), key=_urgency)
            if not self.has(job)
        ]

    def _explore_here(self, tasks: Sequence[IndexTask]) -> None:
        """Index and merge in this process."""
        fault = None
        for task in tasks:
            try:
                task.run(self.take)
            except LayerviewError as error:
                fault = error
        self.give_up(fault)
        self.merge_task().run(self.take)

    def _explore_beside(self, tasks: Sequence[IndexTask], workers: Workers, early: bool) -> None:
        """Index and merge in other processes; what layers are there already, too, if trees are wanted ``early``."""
        if self.closed.is_set():
            workers.close()
        run = Run(self, tasks, workers, early)
        run.begin(tasks)
        if early:  # there is a screen, and someone who may choose
            self._look_around()
        while not self.closed.is_set() and run.goes_on():
            run.take(*workers.receive())


def worker_count() -> int:
    """As many processes as there are processors, and no more than pays: most images have one or two large layers."""
    return min(os.cpu_count() or 1, _MOST_WORKERS)


def _urgency(job: Job) -> tuple[bool, int]:
    """The lowest layer comes first, as it is what the screen shows first; then the largest, so that none is left over."""
    return 1 not in job.layers, -job.cost
