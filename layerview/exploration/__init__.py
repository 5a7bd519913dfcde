"""An image being explored, or two: its source, its layers as they arrive, and the merged tree that grows with them.

What the command line, the reports and the screen are handed, and where all concurrency is decided:
for a screen, layers are indexed and merged in worker processes, because a loop in this one would
hold up every key; a command without one has layers indexed there, several at a time, unless the image
is so small that handing it over would take longer. ``pair`` compares two images, and is imported by who wants that.
"""

from layerview.exploration.events import (
    Aborted,
    Begun,
    Described,
    ExplorationEvent,
    Finished,
    LayerFailed,
    Listener,
    Noticed,
    Progressed,
    Restacked,
)
from layerview.exploration.exploring import Exploration
from layerview.exploration.facts import Amend, Facts

__all__ = [
    "Aborted",
    "Amend",
    "Begun",
    "Described",
    "Exploration",
    "ExplorationEvent",
    "Facts",
    "Finished",
    "LayerFailed",
    "Listener",
    "Noticed",
    "Progressed",
    "Restacked",
]
