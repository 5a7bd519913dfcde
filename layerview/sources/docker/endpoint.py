"""Which engine with Docker's API is meant, the way to it, and what it means when that fails."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import IncompleteRead
from typing import Annotated

import msgspec
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.errors import APIError, DockerException, NotFound
from docker.tls import TLSConfig
from docker.utils import kwargs_from_env, version_lt
from requests.exceptions import RequestException, Timeout
from urllib3.exceptions import HTTPError as StreamError
from urllib3.exceptions import ProtocolError

from layerview.errors import DamagedError, LayerviewError, NotFoundError, ServiceError
from layerview.sources.causes import causes
from layerview.sources.docker.client import Client
from layerview.sources.docker.context import context_name, find_context
from layerview.sources.docker.ssh import SshAdapter

PATIENCE = 60
"""Seconds until an engine that does not answer a question is given up."""


class EngineKind(msgspec.Struct, frozen=True):
    """What an engine is called, and what helps where it cannot be used."""

    title: str
    """As in "the … has no image"."""
    command: str
    """Its command line."""
    flag: str
    """The option by which that is told the address of an engine."""
    permit: str
    start: str


DOCKER = EngineKind(
    "Docker Engine",
    "docker",
    "--host",
    "Join the group docker (sudo usermod -aG docker $USER, then log in again), or use sudo.",
    "Start it (sudo systemctl start docker, or Docker Desktop), or name one by DOCKER_HOST or a context.",
)


class Endpoint(msgspec.Struct, frozen=True):
    """Where an engine is."""

    host: str
    """``unix://…``, ``tcp://…`` or ``ssh://…``."""
    tls: TLSConfig | None = None
    kind: EngineKind = DOCKER
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
    def client(self, timeout: int = PATIENCE) -> Iterator[Client]:
        """A client of the newest API version that the engine has. What goes wrong in the block is a LayerviewError."""
        complaints: list[str] = []
        try:
            with closing(self._client(timeout, complaints)) as client:
                version = client.ask("/version", _Version).api_version
                if version_lt(version, MINIMUM_DOCKER_API_VERSION):
                    raise ServiceError(
                        f"The {self.kind.title} at {self.host} is too old: its API has version {version}",
                        f"{MINIMUM_DOCKER_API_VERSION} is the oldest that is understood.",
                    )
                client.api_version = version
                yield client
        except (DockerException, RequestException, StreamError, OSError) as error:
            raise self._explained(error, complaints) from error

    @property
    def _is_ssh(self) -> bool:
        return self.host.startswith("ssh://")

    def _client(self, timeout: int, complaints: list[str]) -> Client:
        if not self._is_ssh:
            return Client(self.host, timeout, self.tls)
        ssh = SshAdapter(self.host, self.kind.command, self.kind.flag, self.identity, self.is_machine, complaints)
        return Client(self.host, timeout, adapter=ssh)

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
                f"See that {command} {self.kind.flag} {self.host} version works without a question.",
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


class _Version(msgspec.Struct, rename="pascal"):
    api_version: Annotated[str, msgspec.Meta(pattern=r"^\d+\.\d+$")]
