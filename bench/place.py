"""Where images, programs and results are kept: outside the repository, until someone removes them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs


def kept(name: str) -> Path:
    """A path in the folder that BENCH_FOLDER names, else in the user's cache folder."""
    folder = Path(os.environ.get("BENCH_FOLDER") or platformdirs.user_cache_path("layerview-bench", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def once(path: Path, make: Callable[[Path], None]) -> Path:
    """The path, made if it is not there; it appears whole or not at all."""
    if not path.exists():
        partial = path.with_name(f"{path.name}.partial")
        if partial.is_dir():
            shutil.rmtree(partial)
        partial.unlink(missing_ok=True)
        print(f"making {path}", flush=True)
        make(partial)
        partial.rename(path)
    return path
