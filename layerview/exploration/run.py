"""The work on an image as worker processes do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from time import monotonic

from msgspec.structs import replace

from layerview.errors import LayerviewError
from layerview.exploration.checksums import shared_size
from layerview.exploration.events import Progressed
from layerview.exploration.facts import Facts
from layerview.exploration.tasks import BeginTask, ChecksumTask, Expected, IndexTask, MergeTask
from layerview.filesystem import ABSENT
from layerview.layers import LayerIndex
from layerview.sources import Job
from layerview.workers import Done, Task, Workers

_FEW = 5_000
"""Entries that are not worth a tree before the others are there: all of such an image is merged in 50 ms."""
_LITTLE = 4_000_000
"""The cost of what is left that is done before anyone misses it. Where there is more, the lowest layer is shown, however small."""
_FIRST = 10_000
"""Entries of a lowest layer that are shown before a tree of all that is known: that tree takes as long as reading the image would
until as many are there."""
_PAUSE = 1.0
"""Seconds between two trees while layers are indexed: one that comes sooner shows little, and keeps the last waiting."""
_WORTH = 40e-6
"""Seconds an entry that a tree must come before the last one: eight times what merging takes, as what shows for a moment is
no use."""


class Run:
    """What workers do for one image: they index what is left, and merge what is indexed."""

    def __init__(self, facts: Facts, tasks: Sequence[IndexTask], workers: Workers, early: bool) -> None:
        """``tasks`` are all that are left. Trees are wanted ``early`` where there is a screen to show them."""
        self._facts = facts
        self._workers = workers
        self._early = early
        self._left = list(tasks)
        self._pace = _Pace(tasks)
        self._fault: LayerviewError | None = None
        self._merging: MergeTask | None = None
        """One at a time, as it takes memory."""
        self._helping: ChecksumTask | None = None
        """What reads contents for it, if a process is free. Nobody waits for that."""
        self._beginning: BeginTask | None = None
        self._merged = ABSENT
        """How many layers the last tree has."""
        self._due = 0.0
        """When the next one is wanted before all layers are there."""
        if not tasks:
            facts.give_up(None)

    @property
    def indexing(self) -> bool:
        return bool(self._left)

    def begin(self, tasks: Iterable[IndexTask]) -> None:
        lowest = self._facts.indexes.get(1)
        if lowest is not None:  # what is shown first is known, and is not to wait until a process is free
            self._begin_with(lowest)
            self._merge_if_wanted()
        for task in tasks:
            self._workers.submit(task)

    def _begin_with(self, lowest: LayerIndex) -> None:
        if self._early and self._facts.image and len(lowest.kind) > 2 * _FIRST:
            self._beginning = BeginTask(lowest, len(self._facts.image.layers), _FIRST)
            self._workers.submit(self._beginning)

    def goes_on(self) -> bool:
        """Have a tree made where one is wanted; whether there is anything to wait for."""
        self._merge_if_wanted()
        return bool(self._left or self._merging)

    def _merge_if_wanted(self) -> None:
        facts = self._facts
        wanted = not self._left or (self._early and monotonic() >= self._due and self._pays())
        if wanted and not self._merging and self._merged != len(facts.indexes):
            self._merging, self._merged = self._merge_task(), len(facts.indexes)
            self._due = monotonic() + _PAUSE
            self._workers.submit(self._merging, first=True)

    def _merge_task(self) -> MergeTask:
        """What merges the layers that are there; helped, where a process would be idle meanwhile."""
        task = self._facts.merge_task()
        size = shared_size(task.indexes, task.contents)
        if size and not self._left and self._workers.idle > 1:
            task = replace(task, shared=self._workers.shared_file(size))
        stack = self._facts.stack
        shown = task.indexes.keys() - stack.missing if stack else ()
        return replace(task, least=max(shown, default=0)) if self._early else task

    def _pays(self) -> bool:
        """Whether a tree would be twice as large as it is, so that all together cost two, and is there long before all."""
        facts = self._facts
        entries = sum(len(index.kind) for index in facts.indexes.values())
        merged = len(facts.stack.columns.event_node) if facts.stack is not None else 0
        shows_first = facts.stack is None and 1 in facts.indexes and self._pace.left(self._left) > _LITTLE
        if facts.image is None or entries < max(2 * merged, 0 if shows_first else _FEW):
            return False
        return entries * _WORTH < self._pace.seconds_left(self._left)

    def owns(self, task: Task) -> bool:
        ours = (self._merging, self._helping, self._beginning, *self._left)
        return any(task is each for each in ours)

    def take(self, task: Task, message: object) -> None:
        """Take what a task of this run has found, or its end."""
        if isinstance(message, Progressed):
            self._pace.note(message)
        if isinstance(message, Expected):
            self._help(message)
        elif not isinstance(message, Done):
            self._facts.take(message)
        elif task is self._beginning:
            self._beginning = None
        elif task is self._helping:
            self._helping = None
        elif task is self._merging:
            self._merging = None
            if message.error is not None:
                raise message.error
        else:
            self.end(task, message.error)

    def _help(self, expected: Expected) -> None:
        """Have contents read that the merge will ask for, while it is at other things."""
        if self._workers.idle and self._merging is not None:
            self._helping = ChecksumTask(self._merging, expected.rivals)
            self._workers.submit(self._helping)

    def end(self, task: Task, error: LayerviewError | None = None) -> None:
        """A task has ended, or need not begin."""
        self._left = [each for each in self._left if each is not task]
        self._fault = error or self._fault
        if not self._left:
            self._facts.give_up(self._fault)


class _Pace:
    """How fast an image is indexed, by what has been done of it so far."""

    def __init__(self, tasks: Sequence[IndexTask]) -> None:
        self._began = monotonic()
        self._costs = {id(task): task.job.cost for task in tasks}  # asked for once, as an archive is opened for it
        self._parts: dict[int, float] = {}
        """By layer, or 0 for a stream of layers, how much of it has been read, 0 to 1."""

    def note(self, progress: Progressed) -> None:
        if progress.total:
            self._parts[progress.layer] = progress.done / progress.total

    def seconds_left(self, tasks: Sequence[IndexTask]) -> float:
        """Until these of the tasks end; infinite where nothing tells."""
        left = self.left(tasks)
        done = sum(self._costs.values()) - left
        return (monotonic() - self._began) * left / done if done > 0 else inf

    def left(self, tasks: Sequence[IndexTask]) -> float:
        """What of their cost is left."""
        return sum(self._costs[id(task)] * (1 - self._part(task.job)) for task in tasks)

    def _part(self, job: Job) -> float:
        """How much of a job is done: as much as of its layers, or of the stream that they come in."""
        layers = (0,) if 0 in self._parts else job.layers
        return sum(self._parts.get(layer, 0.0) for layer in layers) / len(layers) if layers else 0.0
