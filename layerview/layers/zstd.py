"""``zstd`` of Python 3.14's standard library, which older ones get as a package. Everything takes it from here."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["zstd"]
