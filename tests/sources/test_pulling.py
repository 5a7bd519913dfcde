"""What engines tell of a pull, put together; what can be pulled; what a refusal means."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from layerview.errors import LayerviewError, NotFoundError, ServiceError, UsageError
from layerview.image import Reference
from layerview.sources.containerd.pulling import _follow
from layerview.sources.pullers import pulled_by, pullers
from layerview.sources.pulling import LayerPull, refusal
from layerview.sources.tally import Tally
from tests.sources.images import Saved, docker_archive, simple, tar

_CTR_1 = """\
example.com/ten:1:                                                                resolved       |\x1b[32m++++++\x1b[0m|
manifest-sha256:13ffd3e25e55b48d74a76e6f18a26f7461c1ba5e2538324a5f043ede1c1bea84: done           |\x1b[32m++++++\x1b[0m|
layer-sha256:46eec946a1b76d63d31a90f1785021019979368b43e9e724bad97d31d9664094:    downloading    |\x1b[32m++++\x1b[0m--|  2.0 MiB/2.9 MiB
config-sha256:895bbb29397d1c2317295d3289c2feea6dc2df2786e4c27542377f7809cb6952:   done           |\x1b[32m++++++\x1b[0m|
layer-sha256:6fbd55a1d0fe1b67c6c3d44d2d2d961470e0a5ac160d6183265d0dc8dd9c0b93:    waiting        |\x1b[32m\x1b[0m------|
elapsed: 0.1 s                                                                    total:  9.3 Mi (68.0 MiB/s)
layer-sha256:46eec946a1b76d63d31a90f1785021019979368b43e9e724bad97d31d9664094:    waiting        |\x1b[32m\x1b[0m------|
layer-sha256:46eec946a1b76d63d31a90f1785021019979368b43e9e724bad97d31d9664094:    done           |\x1b[32m++++++\x1b[0m|
layer-sha256:6fbd55a1d0fe1b67c6c3d44d2d2d961470e0a5ac160d6183265d0dc8dd9c0b93:    exists         |\x1b[32m++++++\x1b[0m|
"""
_CTR_2 = """\
Pulling from OCI Registry (example.com/ten:1)\telapsed: 0.4 s\ttotal:   0.0 B\t(0.0 B/s)\t
example.com/ten:1                   \tfetching image content\t
└──manifest (13ffd3e25e55)              \twaiting    \t|\x1b[32m\x1b[0m------|\t
   ├──config (895bbb29397d)             \tcomplete   \t|\x1b[32m++++++\x1b[0m|\t
   ├──layer (46eec946a1b7)              \tdownloading\t|\x1b[32m++++\x1b[0m--|\t 2.0 MiB/2.9 MiB\t
   └──layer (6fbd55a1d0fe)              \tcomplete   \t|\x1b[32m++++++\x1b[0m|\t
   ├──layer (46eec946a1b7)              \tcomplete   \t|\x1b[32m++++++\x1b[0m|\t
"""


@pytest.mark.parametrize("printed", [_CTR_1, _CTR_2], ids=["version-1", "version-2"])
def test_what_ctr_prints_is_told_of_each_layer_and_never_goes_back(printed: str) -> None:
    moves: list[LayerPull] = []
    _follow(io.BytesIO(printed.encode()), moves.append)
    large = [layer for layer in moves if layer.id == "46eec946a1b7"]
    assert (large[0].state, large[0].done, large[0].size) == ("downloading", 2 << 20, int(2.9 * (1 << 20)))
    assert large[-1].complete and large[-1].fetched == large[-1].size == large[0].size
    assert [layer.fetched for layer in large] == sorted(layer.fetched for layer in large)
    assert {layer.id for layer in moves} == {"46eec946a1b7", "6fbd55a1d0fe"}
    assert [layer for layer in moves if layer.id == "6fbd55a1d0fe"][-1].complete


class TestFigures:
    def test_rate_and_time_left_are_those_of_the_last_seconds(self) -> None:
        now = 0.0
        tally = Tally(lambda: now)
        for second in range(1, 21):
            now = float(second)
            tally.take(LayerPull("a", "Downloading", second * 100, second * 100, 10_000))
            tally.take(LayerPull("b", "Downloading", second * 100, second * 100, 10_000))
        now = 21.0
        tally.take(LayerPull("a", "Downloading", 7_000, 7_000, 10_000))
        figures = tally.figures()
        assert (figures.fetched, figures.size) == (9_000, 20_000)
        assert figures.rate == pytest.approx(5_800 / 5, rel=0.2)
        assert figures.left == pytest.approx(11_000 / figures.rate)
        assert figures.words[:2] == ["0 of 2 layers", "9.0 kB of 20 kB"]

    def test_sizes_that_are_not_told_yet_make_the_whole_more(self) -> None:
        tally = Tally(lambda: 0.0)
        tally.take(LayerPull("a", "Downloading", 100, 100, 1_000))
        tally.take(LayerPull("b", "Waiting"))
        tally.take(LayerPull("c", "Already exists", complete=True))
        assert not tally.figures().is_size_known
        assert tally.figures().words == ["1 of 3 layers", "100 B of 1.0 kB or more"]

    def test_at_the_end_it_is_finishing(self) -> None:
        tally = Tally(lambda: 0.0)
        assert tally.figures().words == ["asking …"]
        tally.take(LayerPull("a", "done", 5, 5, 5, True))
        assert tally.figures().words == ["1 of 1 layers", "5 B of 5 B", "finishing …"]


class TestWhatCanBePulled:
    @pytest.mark.parametrize(
        "reference",
        ["registry:app", "container:app", "oci:folder", "docker-archive:a.tar", "./a.tar", "-", "0123456789ab"],
    )
    def test_not_what_has_no_name_on_a_registry(self, reference: str) -> None:
        with pytest.raises(UsageError):
            pullers(reference)

    def test_not_a_file_of_that_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "app").write_bytes(tar(docker_archive(Saved(simple("a")))))
        with pytest.raises(UsageError, match="is a file"):
            pullers("app")
        assert [puller.engine for puller in pullers("docker:app")] == ["docker"]
        (tmp_path / "app").write_bytes(b"a program that is called as its image")
        assert "docker" in [puller.engine for puller in pullers("app")]

    def test_a_name_is_that_of_docker_hub_unless_it_says_otherwise(self) -> None:
        (puller,) = pullers("docker:app")
        assert str(puller.reference) == "docker.io/library/app:latest"
        assert pullers("app")[0].engine == "docker"

    def test_what_is_opened_is_what_was_pulled(self) -> None:
        """Of podman:app, Podman would have one that was built on this machine."""
        (puller,) = pullers("podman:app")
        assert pulled_by(puller) == "podman:docker.io/library/app:latest"


@pytest.mark.parametrize(
    ("said", "kind", "hint"),
    [
        ("write /var/lib/x: no space left on device", ServiceError, "Free some space"),
        ("toomanyrequests: You have reached your pull rate limit", ServiceError, "Wait, or log in"),
        ("no matching manifest for linux/s390x in the manifest list entries", NotFoundError, "--platform"),
        ("unauthorized: authentication required", ServiceError, "docker login example.com"),
        ("pull access denied for app, repository does not exist or may require login", ServiceError, "Check the name"),
        ("manifest for example.com/app:1 not found: manifest unknown", NotFoundError, "Check the name and the tag"),
        ("http: server gave HTTP response to HTTPS client", ServiceError, "insecure"),
        ("x509: certificate signed by unknown authority", ServiceError, "trust"),
        ("dial tcp: lookup example.com: no such host", ServiceError, "does not reach the registry"),
        ("something else", ServiceError, "log"),
    ],
)
def test_a_refusal_says_what_to_do(said: str, kind: type[LayerviewError], hint: str) -> None:
    error = refusal("the Docker Engine", Reference.parse("example.com/app:1"), said, ("a helper failed",))
    assert type(error) is kind
    assert error.message == f"example.com/app:1 cannot be pulled by the Docker Engine: {said}; a helper failed"
    assert hint in error.hint


def test_a_name_that_reads_like_a_reason_is_none() -> None:
    """Neither in a port, nor in a repository, nor in a digest."""
    said = "manifest for localhost:34295/tls-denied:1 not found: manifest unknown: sha256:4294010"
    assert (
        refusal("containerd", Reference.parse("localhost:34295/tls-denied:1"), said).hint
        == "Check the name and the tag."
    )
