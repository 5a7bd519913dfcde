"""Which engines are asked for their images, and what is made of their answers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from layerview.errors import NotFoundError, ServiceError
from layerview.image import ListedImage, ListedLayer, Platform
from layerview.sources.docker import listing as docker_listing
from layerview.sources.docker.listing import DockerImages
from layerview.sources.listing import engines
from tests.sources.test_docker_endpoint import add_context, engine

_ID = f"sha256:{'1' * 64}"
_LAYERS = [f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"]


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of any engine: no settings, no commands, no stores."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINERD_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").mkdir()
    (tmp_path / "storage.conf").write_text(f'[storage]\ngraphroot = "{tmp_path}/none"\n')
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(tmp_path / "storage.conf"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("layerview.sources.docker.here._SOCKET", tmp_path / "docker.sock")
    monkeypatch.setattr("layerview.sources.podman.engine._SYSTEM_SOCKET", tmp_path / "podman.sock")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "config"


def _names() -> list[str]:
    return [engine.name for engine in engines()]


def _command(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\nexit 1\n")
    (folder / name).chmod(0o755)


class TestWhichEngines:
    def test_what_is_not_here_is_not_asked(self) -> None:
        assert _names() == []

    @pytest.mark.parametrize("variable", ["DOCKER_HOST", "DOCKER_CONTEXT"])
    def test_docker_that_the_environment_names(self, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(variable, "unix:///nowhere")
        assert _names() == ["docker"]

    def test_docker_by_its_socket(self, tmp_path: Path) -> None:
        (tmp_path / "docker.sock").touch()
        assert _names() == ["docker"]

    def test_docker_by_a_context(self, config: Path) -> None:
        add_context(config, "far", "tcp://far:2375")
        assert _names() == ["docker"]

    def test_commands(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of containerd they do not suffice: whoever may not use it has nothing of it."""
        for name in ("docker", "podman", "ctr"):
            _command(tmp_path, name)
        monkeypatch.setenv("CONTAINERD_ADDRESS", str(tmp_path / "containerd.sock"))
        assert _names() == ["docker", "podman"]
        (tmp_path / "containerd.sock").touch()
        assert _names() == ["docker", "podman", "containerd"]

    def test_podman_that_was_never_used_has_no_images(self, tmp_path: Path) -> None:
        _command(tmp_path, "podman")
        (podman,) = engines()
        assert podman.images() == []


def _listed(**fields: object) -> dict[str, object]:
    return {"Id": _ID, "Created": 1_741_600_800, "Size": 12, "RepoTags": ["a:1"], **fields}


def _manifest(os: str, architecture: str, available: bool = True) -> dict[str, object]:
    return {"Available": available, "ImageData": {"Platform": {"os": os, "architecture": architecture}}}


class TestDockersList:
    def answered(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: object) -> list[ListedImage]:
        return self.asked(tmp_path, monkeypatch, {"/version": {"ApiVersion": "1.41"}, "/v1.41/images/json": answer})

    def asked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[str, object]) -> list[ListedImage]:
        with engine(tmp_path / "e.sock", answers) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            return DockerImages().images()

    @pytest.mark.parametrize("tags", [None, [], ["<none>:<none>"]])
    def test_dangling(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tags: object) -> None:
        """Each version says it in a way of its own."""
        (image,) = self.answered(tmp_path, monkeypatch, [_listed(RepoTags=tags)])
        assert (image.names, image.reference) == ((), f"docker:{_ID}")

    @pytest.mark.parametrize("answer", [None, []])
    def test_no_images(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
        assert self.answered(tmp_path, monkeypatch, answer) == []

    @pytest.mark.parametrize(
        "answer",
        [{}, [1], [{"Id": 1}], [{}], [_listed(Size="1")], [_listed(RepoTags="a")], b"{", b"<html>", b"", (500, {})],
    )
    def test_of_the_wrong_shape(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
        with pytest.raises(ServiceError):
            self.answered(tmp_path, monkeypatch, answer)

    def test_the_platform_is_the_one_that_is_opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """That of this machine, of those that are there; attestations have none."""
        host = Platform.host()
        attested = {"Available": True, "Kind": "attestation"}
        answer = [
            _listed(Manifests=[attested, _manifest("linux", "s390x"), _manifest(host.os, host.architecture)]),
            _listed(Manifests=[_manifest(host.os, host.architecture, available=False), _manifest("linux", "s390x")]),
            _listed(Manifests=[attested]),
        ]
        answers: dict[str, object] = {"/version": {"ApiVersion": "1.47"}, "/v1.47/images/json?manifests=1": answer}
        platforms = [image.platform for image in self.asked(tmp_path, monkeypatch, answers)]
        assert platforms == [Platform(host.os, host.architecture), Platform("linux", "s390x"), None]

    def test_an_engine_that_hangs_is_given_up(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(docker_listing, "_PATIENCE", 1)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/silent.sock")
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(str(tmp_path / "silent.sock"))
            silent.listen()
            with pytest.raises(ServiceError, match="does not answer"):
                DockerImages().images()

    def test_layers_come_with_their_sizes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A size is told with the step that made the layer, the last one first; some steps made none."""
        told = {"Id": _ID, "Os": "linux", "Architecture": "arm64", "RootFS": {"Layers": _LAYERS}}
        steps = [
            {"CreatedBy": "CMD x"},
            {"CreatedBy": "RUN x", "Size": 7},
            {"CreatedBy": "ENV x"},
            {"CreatedBy": "COPY x", "Size": 5},
        ]
        answers: dict[str, object] = {
            "/version": {"ApiVersion": "1.41"},
            "/v1.41/images/json": [_listed()],
            f"/v1.41/images/{_ID}/json": told,
            f"/v1.41/images/{_ID}/history": steps,
        }
        with engine(tmp_path / "e.sock", answers) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            (image,) = DockerImages().images()
            assert (image.layers, image.platform) == (None, None)
            image = DockerImages().with_layers(image)
            assert image.layers == (ListedLayer(_LAYERS[0], 5), ListedLayer(_LAYERS[1], 7))
            assert image.platform == Platform("linux", "arm64")
            answers[f"/v1.41/images/{_ID}/history"] = steps[:1]
            silent = DockerImages().with_layers(image)
            assert silent.layers == (ListedLayer(_LAYERS[0], None), ListedLayer(_LAYERS[1], None))
            answers[f"/v1.41/images/{_ID}/json"] = (404, {"message": "No such image"})
            with pytest.raises(NotFoundError):
                DockerImages().with_layers(image)
