"""Images pulled by containerd: ``ctr`` fetches them into its content store, and prints how far it is."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import msgspec

from layerview.errors import ServiceError
from layerview.image import Platform, Reference
from layerview.sources.containerd.ctr import check_containerd, ctr_at_first, size_in_bytes
from layerview.sources.pulling import LayerPull, PullProgress, Stop, refusal
from layerview.sources.registry.login import find_login

_LAYER = re.compile(
    r"layer(?:-sha256:| \()(?P<id>[0-9a-f]{12})[0-9a-f]*\)?:?\s+(?P<state>[a-z]+)\s*\|.*?\|"
    r"(?:\s*(?P<done>\d+(?:\.\d+)? ?[KMGT]?i?B?)/(?P<size>\d+(?:\.\d+)? ?[KMGT]?i?B))?"
)
"""A layer in what ``ctr`` prints, of version 1 and, with the transfer service, of version 2."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_MOST_COMPLAINTS = 10_000
_COMPLETE = frozenset(("done", "exists", "complete"))


class ContainerdPuller(msgspec.Struct, frozen=True):
    """Has ``ctr`` pull into the namespace that CONTAINERD_NAMESPACE names, else into the first one that is looked in."""

    reference: Reference
    platform: Platform | None = None
    engine: str = "containerd"
    the: str = "containerd"

    def check(self) -> None:
        """Raises ServiceError where containerd does not answer."""
        check_containerd()

    def pull(self, progress: PullProgress, stop: Stop) -> None:
        """Ends when containerd has the image. Raises LayerviewError."""
        login, complaints = find_login(self.reference.domain, self.reference.path)
        user = ("--user", login.user) if login is not None and login.user else ()
        platform = ("--platform", str(self.platform)) if self.platform is not None else ()
        # A tag beside a digest is an error to ctr.
        command = ctr_at_first("images", "pull", *user, *platform, self.reference.looked_up)
        secret = login.password if login is not None and user else ""
        with _terminal(secret) as keys, tempfile.TemporaryFile() as complaining:
            try:
                process = subprocess.Popen(
                    command, stdin=keys, stdout=subprocess.PIPE, stderr=complaining, process_group=0
                )
            except OSError as error:
                raise ServiceError(f"ctr cannot be run: {error.strerror}", "See that ctr version works.") from error
            with process, stop.by(process.terminate):
                try:
                    assert process.stdout is not None
                    _follow(process.stdout, progress)
                finally:
                    process.terminate()
            if process.returncode:
                complaining.seek(0)
                raise refusal(self.the, self.reference, _last_line(complaining.read(_MOST_COMPLAINTS)), complaints)


@contextmanager
def _terminal(secret: str) -> Iterator[int]:
    """What ``ctr`` reads a password from: a terminal, as the processes of others can be seen, their arguments included."""
    if not secret:
        yield subprocess.DEVNULL
        return
    ours, theirs = os.openpty()
    try:
        os.write(ours, f"{secret}\n".encode())
        yield theirs
    finally:
        os.close(ours)
        os.close(theirs)


def _follow(printed: IO[bytes], progress: PullProgress) -> None:
    """Tell of the layers, of which ``ctr`` prints all again and again."""
    known: dict[str, LayerPull] = {}
    for line in printed:
        if found := _LAYER.search(_COLOUR.sub("", line.decode(errors="replace"))):
            layer = _next(known.get(found["id"]), found)
            if layer != known.get(layer.id):
                known[layer.id] = layer
                progress(layer)


def _next(before: LayerPull | None, found: re.Match[str]) -> LayerPull:
    """What is known of a layer by now; of one that is done, or being written, ``ctr`` tells no bytes."""
    before = before or LayerPull(found["id"], "")
    complete = found["state"] in _COMPLETE
    size = size_in_bytes(found["size"] or "") or before.size
    done = size if complete else max(size_in_bytes(found["done"] or ""), before.fetched)
    return LayerPull(found["id"], found["state"], done, done, size, complete)


def _last_line(said: bytes) -> str:
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("ctr: ") if lines else "it does not say why"
