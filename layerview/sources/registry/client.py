"""What a registry is asked, by the OCI distribution specification: manifests and blobs of one repository."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from layerview.errors import DamagedError, LayerviewError, NotFoundError, ServiceError
from layerview.image import MANIFEST_TYPES, verify
from layerview.layers.blocks import CHUNK, Read
from layerview.sources.registry import http as registry_http
from layerview.sources.registry.addresses import Address
from layerview.sources.registry.connections import peer_of
from layerview.sources.registry.login import Login, find_login
from layerview.sources.registry.places import Place
from layerview.sources.registry.tokens import Challenge, authorization

_MANIFESTS = ", ".join(sorted(MANIFEST_TYPES))

_STEP = 1 << 14
"""Bytes of a blob that make up for the times that it broke off before."""


class Repository:
    """One repository on a registry. Goes to another process with its login and its token, without its connections."""

    def __init__(self, place: Place, base: str = "", login: Login | None = None, authorization: str = "") -> None:
        """``base`` is scheme and host, once known; ``authorization`` what the registry has last accepted."""
        self._place, self._base, self._login, self._authorization = place, base, login, authorization

    def __reduce__(self) -> tuple[type[Repository], tuple[Place, str, Login | None, str]]:
        return Repository, (self._place, self._base, self._login, self._authorization)

    @property
    def domain(self) -> str:
        """The registry, for people."""
        return self._place.domain

    def manifest(self, reference: str, digest: str = "") -> bytes:
        """The manifest or index with this tag or digest, compared with ``digest`` where that is known.

        Raises LayerviewError.
        """
        data, stated = self._whole(
            f"manifests/{reference}", f"What {self.domain} has as {reference}", Accept=_MANIFESTS
        )
        digest = digest or stated
        if digest.startswith(("sha256:", "sha384:", "sha512:")):
            verify(data, digest, f"What {self.domain} sends as {reference}")
        return data

    def config(self, digest: str) -> bytes:
        """An image's config. Raises LayerviewError."""
        data, _ = self._whole(f"blobs/{digest}", f"The config on {self.domain}")
        verify(data, digest, f"What {self.domain} sends as the image's config")
        return data

    @contextmanager
    def blob(self, digest: str, size: int, stretch: range | None = None) -> Iterator[Read]:
        """Reads a blob, or a stretch of it, as it comes; what comes is not verified. ``size`` are its bytes.

        Raises LayerviewError, also where the registry does not do parts and one is wanted.
        """
        blob = _Blob(self, digest, size, stretch or range(size))
        try:
            yield blob.read
        finally:
            blob.close()

    def part(self, digest: str, stretch: range) -> bytes | None:
        """A stretch of a blob; None where the registry does not do parts, or breaks off. Raises LayerviewError."""
        deadline = time.monotonic() + registry_http.PATIENCE
        part = f"bytes={stretch.start}-{stretch.stop - 1}"
        with self._get(f"blobs/{digest}", deadline, Range=part) as response:
            if response.status_code != 206 or not _begins_at(response, stretch.start):
                return None
            try:
                data: bytes = response.raw.read(len(stretch))
            except registry_http.BROKEN:
                return None
        return data if len(data) == len(stretch) else None

    def rest(self, digest: str, start: int, stop: int | None = None) -> requests.Response:
        """What gives a blob from there on, or the whole of it (200) where the registry does not do parts."""
        part = f"bytes={start}-{'' if stop is None else stop - 1}"
        deadline = time.monotonic() + registry_http.PATIENCE
        return self._get(f"blobs/{digest}", deadline, **({"Range": part} if start or stop is not None else {}))

    def _whole(self, what: str, name: str, **headers: str) -> tuple[bytes, str]:
        """Something small, asked for again where it breaks off, and the digest that the registry states for it."""
        deadline = time.monotonic() + registry_http.PATIENCE
        for pause in (*registry_http.PAUSES, math.inf):
            with self._get(what, deadline, **headers) as response:
                try:
                    return registry_http.small(response, name, deadline), response.headers.get(
                        "Docker-Content-Digest", ""
                    )
                except registry_http.BROKEN as error:
                    failure = registry_http.unreachable(error, self.domain)
                    if not registry_http.may_pass(error) or time.monotonic() + pause > deadline:
                        break
            time.sleep(pause)
        raise failure

    def _get(self, what: str, deadline: float, **headers: str) -> requests.Response:
        """The answer with what was asked for. Raises LayerviewError."""
        if not self._base:
            plain = self._place.may_be_plain and registry_http.speaks_plainly(self._place.host)
            self._base = f"{'http' if plain else 'https'}://{self._place.host}"
        home = Address.parse(self._base)
        address = home.joined(f"/v2/{self._place.path}/{what}")
        response = self._ask(address, headers, deadline)
        if response.status_code == 401:
            response.close()
            challenge = Challenge(response.headers.get("WWW-Authenticate", ""), home, peer_of(response))
            self._authorization = self._authorized(challenge, deadline)
            response = self._ask(address, headers, deadline)
        if response.status_code in (200, 206) and "text/html" not in response.headers.get("Content-Type", ""):
            return response
        with response:
            raise self._refusal(response, what)

    def _ask(self, address: Address, headers: dict[str, str], deadline: float) -> requests.Response:
        authorization = {"Authorization": self._authorization} if self._authorization else {}
        return registry_http.get(address, {**authorization, **headers}, deadline)

    def _authorized(self, challenge: Challenge, deadline: float) -> str:
        """The Authorization that a registry asks for. Raises ServiceError."""
        complaints: tuple[str, ...] = ()
        if self._login is None:
            self._login, complaints = find_login(self.domain, self._place.path)
        answer = authorization(challenge, self._place, self._login, deadline)
        if answer is None:
            raise self._denied(complaints)
        return answer

    def _denied(self, complaints: tuple[str, ...]) -> ServiceError:
        if self._login is not None:
            return ServiceError(
                f"{self.domain} does not accept the login from {self._login.origin}",
                f"docker login {self.domain} or podman login {self.domain} sets another.",
            )
        found = "; ".join((f"{self.domain} wants a login for {self._place.path}, or has no such image", *complaints))
        return ServiceError(found, f"docker login {self.domain} or podman login {self.domain} leaves one.")

    def _refusal(self, response: requests.Response, what: str) -> LayerviewError:
        status = response.status_code
        kind, _, name = what.partition("/")
        separator = "@" if name.startswith("sha") else ":"
        if status == 401:
            return self._denied(())
        if status == 403:
            return ServiceError(
                f"{self.domain} does not let {self._place.path} be read (403)",
                f"It may be allowed to another user; docker login {self.domain} sets one.",
            )
        if status == 404 and kind == "manifests":
            return NotFoundError(
                f"{self.domain} has no {self._place.path}{separator}{name}", "Check the name and the tag."
            )
        if status == 404:
            return NotFoundError(f"{self.domain} lacks the blob {name}", "Push the image again.")
        if status in (200, 206):
            return ServiceError(
                f"{self.domain} answers with a web page",
                "Is it a registry, or is there a login page or a proxy before it?",
            )
        return ServiceError(f"{self.domain} answers with status {status}", "Is it a registry?")


class _Blob:
    """A blob as it comes, which goes on where it broke off."""

    def __init__(self, repository: Repository, digest: str, size: int, stretch: range) -> None:
        self._repository, self._digest, self._size = repository, digest, size
        self._done, self._end = stretch.start, stretch.stop
        self._stop = None if self._end == size else self._end
        self._tries, self._tried_at = 0, self._done
        self._response = repository.rest(digest, self._done, self._stop)
        self._at = self._done
        """Bytes of the blob before what the answer gives next."""
        if len(stretch) < size:
            self._check_part()
        stated = self._response.headers.get("Content-Length", "")
        if re.fullmatch("[0-9]+", stated) and (stated.lstrip("0") or "0") != str(len(stretch)):
            raise self._other_size(stated)

    def read(self, size: int) -> bytes:
        """The next bytes, fewer than ``size`` only at the end."""
        parts = []
        left = min(size, self._end - self._done)
        while left:
            # What has passed already is read past, where the registry does not do parts.
            before = self._done - self._at
            part = self._some(before or left)
            self._at += len(part)
            if not before:
                parts.append(part)
                self._done += len(part)
                left -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Give the connection up."""
        self._response.close()

    def _some(self, size: int) -> bytes:
        """What has come, at most ``size`` bytes; none where it was broken off, which is mended."""
        try:
            # Not read(), which drops what came before a fault.
            part: bytes = self._response.raw.read1(min(size, CHUNK))
        except registry_http.BROKEN:
            part = b""
        if not part:
            self._go_on()
        return part

    def _go_on(self) -> None:
        """Ask for what is left. Raises ServiceError where it breaks off again and again, and little has come."""
        self._response.close()
        if self._done - self._tried_at >= _STEP:
            self._tries, self._tried_at = 0, self._done
        if self._tries == len(registry_http.PAUSES):
            raise ServiceError(
                f"{self._repository.domain} breaks off after {self._done:,} of {self._size:,} bytes", "Try again later."
            )
        time.sleep(registry_http.PAUSES[self._tries])
        self._tries += 1
        self._response = self._repository.rest(self._digest, self._done, self._stop)
        self._at = self._done if self._response.status_code == 206 else 0
        if self._at:
            self._check_part()

    def _check_part(self) -> None:
        """Raise ServiceError where the answer is not the part that was asked for."""
        if self._response.status_code != 206 or not _begins_at(self._response, self._done):
            self.close()
            raise ServiceError(
                f"{self._repository.domain} sends another part of a blob than was asked for", "Try again."
            )

    def _other_size(self, stated: str) -> DamagedError:
        self.close()
        size = f"{int(stated):,}" if len(stated) < 20 else "countless"
        return DamagedError(
            f"{self._repository.domain} has {size} bytes of a blob that has {self._size:,}",
            "Push the image again.",
        )


def _begins_at(response: requests.Response, start: int) -> bool:
    """Whether an answer is the part of a blob that begins there."""
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
