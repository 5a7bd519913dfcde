"""The images that are measured on: real ones, built by Docker, and generated ones of any size."""

from bench.images.built import REAL, SMALL, ensure_in_engine, real_archive, small_archive
from bench.images.generated import HUGE, generated_archive, huge_archive

__all__ = [
    "HUGE",
    "REAL",
    "SMALL",
    "ensure_in_engine",
    "generated_archive",
    "huge_archive",
    "real_archive",
    "small_archive",
]
