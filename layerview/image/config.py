"""An image's config: how its containers run, and how it was made."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from layerview.image.digest import Digest
from layerview.image.dockerfile import Lines
from layerview.image.instruction import instruction
from layerview.image.parsing import Words, convert, convert_leniently, decode, words
from layerview.image.platform import Platform


class HistoryEntry(msgspec.Struct, frozen=True):
    """One step of the build, as the builder recorded it."""

    created: str = ""
    """RFC 3339, as recorded; empty where nothing is."""
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False
    """Whether the step made no layer."""
    lines: Lines | None = None
    """The lines of the Dockerfile that it comes from, where they are known: no builder records them."""

    @property
    def instruction(self) -> str:
        """The step as the author of the Dockerfile wrote it; empty where it is not recorded."""
        return instruction(self.created_by)


class Healthcheck(msgspec.Struct, frozen=True, rename="pascal"):
    """How an engine tests that a container works. Times are nanoseconds, 0 for the engine's own."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0

    def __str__(self) -> str:
        """As a Dockerfile says it, after HEALTHCHECK."""
        times = (
            ("interval", self.interval),
            ("timeout", self.timeout),
            ("start-period", self.start_period),
            ("start-interval", self.start_interval),
        )
        options = [f"--{name}={time / 1_000_000_000:g}s" for name, time in times if time]
        if self.retries:
            options.append(f"--retries={self.retries}")
        kind, *words = self.test or ("",)
        command = {"NONE": "NONE", "": "inherited"}.get(kind, f"CMD {' '.join(words)}")
        return " ".join((*options, command))


class Config(msgspec.Struct, frozen=True):
    """What an image's config says, read leniently: what is not there, or makes no sense, is empty."""

    platform: Platform = Platform()
    created: str = ""
    """RFC 3339, as recorded; empty where nothing is."""
    author: str = ""
    diff_ids: tuple[str, ...] = ()
    """Digests of the layers' uncompressed tars, the lowest first."""
    history: tuple[HistoryEntry, ...] = ()
    user: str = ""
    exposed_ports: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()
    """What runs commands that are one string; empty for the engine's own."""
    volumes: tuple[str, ...] = ()
    working_dir: str = ""
    labels: dict[str, str] = {}
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    on_build: tuple[str, ...] = ()
    """Instructions for builds that start from the image."""
    odd: tuple[str, ...] = ()
    """What it is read without, for people."""


_WHAT = "The image's config"


def parse_config(data: bytes) -> Config:
    """Read the JSON of an image's config. Raises DamagedError."""
    return config_of(decode(data, _WHAT))


def config_of(value: object) -> Config:
    """The config that decoded JSON of the same form holds.

    What tells of the layers must be as it should; anything else that is not is left out. Raises DamagedError.
    """
    layers = convert(value, _Layers, _WHAT).rootfs.diff_ids
    file, odd = convert_leniently(value, _File, _WHAT)
    execution = file.config
    return Config(
        platform=Platform(file.os, file.architecture, file.variant, file.os_version),
        created=time_of(file.created),
        author=file.author,
        diff_ids=layers,
        history=_history(file.history, len(layers)),
        user=execution.user,
        exposed_ports=tuple(execution.exposed_ports),
        env=words(execution.env),
        entrypoint=words(execution.entrypoint),
        cmd=words(execution.cmd),
        shell=words(execution.shell),
        volumes=tuple(execution.volumes),
        working_dir=execution.working_dir,
        labels=execution.labels,
        stop_signal=execution.stop_signal,
        healthcheck=execution.healthcheck,
        on_build=words(execution.on_build),
        odd=odd,
    )


class _Execution(msgspec.Struct, rename="pascal"):
    """The member ``config``: names in the spelling of Go, sets as objects whose members are empty."""

    user: str = ""
    exposed_ports: dict[str, object] = {}
    env: Words = ()
    entrypoint: Words = ()
    cmd: Words = ()
    shell: Words = ()
    volumes: dict[str, object] = {}
    working_dir: str = ""
    labels: dict[str, str] = {}
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    on_build: Words = ()


class _RootFs(msgspec.Struct):
    diff_ids: tuple[Digest, ...] = ()


class _Layers(msgspec.Struct):
    """The one member that the tree depends on."""

    rootfs: _RootFs = msgspec.field(default_factory=_RootFs)


class _Step(msgspec.Struct):
    created: str = ""
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False


class _File(msgspec.Struct, rename={"os_version": "os.version"}):
    """The config as it is written, but for its layers."""

    os: str = ""
    architecture: str = ""
    variant: str = ""
    os_version: str = ""
    created: str = ""
    author: str = ""
    config: _Execution = msgspec.field(default_factory=_Execution)
    history: tuple[_Step | None, ...] = ()


def _history(steps: Sequence[_Step | None], layers: int) -> tuple[HistoryEntry, ...]:
    """The steps. For null, Docker has one that made a layer, and takes no more of these than there are layers."""
    told = [step for step in steps if step is not None]
    if sum(not step.empty_layer for step in told) < layers:
        told = [step or _Step() for step in steps]
    return tuple(HistoryEntry(**{**msgspec.structs.asdict(step), "created": time_of(step.created)}) for step in told)


def time_of(recorded: str) -> str:
    """A time as it is recorded; empty for the year 1, which is how Go writes that there is none."""
    return "" if recorded.startswith("0001-") else recorded
