"""Images pulled by an engine with Docker's API, as ``docker pull`` has it done."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

import msgspec
from docker.errors import APIError
from docker.utils import version_gte
from msgspec.structs import replace
from requests import Response

from layerview.errors import DamagedError, ServiceError
from layerview.image import Platform, Reference, parse
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.pulling import LayerPull, PullProgress, Stop, refusal
from layerview.sources.registry.login import Login, find_login, server_of

_PATIENCE = 3600
"""Seconds that an engine may say nothing: it may be unpacking, and who waits can stop it."""
_ASKING = 5
"""Seconds until an engine is given up that is only asked whether it is there."""

_KNOWS_PLATFORMS = "1.32"
"""API version from which on an engine can be told which of an image's platforms to pull."""

_FETCHED = frozenset(("Verifying Checksum", "Download complete", "Extracting", "Pull complete"))
"""States of a layer that has come as a whole."""
_COMPLETE = frozenset(("Pull complete", "Already exists"))


@contextmanager
def _current() -> Iterator[Endpoint]:
    yield Endpoint.current()


class DockerPuller(msgspec.Struct, frozen=True):
    """Has an engine with Docker's API pull an image; the one that ``docker`` would use, unless told of another one."""

    reference: Reference
    platform: Platform | None = None
    engine: str = "docker"
    the: str = "the Docker Engine"
    endpoint: Callable[[], AbstractContextManager[Endpoint]] = _current
    """Finds the engine, which is there within the context. May raise ServiceError."""
    complete: frozenset[str] = _COMPLETE
    """States in which this engine does no more for a layer."""

    def check(self) -> None:
        """Raises ServiceError where the engine does not answer."""
        with self.endpoint() as endpoint, endpoint.client(_ASKING):
            pass

    def pull(self, progress: PullProgress, stop: Stop) -> None:
        """Ends when the engine has the image; the engine stops where the request is given up. Raises LayerviewError."""
        reference = self.reference
        login, complaints = find_login(reference.domain, reference.path)
        parameters = {"fromImage": f"{reference.domain}/{reference.path}", "tag": reference.digest or reference.tag}
        headers = {"X-Registry-Auth": _header(login, reference.domain)}
        with self.endpoint() as endpoint, endpoint.client(_PATIENCE) as client:
            if self.platform is not None and version_gte(client.api_version, _KNOWS_PLATFORMS):
                parameters["platform"] = str(self.platform)
            try:
                with (
                    client.answer("/images/create", parameters, "POST", headers) as response,
                    stop.by(lambda: _give_up(response)),
                ):
                    self._follow(response, progress, complaints)
            except APIError as error:
                raise refusal(self.the, reference, error.explanation or str(error), complaints) from error

    def _follow(self, response: Response, progress: PullProgress, complaints: Sequence[str]) -> None:
        layers: dict[str, LayerPull] = {}
        for line in response.iter_lines(chunk_size=None):
            if not line:
                continue
            try:
                told = parse(line, _Told, "The engine's answer")
            except DamagedError as error:
                raise ServiceError(error.message, "Is it an engine?") from error
            if said := told.error_detail.message or told.error:
                raise refusal(self.the, self.reference, said, complaints)
            if told.id and told.detail is not None:
                before = layers.get(told.id, LayerPull(told.id, ""))
                layers[told.id] = _next(before, told.status, told.detail, told.status in self.complete)
                progress(layers[told.id])


def _give_up(response: Response) -> None:
    """Wake whoever reads, from another thread; the engine notices, too."""
    with suppress(OSError, ValueError):
        response.raw.shutdown()


def _header(login: Login | None, domain: str) -> str:
    """A login as an engine takes it; it has none of its own."""
    if login is None:
        told: dict[str, str] = {}
    elif login.identity_token:
        told = {"identitytoken": login.identity_token, "serveraddress": server_of(domain)}
    else:
        told = {"username": login.user, "password": login.password, "serveraddress": server_of(domain)}
    return base64.urlsafe_b64encode(msgspec.json.encode(told)).decode()


class _Detail(msgspec.Struct):
    current: int = 0
    total: int = 0
    units: str = ""
    """Of both, where they are no bytes: an engine with containerd's store counts the seconds that it unpacks."""


class _ErrorDetail(msgspec.Struct):
    message: str = ""


class _Told(msgspec.Struct):
    """A line that the engine sends while it pulls."""

    status: str = ""
    id: str = ""
    """Of a layer, where there is a detail, however empty; else the tag."""
    detail: _Detail | None = msgspec.field(name="progressDetail", default=None)
    error: str = ""
    error_detail: _ErrorDetail = msgspec.field(name="errorDetail", default_factory=_ErrorDetail)


def _next(layer: LayerPull, state: str, detail: _Detail, complete: bool) -> LayerPull:
    """What is known of a layer by now."""
    bytes_ = not detail.units
    size = max(layer.size, detail.total if bytes_ else 0)
    done = max(detail.current, 0) if bytes_ else 0
    fetched = size if state in _FETCHED else done if state == "Downloading" else 0 if complete else layer.fetched
    return replace(layer, state=state, done=done, size=size, fetched=fetched, complete=complete)
