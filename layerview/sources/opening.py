"""From what the user wrote to the source that is meant."""

from __future__ import annotations

import re
import stat
from contextlib import suppress
from functools import partial
from pathlib import Path

from layerview.errors import InputError, LayerviewError, NotAnImageError, NotFoundError, UsageError
from layerview.image import Platform, Reference, is_image_id
from layerview.layers import open_decompressed
from layerview.layers.compression import MAGIC_SIZE, sniff
from layerview.layers.tar import BLOCK, is_tar
from layerview.sources.archives.choosing import Wanted
from layerview.sources.archives.members import not_an_image
from layerview.sources.archives.passing import PassingArchive
from layerview.sources.archives.placed import unreadable
from layerview.sources.archives.stored import StoredImage
from layerview.sources.asking import FirstThatHas
from layerview.sources.protocol import Source

ENGINES = ("docker", "podman", "containerd")
REGISTRY = "registry"
ARCHIVES = ("docker-archive", "oci-archive", "oci", "dir")
CONTAINER = "container"
SCHEMES = (*ENGINES, CONTAINER, REGISTRY, *ARCHIVES)
"""Places that can be named, before a colon or by ``--source``."""

STANDARD_INPUT = "-"
"""Stands for an archive that is piped in, in place of a file's name."""

_OTHERS = frozenset(("docker-daemon", "containers-storage"))
"""Schemes that other tools have; they are no names of images."""

_STANDARD_INPUTS = (STANDARD_INPUT, "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
"""The names of files that stand for the same."""

_DESCRIPTORS = (Path("/dev/fd"), Path("/proc/self/fd"))
"""Where shells have the pipes that they make for a command's words."""

_TARS = (".tar", ".tgz", ".tbz", ".tbz2", ".tlz", ".tlz4", ".txz", ".tzst", ".cpio", ".oci", ".layer")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".lz", ".lz4", ".lzma", ".lzo", ".br", ".zip", ".7z", ".rar")
_DISKS = (".iso", ".img", ".qcow2", ".raw", ".sif", ".sqfs", ".squashfs", ".vhd", ".vhdx", ".vmdk")
_ENDINGS = (*_TARS, *_PACKED, *_DISKS, "/")
"""Of names that no image has whom anybody means."""

_TAG_ALONE = re.compile(r"latest|[0-9][0-9.]*")
"""What follows ``registry:`` in the name of an image by which people run registries."""

_ABBREVIATED = 12
"""Digits of an image ID as engines list it; shorter ones may as well be a name."""


def open_source(
    reference: str,
    *,
    source: str | None = None,
    platform: str | None = None,
    records: bool | None = None,
    last_resort: bool = True,
) -> Source:
    """The source of the image that ``reference`` means.

    ``source`` is one of :data:`SCHEMES`, as if ``reference`` began with it. Without either, ``-`` is an archive from
    standard input; a file or a folder with an image in it comes first, then the engines of this machine, and at last a
    registry: a program is often called as the image that it is built into. ``platform`` is as ``linux/arm64``. ``records`` tells
    whether an engine's own records may be read in place of an export; unless told they are where the engine is local.
    ``last_resort`` tells whether a registry may be read at last. Raises LayerviewError; that the engine has no such
    image is found by describing it.
    """
    wanted = Platform.parse(platform) if platform else None
    scheme, rest = place_and_name(reference, source)
    if scheme in ENGINES:
        return _engine(scheme, rest, wanted, records)
    if scheme == REGISTRY:
        return _registry(rest, wanted)
    if scheme == CONTAINER:
        return _container(rest, records)
    if scheme in ARCHIVES:
        if rest.partition(":")[0] == STANDARD_INPUT:
            return PassingArchive.piped(Wanted(rest.partition(":")[2], wanted))
        path, name = _path_and_name(rest)
        return _stored(path, Wanted(name, wanted))
    if scheme:
        raise UsageError(f"{scheme!r} is no place where images are looked for", f"There are {', '.join(SCHEMES)}.")
    if reference == STANDARD_INPUT:
        return PassingArchive.piped(Wanted(platform=wanted))
    path, aside = Path(reference), None
    if _is_path(reference) or (reference and _exists(path) and not (aside := _aside(reference))):
        return _stored(path, Wanted(platform=wanted))
    return _anywhere(reference, wanted, records, last_resort, aside)


def place_and_name(reference: str, source: str | None = None) -> tuple[str, str]:
    """The place that ``source``, or else the beginning of ``reference``, says, empty for none; and the name in it.

    Raises UsageError.
    """
    return _scheme(reference) if source is None else (source, reference)


def is_piped(reference: str, source: str | None = None) -> bool:
    """Whether the image is to come from standard input."""
    scheme, rest = _scheme(reference) if source is None else (source, reference)
    return (rest.partition(":")[0] if scheme in ARCHIVES else reference) in _STANDARD_INPUTS


def _scheme(reference: str) -> tuple[str, str]:
    """The place that a reference begins with, if any, and what follows; dive's ``docker://`` counts as ``docker:``."""
    scheme, colon, rest = reference.partition(":")
    if not colon or _exists(Path(reference)):
        return "", reference
    if scheme == REGISTRY and _TAG_ALONE.fullmatch(rest):
        raise UsageError(
            f"{reference} may mean an image of a registry, or one that is called {scheme}",
            f"That is docker:{reference} or {scheme}:{reference}; the other {scheme}:library/{rest}.",
        )
    if scheme in SCHEMES:
        return scheme, rest.removeprefix("//")
    if scheme in _OTHERS:
        raise UsageError(
            f"Images are not looked for in {scheme}:",
            f"There are {', '.join(SCHEMES)}. An image of that name is docker:{reference}.",
        )
    return "", reference


def _path_and_name(rest: str) -> tuple[Path, str]:
    """``FILE[:NAME[:TAG]]``, the longest FILE that exists."""
    end = len(rest)
    while end > 0:
        path = Path(rest[:end])
        if _exists(path):
            return path, rest[end + 1 :]
        end = rest.rfind(":", 0, end)
    raise _no_such_file(rest)


def _stored(path: Path, wanted: Wanted) -> Source:
    if not _exists(path):
        raise _no_such_file(str(path))
    if str(path) in _STANDARD_INPUTS:
        return PassingArchive.piped(wanted)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            if not _has_index(path):
                raise not_an_image(f"The folder {path}")
            return StoredImage.at(path, wanted)
        # A descriptor's file is opened now: another process, and this one later, may have something else by that name.
        if stat.S_ISFIFO(status.st_mode) or any(map(path.is_relative_to, _DESCRIPTORS)):
            return PassingArchive.through(path, wanted)
        if not stat.S_ISREG(status.st_mode):
            raise NotAnImageError(f"{path} is neither a file nor a folder", "Save the image to a file first.")
        with path.open("rb") as file:
            compressed = sniff(file.read(MAGIC_SIZE))
    except OSError as error:
        raise unreadable(str(path), error) from error
    return PassingArchive.at(path, wanted) if compressed else StoredImage.at(path, wanted)


def is_file(reference: str) -> bool:
    """Whether a reference without a scheme means a file, a folder or standard input, as far as is seen at once."""
    if reference == STANDARD_INPUT or _is_path(reference):
        return True
    return bool(reference) and _exists(Path(reference)) and not _aside(reference)


def _aside(reference: str) -> InputError | None:
    """Why the file or folder that is called like an image is none; None where it is, or nothing else can be meant."""
    path = Path(reference)
    try:
        Reference.parse(reference)
        if path.is_dir():
            if not _has_index(path):
                return not_an_image(f"The folder {path}")
            StoredImage.at(path, Wanted()).describe()
        elif path.is_file():
            with path.open("rb") as file:
                content, block = open_decompressed(file.read), b""
                while len(block) < BLOCK and (part := content.read(BLOCK - len(block))):
                    block += part
            return None if is_tar(block) else not_an_image(f"The file {path}")
    except NotAnImageError as error:
        return error
    except OSError as error:
        return unreadable(str(path), error)
    except LayerviewError:  # no name, or an image with which something is wrong
        pass
    return None


def _has_index(folder: Path) -> bool:
    """Whether something in it may tell of an image. Raises OSError where that cannot be seen."""
    for name in ("index.json", "manifest.json"):
        with suppress(FileNotFoundError, NotADirectoryError):
            (folder / name).stat()
            return True
    return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_path(reference: str) -> bool:
    """Whether what was written can only be meant as a path."""
    return reference.startswith((".", "/", "~")) or reference.lower().endswith(_ENDINGS)


def _no_such_file(path: str) -> InputError:
    try:
        Path(path).stat()
    except PermissionError as error:  # of a folder on the way to it
        return unreadable(path, error)
    except (OSError, ValueError):
        pass
    return NotFoundError(f"There is no file or folder {path}", "Check the path, or name an image as docker:NAME.")


def _anywhere(
    name: str, platform: Platform | None, records: bool | None, last_resort: bool, aside: InputError | None
) -> Source:
    """The image of the first engine of this machine that has it, at last of the registry that its name tells.

    ``aside`` is what is wrong with the file of that name, if there is one.
    """
    # Now, and not by a thread while the screen is imported, too: each would hold the other up, and all waits for this one.
    import layerview.sources.docker.engine  # noqa: F401

    Reference.parse(name)
    engines = [partial(_engine, scheme, name, platform, records) for scheme in engines_here()]
    registries = [partial(_registry, name, platform)] if last_resort and not is_only_local(name) else []
    return FirstThatHas(name, [*engines, *registries], aside)


def engines_here() -> tuple[str, ...]:
    """The engines that may be on this machine, in the order in which they are asked; Docker's where there is none."""
    from layerview.sources.containerd.ctr import containerd_is_here
    from layerview.sources.docker.here import docker_is_here
    from layerview.sources.podman.engine import podman_is_here

    here = {"docker": docker_is_here(), "podman": podman_is_here(), "containerd": containerd_is_here()}
    return tuple(engine for engine in ENGINES if here[engine]) or ("docker",)


def is_only_local(name: str) -> bool:
    """Whether a name can only be that of an engine's image: an ID."""
    return is_image_id(name) and len(name.removeprefix("sha256:")) >= _ABBREVIATED


def _registry(name: str, platform: Platform | None) -> Source:
    from layerview.sources.registry.image import RegistryImage

    return RegistryImage(name, platform)


def _engine(scheme: str, name: str, platform: Platform | None, records: bool | None) -> Source:
    """The image of one engine. What only one of them needs takes longer to import than a small archive to open."""
    Reference.parse(name)
    if scheme == "podman":
        from layerview.sources.podman.engine import open_podman

        return open_podman(name, platform, records)
    if scheme == "containerd":
        from layerview.sources.containerd.image import ContainerdImage

        return ContainerdImage(name, platform, records)
    from layerview.sources.docker.engine import DockerEngine

    return DockerEngine(name, platform, records)


def _container(name: str, records: bool | None) -> Source:
    """The container of the first engine that has it."""
    from layerview.sources.container import ContainerSource, is_container_name
    from layerview.sources.docker.here import docker_is_here
    from layerview.sources.podman.engine import podman_is_here

    if not is_container_name(name):
        raise UsageError(f"{name[:80]!r} is no container's name", "docker ps --all and podman ps --all list them.")

    def docker() -> Source:
        from layerview.sources.docker.container import docker_containers

        return ContainerSource(name, docker_containers(records), records is not False)

    def podman() -> Source:
        from layerview.sources.podman.container import PodmanContainers

        return ContainerSource(name, PodmanContainers(records), records is not False)

    here = [engine for engine, is_here in ((docker, docker_is_here), (podman, podman_is_here)) if is_here()]
    return FirstThatHas(f"{CONTAINER}:{name}", here or [docker])
