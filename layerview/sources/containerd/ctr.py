"""What ``ctr`` tells: containerd has no other interface that needs no library."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from layerview.errors import ServiceError

_SOCKETS = ("/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock")
"""Of containerd by itself, and of the one in k3s."""

_DEFAULT = "default"

_PATIENCE = 60
"""Seconds until a containerd that does not answer is given up."""

_LINE = re.compile(
    r"(?P<name>\S+)\s+(?P<type>\S+)\s+(?P<digest>\S+:[0-9a-f]+)\s+"
    r"(?:(?P<size>[0-9.]+ [KMGTPE]?i?B)\s+(?P<platforms>\S+))?"
)
_CONTENT = re.compile(r"^\s*root\s+(/.*\S)\s*$", re.MULTILINE)


def containerd_is_here() -> bool:
    """Whether there is a containerd that this program may ask."""
    return shutil.which("ctr") is not None and os.access(_address(), os.W_OK)


class CtrImage(msgspec.Struct, frozen=True):
    """An image as containerd's command lists it."""

    namespace: str
    name: str
    type: str
    digest: str
    size: str | None
    """Of its blobs, as it is printed."""
    platforms: str | None
    """Separated by commas."""


def namespaces() -> Sequence[str]:
    """Those to look in, in this order."""
    if named := os.environ.get("CONTAINERD_NAMESPACE"):
        return (named,)
    there = asked("namespaces", "ls", "--quiet").split()
    return (*(each for each in there if each == _DEFAULT), *(each for each in there if each != _DEFAULT)) or (_DEFAULT,)


def listed(namespace: str) -> Iterator[CtrImage]:
    """The images of a namespace. Raises ServiceError."""
    for line in asked("images", "ls", namespace=namespace).splitlines():
        if found := _LINE.match(line):
            yield CtrImage(namespace, **found.groupdict())


def content_root() -> Path | None:
    """The folder of the content store, if containerd tells; that this program may read it is another matter."""
    found = _CONTENT.search(asked("plugins", "ls", "--detailed", "id==content"))
    return Path(found[1]) if found else None


def asked(*words: str, namespace: str = _DEFAULT) -> str:
    """What ``ctr`` answers. Raises ServiceError."""
    address = _address()
    if not Path(address).exists():
        raise ServiceError(
            f"No containerd is running at {address}", "Start it, or name one by CONTAINERD_ADDRESS; it may need sudo."
        )
    if not os.access(address, os.W_OK):
        raise ServiceError(f"No permission to use the containerd at {address}", "Use sudo.")
    try:
        done = subprocess.run(
            ctr_in(namespace, *words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise ServiceError("containerd cannot be asked without ctr", "Install it; it comes with containerd.") from error
    except subprocess.TimeoutExpired as error:
        raise ServiceError(f"containerd at {address} does not answer", "Is it busy?") from error
    except OSError as error:
        raise ServiceError(f"ctr cannot be run: {error.strerror}", "See that ctr version works.") from error
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise ServiceError(
            f"containerd at {address} cannot be used: {said[-1].removeprefix('ctr: ') if said else done.returncode}",
            "See that ctr version works; CONTAINERD_ADDRESS names another one.",
        )
    return done.stdout


def ctr_in(namespace: str, *words: str) -> tuple[str, ...]:
    """What runs ``ctr`` in a namespace."""
    return ("ctr", "--address", _address(), "--namespace", namespace, *words)


def _address() -> str:
    # ctr takes an address with and without the scheme.
    named = os.environ.get("CONTAINERD_ADDRESS", "").removeprefix("unix://")
    return named or next(filter(os.path.exists, _SOCKETS), _SOCKETS[0])


def check_containerd() -> None:
    """Raises ServiceError where no containerd answers."""
    asked("version")


def ctr_at_first(*words: str) -> tuple[str, ...]:
    """A command of ``ctr`` in the namespace in which images are looked for first. Raises ServiceError."""
    return ctr_in(namespaces()[0], *words)


def size_in_bytes(printed: str) -> int:
    """A size as ``ctr`` prints it: 579.0 B, 204.9 KiB; 0 for nothing."""
    number, unit = re.match(r"([\d.]+) ?([KMGTPE]?)", printed or "0").groups()  # type: ignore[union-attr]
    factor: int = 1024 ** " KMGTPE".index(unit or " ")
    return round(float(number) * factor)
