"""Builders of images: which is there, and running it as if it had been called by itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import msgspec

from layerview.errors import ServiceError, UsageError

_PATIENCE = 20
"""Seconds until a program that was asked for its version is given up."""
_PASSED_ON = ("SIGTERM", "SIGHUP")
"""Signals that come to this program alone; Ctrl+C comes to all programs that the terminal shows."""
_INSTALL = "Install Docker, Podman or Buildah, or start the engine; --source docker or --source podman chooses."


class Builder(msgspec.Struct, frozen=True):
    """A program that builds images."""

    command: tuple[str, ...]
    engine: str
    """The scheme by which its images are opened."""

    @property
    def has_to_be_told_to_load(self) -> bool:
        """Whether an image may stay with the builder, out of the engine's reach."""
        return "buildx" in self.command

    @property
    def dockerfiles(self) -> Sequence[str]:
        """What a Dockerfile is called, the likeliest first."""
        return ("Dockerfile", "dockerfile") if self.engine == "docker" else ("Containerfile", "Dockerfile")

    def run(self, arguments: Sequence[str]) -> int:
        """Build, on this program's own streams; the exit status, as a shell has it.

        Raises ServiceError, and KeyboardInterrupt after Ctrl+C, which the builder has had time to heed.
        """
        try:
            with _heeding_signals() as heed, subprocess.Popen((*self.command, *arguments)) as process:
                heed.process = process
                status = process.wait()
        except OSError as error:
            raise ServiceError(f"{self.command[0]} cannot be run: {error.strerror}", _INSTALL) from error
        if heed.interrupted:
            raise KeyboardInterrupt
        return status if status >= 0 else 128 - status


def choose_builder(source: str | None) -> Builder:
    """The builder that ``source`` means, ``docker`` or ``podman``; the first that can be used, unless told.

    Raises ServiceError where none can, which says why, and UsageError for another source.
    """
    if source not in (None, "docker", "podman"):
        raise UsageError(f"{source} builds no images", "Build with --source docker or --source podman.")
    lacks = []
    if source != "podman":
        found = _docker()
        if isinstance(found, Builder):
            return found
        lacks.append(found)
    if source != "docker":
        for program in ("podman", "buildah"):
            if shutil.which(program):
                return Builder((program, "build"), "podman")
            lacks.append(f"{program} is not installed")
    raise ServiceError(f"There is nothing to build with: {', '.join(lacks)}", _INSTALL)


def _docker() -> Builder | str:
    """Docker with BuildKit where it has that and it is not declined, or else as it is; or why it cannot be used."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    if "podman" in _told("docker", "--version").lower():
        return "docker is another name of podman"
    if not _told("docker", "version", "--format", "{{.Server.Version}}"):
        return "docker has no engine that answers"
    if os.environ.get("DOCKER_BUILDKIT") != "0" and _told("docker", "buildx", "version"):
        return Builder(("docker", "buildx", "build"), "docker")
    return Builder(("docker", "build"), "docker")


def _told(*command: str) -> str:
    """What a program says; nothing where it fails."""
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=_PATIENCE
        ).stdout.strip()
    return ""


class _Heed(msgspec.Struct):
    process: subprocess.Popen[bytes] | None = None
    interrupted: bool = False

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = True

    def pass_on(self, number: int, frame: FrameType | None) -> None:
        if self.process is not None:
            self.process.send_signal(number)


@contextmanager
def _heeding_signals() -> Iterator[_Heed]:
    """While another program runs in the foreground, signals are its own."""
    heed = _Heed()
    handlers = {"SIGINT": heed.interrupt, **dict.fromkeys(_PASSED_ON, heed.pass_on)}
    before: dict[int, Any] = {}
    for name, handler in handlers.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handler)
    try:
        yield heed
    finally:
        for number, known in before.items():
            signal.signal(number, known)
