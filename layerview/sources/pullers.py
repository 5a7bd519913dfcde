"""Which engines can pull the image that a name means, and what opens it afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from layerview.errors import ServiceError, UsageError
from layerview.image import Platform, Reference
from layerview.sources.opening import (
    CONTAINER,
    ENGINES,
    REGISTRY,
    engines_here,
    is_file,
    is_only_local,
    place_and_name,
)
from layerview.sources.pulling import Puller


def pullers(reference: str, *, source: str | None = None, platform: str | None = None) -> tuple[Puller, ...]:
    """What can pull the image that ``reference`` means, by the engines that may be here, in the order they are asked.

    ``source`` and ``platform`` are as for ``open_source``. Raises UsageError where it is nothing that can be pulled.
    """
    place, name = place_and_name(reference, source)
    if place == CONTAINER:
        raise UsageError("A container cannot be pulled", "Pull its image.")
    if place == REGISTRY:
        raise UsageError("registry: reads an image without pulling it", f"--pull {name} pulls it into an engine.")
    if place and place not in ENGINES:
        raise UsageError(f"What is read from {place}: cannot be pulled", "Only what has a name on a registry can.")
    if not place and is_file(name):
        raise UsageError(f"{name} is a file or a folder, which cannot be pulled", f"docker:{name} is an image's name.")
    parsed = Reference.parse(name)
    if is_only_local(name):
        raise UsageError(f"{name} is an image's ID, by which it cannot be pulled", "Name it as its registry does.")
    wanted = Platform.parse(platform) if platform else None
    return tuple(_puller(engine, parsed, wanted) for engine in ((place,) if place else engines_here()))


def _puller(engine: str, reference: Reference, platform: Platform | None) -> Puller:
    if engine == "podman":
        from layerview.sources.podman.pulling import podman_puller

        return podman_puller(reference, platform)
    if engine == "containerd":
        from layerview.sources.containerd.pulling import ContainerdPuller

        return ContainerdPuller(reference, platform)
    from layerview.sources.docker.pulling import DockerPuller

    return DockerPuller(reference, platform)


def pulled_by(puller: Puller) -> str:
    """What opens the image once it is pulled: its whole name, as Podman takes a shorter one for one of this machine."""
    return f"{puller.engine}:{puller.reference}"


def reading_of(reference: Reference) -> str:
    """What opens the image without pulling it."""
    return f"{REGISTRY}:{reference.familiar}"


def first_that_answers(pullers: Iterable[Puller]) -> Puller:
    """Raises ServiceError, with what each answered, where no engine does."""
    answers = []
    for puller in pullers:
        try:
            puller.check()
        except ServiceError as error:
            answers.append(error)
        else:
            return puller
    if len(answers) == 1:
        raise answers[0]
    said = "; ".join(answer.message for answer in answers)
    raise ServiceError(f"No engine is here to pull into: {said}", "Start one, or read the registry: registry:NAME.")
