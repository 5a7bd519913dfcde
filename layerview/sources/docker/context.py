"""Docker's contexts: engines under names, each in a folder of its settings.

The SDK looks for these folders only where there is a config.json, and takes a certificate authority alone for nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec
from docker.context.config import get_context_host
from docker.tls import TLSConfig

from layerview.errors import DamagedError
from layerview.image import parse
from layerview.sources.docker.here import settings

_DEFAULT = "default"
"""The name of the context that is in no folder: the engine of this machine."""
_TLS_FILES = ("ca.pem", "cert.pem", "key.pem")


class Context(msgspec.Struct, frozen=True):
    """Where the engine of a context is."""

    host: str
    tls: TLSConfig | None = None


def context_name() -> str:
    """The context that DOCKER_CONTEXT names, else that is set as the current one."""
    if name := os.environ.get("DOCKER_CONTEXT"):
        return name
    # Docker's own command goes on without settings that it cannot read, too.
    with suppress(OSError, DamagedError):
        return parse((settings() / "config.json").read_bytes(), _Settings, "config.json").current_context or _DEFAULT
    return _DEFAULT


def find_context(name: str) -> Context | None:
    """The context of this name, if there is one. Raises DamagedError, OSError and TLSParameterError."""
    if name == _DEFAULT:
        return Context(get_context_host())
    contexts, id = settings() / "contexts", sha256(name.encode()).hexdigest()
    try:
        told = (contexts / "meta" / id / "meta.json").read_bytes()
    except FileNotFoundError:
        return None
    engine = parse(told, _Meta, f"The context {name}").endpoints.docker
    return Context(engine.host or get_context_host(), _tls(contexts / "tls" / id / "docker", engine.skip_tls_verify))


def _tls(folder: Path, unverified: bool) -> TLSConfig | None:
    """TLS where there is anything of it, as Docker's own command has it."""
    ca, certificate, key = (str(file) if file.exists() else None for file in map(folder.joinpath, _TLS_FILES))
    if not (ca or certificate or key or unverified):
        return None
    return TLSConfig((certificate, key) if certificate and key else None, ca, verify=not unverified)


class _Settings(msgspec.Struct):
    current_context: str = msgspec.field(name="currentContext", default="")


class _Engine(msgspec.Struct):
    host: str = msgspec.field(name="Host", default="")
    skip_tls_verify: bool = msgspec.field(name="SkipTLSVerify", default=False)


class _Endpoints(msgspec.Struct):
    docker: _Engine = msgspec.field(default_factory=_Engine)


class _Meta(msgspec.Struct):
    endpoints: _Endpoints = msgspec.field(name="Endpoints", default_factory=_Endpoints)
