"""Where images live: one file for each kind of place, all behind one protocol."""

from layerview.sources.opening import open_source
from layerview.sources.protocol import Contents, Found, Job, Progress, Source

__all__ = ["Contents", "Found", "Job", "Progress", "Source", "open_source"]
