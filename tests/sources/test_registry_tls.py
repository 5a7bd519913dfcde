"""A registry with TLS has nothing sent without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from layerview.sources import open_source
from tests.registries import certificate
from tests.sources.images import Layout, digest, read, simple
from tests.sources.misbehaving import NAME, Misbehaving, misbehaving, status

IMAGE = simple("a")
LAYOUT = Layout()
TOP = LAYOUT.image(IMAGE)["digest"]
BLOB = f"blobs/{digest(IMAGE.blobs[0])}"


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Misbehaving]:
    """A registry with TLS, of which nothing is asked without."""
    tls = certificate(tmp_path)
    for variable in ("DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    for variable in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    with misbehaving(LAYOUT, TOP, tls) as running:
        running.host = running.host.replace("127.0.0.1", "localhost")
        yield running


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Misbehaving]:
    """What stands for all hosts that are asked without TLS, and has the image, too."""
    with misbehaving(LAYOUT, TOP) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy.host}")
        yield proxy


def faults(registry: Misbehaving) -> list[str]:
    return list(read(open_source(registry.reference)).faults.values())


def test_redirect_to_a_host_without_tls_is_refused(secure: Misbehaving, plain: Misbehaving) -> None:
    """What it leads to may be a secret, as are addresses that a store has signed."""
    secure.always[BLOB] = status(307, Location="http://cdn.example.com/blob?X-Signature=secret")
    assert faults(secure) == [f"{secure.host} sends on to cdn.example.com, which is without TLS"]
    assert not plain.requests


def test_redirect_to_this_machine_needs_none(secure: Misbehaving, plain: Misbehaving) -> None:
    secure.always[BLOB] = status(307, Location=f"http://{plain.host}/v2/{NAME}/{BLOB}")
    assert faults(secure) == []
    assert len(plain.asked(BLOB)) == 1


def test_registry_that_is_used_without_may_send_on_to_others(plain: Misbehaving) -> None:
    plain.always[BLOB] = status(307, Location="http://cdn.example.com/blob")
    plain.contents["http://cdn.example.com/blob"] = IMAGE.blobs[0]
    assert faults(plain) == []
