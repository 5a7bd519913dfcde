"""Where images live: one file for each kind of place, all behind one protocol."""

from layerview.sources.alternatives import Alternative, Several, alternatives_of
from layerview.sources.opening import is_piped, open_source
from layerview.sources.protocol import Contents, Found, Job, Notice, Progress, Source

__all__ = [
    "Alternative",
    "Contents",
    "Found",
    "Job",
    "Notice",
    "Progress",
    "Several",
    "Source",
    "alternatives_of",
    "is_piped",
    "open_source",
]
