"""Which engine with Docker's API is meant, the way to it, and what it means when that fails."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Annotated, TypeVar

import msgspec
from docker import APIClient
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.errors import APIError, DockerException, NotFound, create_api_error_from_http_exception
from docker.tls import TLSConfig
from docker.utils import kwargs_from_env
from requests import Response
from requests.exceptions import HTTPError, RequestException, Timeout
from urllib3.exceptions import HTTPError as StreamError
from urllib3.exceptions import ProtocolError

from layerview.errors import DamagedError, LayerviewError, NotFoundError, ServiceError
from layerview.image import convert
from layerview.layers.blocks import Read
from layerview.layers.tar import BLOCK
from layerview.sources.causes import causes
from layerview.sources.docker.context import context_name, find_context
from layerview.sources.docker.ssh import SshAdapter

T = TypeVar("T")

PATIENCE = 60
"""Seconds until an engine that does not answer a question is given up."""


@dataclass(frozen=True)
class Kind:
    """What an engine is called, and what helps where it cannot be used."""

    title: str
    """As in "the … has no image"."""
    command: str
    """Its command line."""
    permit: str
    start: str


DOCKER = Kind(
    "Docker Engine",
    "docker",
    "Join the group docker (sudo usermod -aG docker $USER, then log in again), or use sudo.",
    "Start it (sudo systemctl start docker, or Docker Desktop), or name one by DOCKER_HOST or a context.",
)
PODMAN = Kind(
    "Podman service",
    "podman",
    "Use the one of your own user (systemctl --user start podman.socket), or sudo.",
    "Start it (systemctl --user start podman.socket, or podman machine start), or name one by CONTAINER_HOST.",
)


@dataclass(frozen=True)
class Endpoint:
    """Where an engine is."""

    host: str
    """``unix://…``, ``tcp://…`` or ``ssh://…``."""
    tls: TLSConfig | None = None
    kind: Kind = DOCKER
    identity: str = ""
    """The file of the key by which ssh makes itself known; empty for what it does by itself."""
    is_machine: bool = False
    """Whether ssh leads to a virtual machine of Podman on this one, whose host key nobody is to know."""

    @property
    def is_local(self) -> bool:
        """Whether it is reached without a network."""
        return self.host.startswith(("unix://", "npipe://"))

    @classmethod
    def current(cls) -> Endpoint:
        """What ``docker`` on the command line would use: DOCKER_HOST, else the current context. Raises ServiceError."""
        try:
            if os.environ.get("DOCKER_HOST"):
                options = kwargs_from_env()
                return cls(options["base_url"], options.get("tls"))
            name = context_name()
            context = find_context(name)
        except (DockerException, DamagedError, OSError) as error:
            raise ServiceError(
                f"Docker's settings cannot be used: {error}",
                "Check DOCKER_HOST, DOCKER_CERT_PATH and docker context ls.",
            ) from error
        if context is None:
            raise ServiceError(
                f"There is no Docker context {name}",
                "docker context ls shows which there are; docker context use sets one.",
            )
        return cls(context.host, context.tls)

    @contextmanager
    def client(self, timeout: int = PATIENCE) -> Iterator[APIClient]:
        """A client of the newest API version that the engine has. What goes wrong in the block is a LayerviewError."""
        complaints: list[str] = []
        try:
            with closing(self._client(MINIMUM_DOCKER_API_VERSION, timeout, complaints)) as client:
                version = understood(client.version(api_version=False), _Version).api_version
            with closing(self._client(version, timeout, complaints)) as client:
                yield client
        except (DockerException, RequestException, StreamError, OSError, ValueError) as error:
            raise self._explained(error, complaints) from error

    @contextmanager
    def archive(self, client: APIClient, path: str) -> Iterator[Read]:
        """Reads the tar that the engine answers to a GET with. Raises APIError, StreamError and OSError.

        On a local socket it is asked for by HTTP/1.0, and so comes as it is: else it comes in chunks of 32 kB, and taking
        those of two gigabytes apart keeps a processor busy for half a second, which the engine lacks.
        """
        if not self.host.startswith("unix://"):
            with answer(client, path, {}) as response:
                yield response.raw.read
            return
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(client.timeout)
            connection.connect(self.host.removeprefix("unix://"))
            connection.sendall(f"GET /v{client.api_version}{path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode("ascii"))
            try:
                with closing(HTTPResponse(connection, method="GET")) as plain:
                    plain.begin()
                    if plain.status == HTTPStatus.OK:
                        yield _whole(plain.read)
                        return
            except HTTPException as error:
                raise ProtocolError(str(error)) from error
        with answer(client, path, {}) as response:  # which tells what is wrong
            yield response.raw.read

    @property
    def _is_ssh(self) -> bool:
        return self.host.startswith("ssh://")

    def _client(self, version: str, timeout: int, complaints: list[str]) -> APIClient:
        host = "unix:///ssh" if self._is_ssh else self.host
        client = APIClient(host, version=version, timeout=timeout, tls=self.tls or False)
        if self._is_ssh:
            ssh = SshAdapter(self.host, self.kind.command, self.identity, self.is_machine, complaints)
            client.mount("http+docker://", ssh)
        return client

    def _explained(self, error: Exception, complaints: list[str]) -> LayerviewError:
        came_from = list(causes(error))
        title, command = self.kind.title, self.kind.command
        if isinstance(error, NotFound):
            return NotFoundError(f"The {title} says: {error.explanation}", f"{command} images lists what it has.")
        if isinstance(error, APIError):
            return ServiceError(
                f"The {title} at {self.host} answers: {error.explanation or error}", "See its log for more."
            )
        if self._is_ssh:
            said = [line.strip() for line in complaints if line.strip()]
            return ServiceError(
                f"The {title} at {self.host} cannot be reached: {said[-1] if said else error}",
                f"See that {command} {'-H' if self.kind is DOCKER else '--url'} {self.host} version works without a question.",
            )
        if any(isinstance(cause, PermissionError) for cause in came_from):
            return ServiceError(
                f"No permission to use the {title} at {self.host}",
                self.kind.permit,
            )
        if any(isinstance(cause, FileNotFoundError | ConnectionRefusedError) for cause in came_from):
            return ServiceError(
                f"No {title} is running at {self.host}",
                self.kind.start,
            )
        if any(isinstance(cause, ssl.SSLError) for cause in came_from):
            return ServiceError(
                f"The {title} at {self.host} and this program do not trust each other: {came_from[-1]}",
                "Check DOCKER_TLS_VERIFY and the certificates in DOCKER_CERT_PATH.",
            )
        if any(isinstance(cause, Timeout | TimeoutError) for cause in came_from):
            return ServiceError(f"The {title} at {self.host} does not answer", "Is it busy, or out of reach?")
        if any(isinstance(cause, ProtocolError | IncompleteRead | ConnectionResetError) for cause in came_from):
            return ServiceError(
                f"The {title} at {self.host} broke off in the middle", "See that it still runs, and try again."
            )
        return ServiceError(
            f"The {title} at {self.host} cannot be used: {came_from[-1]}", f"See that {command} version works."
        )


def _whole(read: Read) -> Read:
    """Reads a tar of which nothing but its zeros tells that it has come to its end."""
    last = b""

    def checked(size: int) -> bytes:
        nonlocal last
        data = read(size)
        if size and not data and last[-BLOCK:].strip(b"\0"):
            raise ProtocolError("the archive breaks off")
        last = data or last
        return data

    return checked


@contextmanager
def answer(
    client: APIClient,
    path: str,
    parameters: Mapping[str, str],
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Iterator[Response]:
    """What the engine answers, to be read as it comes: for what the SDK has no method, or one without an end.

    Raises APIError.
    """
    url = f"{client.base_url}/v{client.api_version}{path}"
    sent = {"Accept-Encoding": "identity", **(headers or {})}
    with client.request(
        method, url, params=dict(parameters), headers=sent, stream=True, timeout=client.timeout
    ) as response:
        try:
            response.raise_for_status()
        except HTTPError as error:
            try:
                raise create_api_error_from_http_exception(error) from error
            except (LookupError, TypeError):  # JSON that is no error as the SDK knows them
                raise APIError(str(error), response=error.response) from error
        yield response


class _Version(msgspec.Struct, rename="pascal"):
    api_version: Annotated[str, msgspec.Meta(pattern=r"^\d+\.\d+$")]


def understood(answer: object, type: type[T]) -> T:
    """What the engine answered, as a ``type``. Raises ServiceError."""
    try:
        return convert(answer, type, "The engine's answer")
    except DamagedError as error:
        raise ServiceError(error.message, "Is it an engine? See what docker version or podman version says.") from error
