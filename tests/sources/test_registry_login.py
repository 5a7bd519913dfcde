"""Logins as tools leave them, in files and with credential helpers."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from layerview.sources.registry.login import Login, find_login


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any login, and with helpers on the path."""
    for variable in ("DOCKER_CONFIG", "XDG_CONFIG_HOME", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def put(path: Path, content: dict[str, Any] | bytes) -> str:
    """Write a file; what a login from it says of its origin."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(path)


def auths(**passwords: str) -> dict[str, Any]:
    """A file with these passwords of one user."""
    return {
        "auths": {name: {"auth": base64.b64encode(f"me:{word}".encode()).decode()} for name, word in passwords.items()}
    }


def helper(folder: Path, name: str, script: str) -> None:
    """A credential helper that is this shell script, with the registry's name in ``$server``."""
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\nread -r server\n{script}\n")
    program.chmod(stat.S_IRWXU)


def password(domain: str, path: str = "a/b") -> str | None:
    """That of the login that is found."""
    login, _ = find_login(domain, path)
    return login.password if login else None


@pytest.mark.parametrize("name", [".docker/config.json", ".config/containers/auth.json", "run/containers/auth.json"])
def test_login_is_found_where_docker_and_podman_leave_it(home: Path, name: str) -> None:
    origin = put(home / name, auths(**{"quay.io": "secret"}))
    assert find_login("quay.io", "a/b") == (Login("me", "secret", origin=origin), ())
    assert find_login("ghcr.io", "a/b") == (None, ())


def test_podman_s_comes_before_docker_s(home: Path) -> None:
    put(home / ".docker/config.json", auths(**{"quay.io": "third", "ghcr.io": "other"}))
    put(home / ".config/containers/auth.json", auths(**{"quay.io": "second"}))
    put(home / "run/containers/auth.json", auths(**{"quay.io": "first"}))
    assert (password("quay.io"), password("ghcr.io")) == ("first", "other")


def test_variables_name_other_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(home / "docker/config.json", auths(**{"quay.io": "docker"}))
    monkeypatch.setenv("DOCKER_CONFIG", str(home / "docker"))
    assert password("quay.io") == "docker"
    put(home / "auth.json", auths(**{"ghcr.io": "podman"}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(home / "auth.json"))
    assert (password("quay.io"), password("ghcr.io")) == (None, "podman")


@pytest.mark.parametrize(
    ("key", "domain"),
    [
        ("https://index.docker.io/v1/", "docker.io"),
        ("index.docker.io", "docker.io"),
        ("docker.io", "docker.io"),
        ("https://quay.io", "quay.io"),
        ("https://quay.io/v2/", "quay.io"),
        ("http://localhost:5000/v1/", "localhost:5000"),
    ],
)
def test_registry_is_known_however_old_the_file_is(home: Path, key: str, domain: str) -> None:
    put(home / ".docker/config.json", auths(**{key: "secret"}))
    assert password(domain) == "secret"


def test_login_for_a_part_of_a_registry_is_for_that_part(home: Path) -> None:
    put(
        home / ".config/containers/auth.json",
        auths(**{"q.io": "all", "q.io/a": "a", "q.io/a/b": "b", "other.io/a": "x"}),
    )
    assert [password("q.io", path) for path in ("a/b", "a/c", "ab")] == ["b", "a", "all"]
    assert password("other.io", "b") is None


def test_what_is_printed_of_a_login_holds_nothing_secret() -> None:
    login = Login("me", "pass-word", "to-ken", "~/.docker/config.json")
    assert "me" in repr(login)
    assert not any(secret in f"{login}{login!r}" for secret in ("pass-word", "to-ken", login.basic))


def test_identity_token_comes_in_place_of_a_password(home: Path) -> None:
    entry = {"auth": base64.b64encode(b"00000000:").decode(), "identitytoken": "secret"}
    put(home / ".docker/config.json", {"auths": {"x.azurecr.io": entry}, "credHelpers": None})
    login, _ = find_login("x.azurecr.io", "a")
    assert login is not None
    assert login.identity_token == "secret"


class TestHelpers:
    def test_helper_is_asked_for_its_registry_alone(self, home: Path) -> None:
        put(
            home / ".docker/config.json",
            {"credsStore": "all", "credHelpers": {"ghcr.io": "one"}, "auths": {"quay.io": {}}},
        )
        helper(home, "all", """echo '{"Username": "u", "Secret": "of all for '"$server"'"}' """)
        helper(home, "one", """echo '{"Username": "u", "Secret": "of one for '"$server"'"}' """)
        assert password("quay.io") == "of all for quay.io"
        assert password("ghcr.io") == "of one for ghcr.io"
        assert password("docker.io") == "of all for https://index.docker.io/v1/"

    @pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io"])
    def test_helper_for_docker_hub_is_found_as_docker_and_as_podman_call_it(self, home: Path, key: str) -> None:
        put(home / ".docker/config.json", {"credHelpers": {key: "hub"}})
        helper(home, "hub", """echo '{"Username": "u", "Secret": "of '"$server"'"}' """)
        assert password("docker.io") == "of https://index.docker.io/v1/"

    def test_user_that_stands_for_a_token(self, home: Path) -> None:
        put(home / ".docker/config.json", {"credsStore": "all"})
        helper(home, "all", """echo '{"Username": "<token>", "Secret": "secret"}' """)
        assert find_login("quay.io", "a")[0] == Login(identity_token="secret", origin="docker-credential-all")

    def test_file_is_read_where_the_helper_knows_none(self, home: Path) -> None:
        put(home / ".docker/config.json", {"credsStore": "all", **auths(**{"quay.io": "in the file"})})
        helper(home, "all", "echo credentials not found in native keychain; exit 1")
        assert password("quay.io") == "in the file"

    @pytest.mark.parametrize(
        ("script", "complaint"),
        [
            ("echo secret >&2; echo secret; exit 3", "failed with status 3"),
            ("echo secret", "did not answer as a credential helper does"),
            ("echo '[\"secret\"]'", "did not answer as a credential helper does"),
        ],
    )
    def test_fault_of_a_helper_is_named_and_its_secrets_are_not(
        self, home: Path, capfd: pytest.CaptureFixture[str], script: str, complaint: str
    ) -> None:
        put(home / ".docker/config.json", {"credsStore": "all"})
        helper(home, "all", script)
        assert find_login("quay.io", "a") == (None, (f"docker-credential-all {complaint}",))
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize("name", ["/../all", "a/../all", "../all", "a b", "all\n", "all\0", "ällä", "all;x"])
    def test_helper_whose_name_is_none_is_not_run_but_named(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        """Names with a slash would be those of files, of the folder that one is in or of any."""
        monkeypatch.chdir(home)
        (home / "docker-credential-").mkdir()
        (home / "docker-credential-a").mkdir()
        helper(home, "all", """touch run; echo '{"Username": "u", "Secret": "secret"}' """)
        (home / "all").symlink_to("docker-credential-all")
        put(home / ".docker/config.json", {"credHelpers": {"quay.io": name}})
        complaint = f"{f'docker-credential-{name}'!r} is no name of a credential helper"
        assert find_login("quay.io", "a") == (None, (complaint,))
        assert not (home / "run").exists()

    def test_helper_that_is_not_installed_is_named(self, home: Path) -> None:
        put(home / ".docker/config.json", {"credsStore": "absent"})
        login, (complaint,) = find_login("quay.io", "a")
        assert login is None
        assert complaint.startswith("docker-credential-absent cannot be run")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"auths": 1}',
        b'{"auths": {"quay.io": {"auth": "%%%"}}}',
        b'{"auths": {"quay.io": {"auth": "bWU="}}}',
        b'{"credHelpers": {"quay.io": ["x"]}}',
    ],
)
def test_file_that_cannot_be_read_is_named_and_others_are_read(home: Path, content: bytes) -> None:
    origin = put(home / "run/containers/auth.json", content)
    login, (complaint,) = find_login("quay.io", "a")
    assert (login, complaint.startswith(origin)) == (None, True)
    put(home / ".docker/config.json", auths(**{"quay.io": "secret"}))
    assert password("quay.io") == "secret"
