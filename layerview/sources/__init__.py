"""Where images live: one file for each kind of place, all behind one protocol."""

from layerview.sources.opening import is_piped, open_source
from layerview.sources.protocol import (
    Alternative,
    Contents,
    Found,
    Job,
    Notice,
    Progress,
    Reading,
    Several,
    Source,
    alternatives_of,
    notices_of,
)

__all__ = [
    "Alternative",
    "Contents",
    "Found",
    "Job",
    "Notice",
    "Progress",
    "Reading",
    "Several",
    "Source",
    "alternatives_of",
    "is_piped",
    "notices_of",
    "open_source",
]
