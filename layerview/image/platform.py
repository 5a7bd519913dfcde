"""Platforms: which system and processor an image is for."""

from __future__ import annotations

import platform as machine
import re

import msgspec

from layerview.errors import UsageError

_ARCHITECTURES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv8l": ("arm", "v8"),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
    "i386": ("386", ""),
    "i686": ("386", ""),
}
"""Other names of architectures, as containerd takes them, and as kernels give them."""

_PART = re.compile(r"[A-Za-z0-9_.-]+")
_LEVEL = re.compile(r"v(\d{1,4})(?:\.(\d{1,2}))?", re.ASCII)
_PLAIN = {"amd64": 100, "arm64": 800}
"""What no variant stands for."""
_EXACT = 1 << 30


class Platform(msgspec.Struct, frozen=True):
    """Operating system, architecture and, for some, its variant."""

    os: str = ""
    architecture: str = ""
    variant: str = ""
    os_version: str = msgspec.field(default="", name="os.version")

    def __str__(self) -> str:
        return "/".join(part for part in (self.os or "unknown", self.architecture or "unknown", self.variant) if part)

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read ``linux/arm64/v8``, ``linux/amd64`` or just ``arm64``. Raises UsageError."""
        parts = text.split("/")
        if len(parts) > 3 or not all(map(_PART.fullmatch, parts)):
            raise UsageError(f"{text!r} is no platform", "Write it as OS/ARCHITECTURE[/VARIANT], such as linux/arm64.")
        os, architecture, variant = ("linux", *parts, "")[:3] if len(parts) == 1 else (*parts, "")[:3]
        return cls(os, architecture, variant).normalised

    @classmethod
    def host(cls) -> Platform:
        """What an engine on this machine runs: on macOS, too, that is Linux, in a virtual machine."""
        return cls("windows" if machine.system() == "Windows" else "linux", machine.machine()).normalised

    @property
    def normalised(self) -> Platform:
        """The same, spelt as image manifests spell it."""
        os, architecture, variant = self.os.lower(), self.architecture.lower(), self.variant.lower()
        other = _ARCHITECTURES.get(architecture)
        if other:
            architecture, variant = other[0], variant or other[1]
        if architecture == "arm":
            variant = f"v{variant}" if variant.isdigit() else variant or "v7"
        elif (architecture, variant) in (("arm64", "v8"), ("arm64", "8"), ("amd64", "v1")):
            variant = ""
        return Platform(os, architecture, variant, self.os_version)

    def fit(self, wanted: Platform) -> int:
        """How well an image for this platform serves ``wanted``: 0 for not at all, and more for better (statement 49).

        A processor runs what is made for a lower variant. Where no variant is wanted, the plain one serves best; where
        nothing tells an image's, it may be any.
        """
        own, wanted = self.normalised, wanted.normalised
        if (own.os, own.architecture) != (wanted.os, wanted.architecture):
            return 0
        above = wanted._level - own._level
        if own.variant == wanted.variant or (wanted.variant and own._level and above > 0):
            is_plain = self.variant == own.variant  # of two spellings of one platform
            return _EXACT - 2 * above + is_plain
        return 1 if not (wanted.variant and self.variant) else 0

    def suits(self, wanted: Platform) -> bool:
        """Whether an image for this platform serves ``wanted``."""
        return self.fit(wanted) > 0

    def told_by(self, listed: Platform | None) -> Platform:
        """This one of a config, but as an index tells it, where that does: that holds for engines (statement 49)."""
        if listed is None or not (listed.os and listed.architecture):
            return self
        is_same = (self.os, self.architecture) == (listed.os, listed.architecture)
        return msgspec.structs.replace(listed, os_version=listed.os_version or (self.os_version if is_same else ""))

    @property
    def _level(self) -> int:
        """Where the variant stands among those of its architecture; 0 where they have no order."""
        found = _LEVEL.fullmatch(self.variant)
        return int(found[1]) * 100 + int(found[2] or 0) if found else _PLAIN.get(self.architecture, 0)
