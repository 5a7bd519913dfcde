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

    def suits(self, wanted: Platform) -> bool:
        """Whether an image for this platform is one for ``wanted``, whose variant matters only where it is named."""
        own, wanted = self.normalised, wanted.normalised
        return (own.os, own.architecture) == (wanted.os, wanted.architecture) and (
            own.variant == wanted.variant or not wanted.variant
        )

    def may_suit(self, wanted: Platform) -> bool:
        """As :func:`suits`, of the platform that a config has, whose variant many leave out."""
        return self.suits(wanted if self.variant else msgspec.structs.replace(wanted, variant=""))

    def completed_by(self, listed: Platform | None) -> Platform:
        """This one of a config, with the variant that an index tells where it has none itself."""
        if listed is None or not self.may_suit(listed):
            return self
        return msgspec.structs.replace(self, variant=self.variant or listed.variant)
