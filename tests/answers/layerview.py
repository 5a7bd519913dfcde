"""layerview, asked by its commands."""

from __future__ import annotations

import json
import stat
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

from layerview import cli
from tests.answers.asked import RefusedError, Shown

_KINDS = {
    "directory": stat.S_IFDIR,
    "symlink": stat.S_IFLNK,
    "char": stat.S_IFCHR,
    "block": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}


@dataclass(frozen=True)
class Layerview:
    """layerview, given an image."""

    image: Path

    def tree(self, layer: int | None = None, *, since_the_first: bool = False) -> dict[str, Shown]:
        rows = self._listed("--layer", layer) | self._listed("--changes", layer) if layer else self._listed()
        return {
            path: Shown(row.get("change", "unmodified"), _attributes(row)) for path, row in rows.items() if path != "."
        }

    def name(self, layer: int) -> bytes:
        (path,) = self._listed("--changes", layer).keys() - {"."}
        return path.encode("utf-8", "surrogateescape")

    def row(self) -> str:
        return self._said("ls").splitlines()[0].split()[-1]

    def wasted(self) -> int:
        return int(self._report["wasted_bytes"])

    def efficiency(self) -> float:
        return float(self._report["efficiency"])

    def _listed(self, *options: object) -> dict[str, dict[str, Any]]:
        lines = self._said("ls", "-r", "--json", *map(str, options)).splitlines()
        return {row["path"]: row for row in map(json.loads, lines)}

    @cached_property
    def _report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._said("report", "-o", "json"))
        return found

    def _said(self, command: str, *options: str) -> str:
        with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
            status = cli.main([command, str(self.image), *options, "--no-cache", "--platform", "linux/amd64"])
        if status:
            said = errors.getvalue().splitlines()[0].removeprefix("layerview: ")
            raise RefusedError(f"refuses: {said.replace(str(self.image), 'FILE')}")
        return output.getvalue()


def _attributes(row: dict[str, Any]) -> str:
    mode = _KINDS.get(row["type"], stat.S_IFREG) | int(row["mode"], 8)
    return f"{stat.filemode(mode)} {row['uid']}:{row['gid']}"
