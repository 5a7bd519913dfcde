"""What is said and done where a registry misbehaves."""

from __future__ import annotations

import gzip
import json
import pickle
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from layerview import cli
from layerview.errors import DamagedError, LayerviewError, NotAnImageError, NotFoundError, ServiceError
from layerview.layers import LayerIndex, reading
from layerview.sources import Reading, open_source
from layerview.sources.registry import http as registry_http
from layerview.sources.registry.client import Repository
from layerview.sources.registry.login import Login
from layerview.sources.registry.places import Place
from tests.builders import file, layer
from tests.registries import free_port
from tests.sources.images import LAYER, Layout, digest, encode, for_platform, image, read, simple
from tests.sources.misbehaving import NAME, Fault, Misbehaving, breaks_off, hangs_up, misbehaving, sends, status

LARGE = layer(file("large", random.Random(7).randbytes(2_000_000)))
SMALL = gzip.compress(layer(file("small", b"x" * 1000)), mtime=0)
IMAGE = image(LARGE, gzip.decompress(SMALL), blobs=(LARGE, SMALL))
LAYOUT = Layout()
TOP = LAYOUT.image(IMAGE)["digest"]
BLOB, OTHER, CONFIG = (f"blobs/{digest(content)}" for content in (LARGE, SMALL, IMAGE.config))

BOMB = gzip.compress(gzip.compress(bytes(100_000_000), 1))
"""A hundred megabytes in some kilobytes."""

PAGE = b"<!doctype html><title>Log in</title>"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """No pause is made, but noted; nobody is logged in."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    for variable in ("DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    return pauses


@pytest.fixture
def registry() -> Iterator[Misbehaving]:
    """One with the image."""
    with misbehaving(LAYOUT, TOP) as running:
        yield running


def test_image_is_read_while_nothing_is_wrong(registry: Misbehaving) -> None:
    found = read(open_source(registry.reference))
    assert found.paths == {1: ["large"], 2: ["small"]}
    assert registry.sent == {
        "manifests/1": registry.sent["manifests/1"],
        CONFIG: len(IMAGE.config),
        BLOB: len(LARGE),
        OTHER: len(SMALL),
    }


class TestTransfers:
    def test_one_that_breaks_off_goes_on_and_nothing_comes_twice(self, registry: Misbehaving) -> None:
        registry.faults[BLOB] = [breaks_off(300_000), breaks_off(700_001), hangs_up, breaks_off(1)]
        assert not read(open_source(registry.reference)).faults
        assert registry.sent[BLOB] == len(LARGE)
        assert [asked.range for asked in registry.asked(BLOB)] == [
            "", "bytes=300000-", "bytes=1000001-", "bytes=1000001-", "bytes=1000002-",
        ]  # fmt: skip

    def test_registry_that_does_not_do_parts_is_read_past_what_has_come(self, registry: Misbehaving) -> None:
        registry.faults[BLOB] = [breaks_off(300_000), breaks_off(1_700_000, parts=False)]
        found = read(open_source(registry.reference))
        assert not found.faults
        index = found.layers[1]
        assert isinstance(index, LayerIndex)
        assert list(index.size) == [2_000_000]

    def test_other_part_than_was_asked_for_is_refused(self, registry: Misbehaving) -> None:
        part = status(206, LARGE[5:], Content_Range=f"bytes 5-{len(LARGE) - 1}/{len(LARGE)}")
        registry.faults[BLOB] = [breaks_off(300_000), part]
        assert "another part" in read(open_source(registry.reference)).faults[1]

    def test_one_that_never_gets_further_is_given_up(self, registry: Misbehaving, hurried: list[float]) -> None:
        registry.faults[BLOB] = [breaks_off(300_000)]
        registry.faults[BLOB] += [breaks_off(0)] * 9
        found = read(open_source(registry.reference))
        assert found.faults == {1: f"{registry.host} breaks off after 300,000 of {len(LARGE):,} bytes"}
        assert found.paths == {2: ["small"]}
        assert len(registry.faults[BLOB]) == 9 - len(registry_http.PAUSES)
        assert hurried == list(registry_http.PAUSES)

    @pytest.mark.parametrize(
        "stated", ["0", "1", f"{'0' * 300}7", "9" * 30, "9" * 5_000], ids=["0", "1", "zeros", "30", "5000"]
    )
    def test_size_that_is_another_than_the_manifest_s_is_told(self, registry: Misbehaving, stated: str) -> None:
        registry.always[BLOB] = sends(LARGE, Content_Length=stated)
        assert "of a blob that has 2,0" in read(open_source(registry.reference)).faults[1]

    def test_half_a_blob_is_damaged(self, registry: Misbehaving) -> None:
        registry.contents[BLOB] = LARGE[: len(LARGE) // 2]
        found = read(open_source(registry.reference))
        assert "of a blob that has" in found.faults[1]
        assert isinstance(found.layers[1], DamagedError)

    def test_blob_that_is_not_what_its_digest_says_is_not_trusted(self, registry: Misbehaving) -> None:
        """Statement 43."""
        registry.contents[BLOB] = LARGE[:5_000] + b"x" + LARGE[5_001:]
        assert "not what its digest says" in read(open_source(registry.reference)).faults[1]

    def test_blob_that_is_not_what_the_config_says_is_not_trusted(self) -> None:
        """Statement 43."""
        layout = Layout()
        top = layout.image(image(layer(file("a")), blobs=(layer(file("b")),)))
        with misbehaving(layout, top["digest"]) as registry:
            assert "tar is not what its digest says" in read(open_source(registry.reference)).faults[1]

    def test_blob_that_two_layers_claim_is_that_of_one_of_them(self) -> None:
        """Statement 43: else it would be kept under the diffID of another image's layer."""
        layout = Layout()
        blob = layer(file("a"))
        top = layout.image(image(blob, layer(file("b")), blobs=(blob, blob)))
        with misbehaving(layout, top["digest"]) as registry:
            found = read(open_source(registry.reference))
        assert (found.paths, list(found.faults)) == ({1: ["a"]}, [2])

    def test_blob_that_is_not_there_leaves_the_others(self, registry: Misbehaving) -> None:
        del registry.contents[BLOB]
        found = read(open_source(registry.reference))
        assert found.faults == {1: f"the layer is missing: {registry.host} lacks the blob {digest(LARGE)}"}
        assert found.paths == {2: ["small"]}

    def test_layer_that_may_not_be_distributed_is_said_to_be_so(self) -> None:
        """Statement 36."""
        layout = Layout()
        top = layout.image(simple("a"), LAYER.replace("layer", "layer.nondistributable"))
        with misbehaving(layout, top["digest"]) as registry:
            del registry.contents[f"blobs/{digest(layer(file('a')))}"]
            assert "the layer is not distributable" in read(open_source(registry.reference)).faults[1]

    def test_progress_is_told_by_bytes(self, registry: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "_PAUSE", 0)
        monkeypatch.setattr(reading, "_STEP", 500_000)
        reports: list[tuple[int, int, int]] = []
        job = max(open_source(registry.reference).jobs(), key=lambda job: job.cost)
        list(job.run(Reading(lambda *report: reports.append(report))))
        assert len(reports) >= 2
        assert {(layer, total) for layer, _, total in reports} == {(1, len(LARGE))}
        assert sorted(done for _, done, _ in reports) == [done for _, done, _ in reports]

    def test_what_was_fetched_before_a_fault_is_not_fetched_again(
        self, registry: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        registry.always[BLOB] = status(403)
        assert cli.main(["report", registry.reference, "-o", f"json={tmp_path / 'a'}"]) == ServiceError.exit_status
        registry.always.clear()
        assert cli.main(["report", registry.reference, "-o", f"json={tmp_path / 'a'}"]) == 0
        assert (registry.sent[BLOB], registry.sent[OTHER]) == (len(LARGE), len(SMALL))


class TestPatience:
    @pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
    def test_busy_registry_is_asked_again(self, registry: Misbehaving, hurried: list[float], code: int) -> None:
        registry.faults = {"manifests/1": [status(code)], BLOB: [status(code), status(code)]}
        assert not read(open_source(registry.reference)).faults
        assert hurried == [*registry_http.PAUSES[:1], *registry_http.PAUSES[:2]]

    def test_it_is_asked_again_when_it_says(self, registry: Misbehaving, hurried: list[float]) -> None:
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
        registry.faults["manifests/1"] = [
            status(429, Retry_After="7"),
            status(503, Retry_After=later),
            status(429, Retry_After="?"),
        ]
        assert not read(open_source(registry.reference)).faults
        assert hurried[0] == 7
        assert registry_http.PAUSES[1] < hurried[1] <= 20
        assert hurried[2] == registry_http.PAUSES[2]

    def test_one_that_always_breaks_off_is_given_up(self, registry: Misbehaving, hurried: list[float]) -> None:
        registry.always[CONFIG] = breaks_off(50)
        with pytest.raises(ServiceError, match="breaks off"):
            open_source(registry.reference).describe()
        assert hurried == list(registry_http.PAUSES)

    def test_it_is_not_waited_for_forever(self, registry: Misbehaving, hurried: list[float]) -> None:
        registry.always["manifests/1"] = status(429, Retry_After="3600")
        with pytest.raises(ServiceError, match="wants fewer requests") as raised:
            open_source(registry.reference).describe()
        assert (raised.value.hint[:19], hurried) == ("Try again in 3600 s", [])

    @pytest.mark.parametrize("digits", [6, 30, 5_000])
    def test_time_that_nobody_waits_is_not_told_in_seconds(
        self, registry: Misbehaving, hurried: list[float], digits: int
    ) -> None:
        registry.always["manifests/1"] = status(503, Retry_After="9" * digits)
        with pytest.raises(ServiceError, match="is at fault") as raised:
            open_source(registry.reference).describe()
        assert (raised.value.hint, hurried) == ("Try again another day.", [])

    def test_one_that_stays_at_fault_is_given_up(self, registry: Misbehaving, hurried: list[float]) -> None:
        registry.always["manifests/1"] = status(503, PAGE, Content_Type="text/html")
        with pytest.raises(ServiceError, match="is at fault \\(503\\)"):
            open_source(registry.reference).describe()
        assert hurried == list(registry_http.PAUSES)

    def test_one_that_hangs_up_is_asked_again(self, registry: Misbehaving) -> None:
        registry.faults = {"manifests/1": [hangs_up, breaks_off(50)], CONFIG: [breaks_off(0), hangs_up]}
        assert not read(open_source(registry.reference)).faults


class TestAnswers:
    @pytest.mark.parametrize(
        ("path", "fault", "kind", "words"),
        [
            ("manifests/1", status(401), ServiceError, "wants a login"),
            ("manifests/1", status(401, WWW_Authenticate="Negotiate"), ServiceError, "wants a login"),
            ("manifests/1", status(401, WWW_Authenticate='Bearer realm="/v2/token"'), ServiceError, "gives no token"),
            ("manifests/1", status(403), ServiceError, "does not let team/app be read"),
            ("manifests/1", status(404), NotFoundError, "has no team/app:1"),
            ("manifests/1", status(418), ServiceError, "status 418"),
            ("manifests/1", sends(PAGE, Content_Type="text/html; charset=utf-8"), ServiceError, "answers with a web page"),
            ("manifests/1", sends(PAGE), DamagedError, "cannot be read"),
            ("manifests/1", sends(b"[]"), DamagedError, "cannot be read"),
            ("manifests/1", sends(b"{}"), DamagedError, "cannot be read"),
            ("manifests/1", sends(b"{" + b" " * (9 << 20)), DamagedError, "larger than any"),
            ("manifests/1", sends(b'{"schemaVersion": 1}'), NotAnImageError, "from before 2016"),
            ("manifests/1", sends(b"{}", Docker_Content_Digest=TOP), DamagedError, "not what its digest"),
            ("manifests/1", status(302, Location="/v2/"), DamagedError, "cannot be read"),
            ("manifests/1", status(302, Location=f"/v2/{NAME}/manifests/1"), ServiceError, "redirects in a circle"),
            ("manifests/1", status(302, Location="http://["), ServiceError, "an address that is none"),
            ("manifests/1", status(302, Location="file:///etc/passwd"), ServiceError, "an address that is none"),
            ("manifests/1", status(302, Location="http://\xe4\xff..x/ "), ServiceError, "an address that is none"),
            ("manifests/1", status(401, WWW_Authenticate='Bearer realm="http://x:y"'), ServiceError, "an address that is none"),
            ("manifests/1", status(401, WWW_Authenticate='Bearer realm="http://x.invalid/"'), ServiceError, "no host x"),
            ("manifests/1", status(401, WWW_Authenticate='Bearer realm='), ServiceError, "gives no token"),
            ("manifests/1", status(302, Location="https://*/x"), ServiceError, r"'\*' is no host"),
            ("manifests/1", status(302, Location=f"https://{'a' * 64}/"), ServiceError, "more than 63 letters"),
            ("manifests/1", status(302, Location="ftp://127.0.0.1/x"), ServiceError, "neither of http nor of https"),
            ("manifests/1", status(302), ServiceError, "status 302"),
            ("manifests/1", sends(BOMB, Content_Encoding="gzip"), DamagedError, "cannot be read"),
            ("manifests/1", sends(b"[" * 1_000_000), DamagedError, "cannot be read"),
            ("manifests/1", sends(b"x", Content_Length="9" * 5_000), DamagedError, "cannot be read"),
            ("manifests/1", sends(b"x", Content_Length="1, 2"), ServiceError, "does not speak HTTP as it should"),
            ("manifests/1", sends(b"no size\r\n", Transfer_Encoding="chunked"), ServiceError, "does not speak HTTP as it"),
            (CONFIG, sends(IMAGE.config, Content_Length=str(len(IMAGE.config) - 1)), DamagedError, "not what its digest"),
            (CONFIG, sends(IMAGE.config, Content_Length=str(len(IMAGE.config) + 1)), ServiceError, "breaks off"),
            (CONFIG, status(404), NotFoundError, "lacks the blob"),
            (CONFIG, sends(b"{}"), DamagedError, "not what its digest"),
            (CONFIG, sends(PAGE, Content_Type="text/html"), ServiceError, "answers with a web page"),
        ],
    )  # fmt: skip
    def test_wrong_answer_is_one_clear_error(
        self, registry: Misbehaving, path: str, fault: Fault, kind: type[LayerviewError], words: str
    ) -> None:
        registry.always[path] = fault
        with pytest.raises(kind, match=words) as raised:
            open_source(registry.reference).describe()
        assert type(raised.value) is kind
        assert raised.value.hint
        assert "\n" not in raised.value.message

    def test_blob_that_is_a_web_page_is_the_layer_s_fault(self, registry: Misbehaving) -> None:
        registry.always[BLOB] = sends(PAGE, Content_Type="text/html")
        found = read(open_source(registry.reference))
        assert "answers with a web page" in found.faults[1]
        assert found.paths == {2: ["small"]}

    def test_what_is_no_image_is_said_to_be_none(self) -> None:
        layout = Layout()
        top = layout.blob(encode({"config": layout.blob(b"{}", "application/vnd.cncf.helm.config.v1+json")}), "")
        with misbehaving(layout, top["digest"]) as registry, pytest.raises(NotAnImageError, match="is no image"):
            open_source(registry.reference).describe()

    def test_registry_that_is_not_there(self) -> None:
        host = f"localhost:{free_port()}"
        with pytest.raises(ServiceError, match=f"No registry answers at {host}"):
            open_source(f"registry:{host}/{NAME}").describe()

    def test_proxy_that_is_not_there_is_named_and_not_used_for_this_machine(
        self, registry: Misbehaving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{free_port()}")
        for variable in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(variable, raising=False)
        assert not read(open_source(registry.reference)).faults
        with pytest.raises(ServiceError, match="proxy cannot be used"):
            open_source("registry:registry.invalid/a").describe()

    @pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "http:///nowhere"])
    def test_proxy_of_a_kind_that_cannot_be_used_is_named(self, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("ALL_PROXY", proxy)
        with pytest.raises(ServiceError, match="proxy cannot be used: it needs PySocks, or its address is none"):
            open_source("registry:registry.invalid/a").describe()

    def test_status_says_whose_fault_it_is(self, registry: Misbehaving, capsys: pytest.CaptureFixture[str]) -> None:
        registry.always["manifests/1"] = status(403)
        assert cli.main(["report", registry.reference]) == 3
        registry.always["manifests/1"] = status(404)
        assert cli.main(["report", registry.reference]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 4


class TestTokens:
    @pytest.mark.parametrize(
        ("token", "words"),
        [
            ("a\r\nX-Evil: b", "gives a token that is none"),
            ("a\nb", "gives a token that is none"),
            ("a b", "gives a token that is none"),
            ("a\0", "gives a token that is none"),
            ("ключ", "gives a token that is none"),
            ("\ud800", "gives a token that is none"),
            ("é", "gives a token that is none"),
            ("", "gives no token"),
            (1, "gives no token"),
            (["a"], "gives no token"),
            (None, "gives no token"),
        ],
    )
    @pytest.mark.parametrize("name", ["token", "access_token"])
    def test_token_that_cannot_be_sent_is_one_clear_error(
        self, registry: Misbehaving, name: str, token: object, words: str
    ) -> None:
        registry.always["manifests/1"] = status(401, WWW_Authenticate='Bearer realm="/token"')
        registry.contents["/token"] = json.dumps({name: token}).encode()
        with pytest.raises(ServiceError, match=f"{registry.host} {words}") as raised:
            open_source(registry.reference).describe()
        assert raised.value.message.isprintable()
        assert len(registry.asked("manifests/1")) == 1

    @pytest.mark.parametrize(
        "answer",
        [b"", b"[]", BOMB, b"[" * 1_000_000, b"{" + b" " * (9 << 20)],
        ids=["nothing", "a list", "a bomb", "a million lists", "nine megabytes"],
    )
    def test_answer_that_is_no_token_is_one_clear_error(self, registry: Misbehaving, answer: bytes) -> None:
        registry.always["manifests/1"] = status(401, WWW_Authenticate='Bearer realm="/token"')
        registry.always["/token"] = sends(answer, Content_Encoding="gzip")
        with pytest.raises(ServiceError, match=f"{registry.host} gives no token"):
            open_source(registry.reference).describe()

    @pytest.mark.parametrize(
        "challenge",
        ["Bearer", "Bearer realm", 'Bearer realm="', "Bearer realm=é", "Bearer " + "," * 60_000, "Bearer ="],
    )
    def test_challenge_that_makes_no_sense_is_one_clear_error(self, registry: Misbehaving, challenge: str) -> None:
        registry.always["manifests/1"] = status(401, WWW_Authenticate=challenge)
        with pytest.raises(ServiceError, match=r"wants a login|gives no token|address that is none"):
            open_source(registry.reference).describe()

    def test_login_is_not_sent_without_tls_to_another_host(self, registry: Misbehaving) -> None:
        registry.always["manifests/1"] = status(401, WWW_Authenticate='Bearer realm="http://tokens.invalid/token"')
        repository = Repository(Place(registry.host, NAME, True), login=Login("me", "secret"))
        with pytest.raises(ServiceError, match=r"tokens\.invalid without TLS"):
            repository.manifest("1")

    def test_token_and_login_go_to_other_processes_and_are_not_shown(self) -> None:
        repository = Repository(Place("h", "n"), "http://h", Login("me", "secret", "hidden"), "Bearer covert")
        again = pickle.loads(pickle.dumps(repository))
        assert again.__reduce__() == repository.__reduce__()
        shown = f"{repository!r}{Login('me', 'secret', 'hidden')!r}"
        assert not any(word in shown for word in ("secret", "hidden", "covert"))


class TestPlatforms:
    def test_only_what_is_wanted_is_asked_for(self) -> None:
        """A manifest counts as a pull where pulls are limited."""
        layout = Layout()
        wanted, *others = [
            layout.image(simple(name, platform=name), **for_platform(name))
            for name in ("linux/arm64", "linux/s390x", "windows/amd64")
        ]
        top = layout.index(*others, wanted)
        with misbehaving(layout, top["digest"]) as registry:
            assert read(open_source(registry.reference, platform="linux/arm64")).paths == {1: ["linux/arm64"]}
        manifests = [asked.path for asked in registry.requests if asked.path.startswith("manifests/")]
        assert manifests == ["manifests/1", f"manifests/{wanted['digest']}"]

    def test_the_only_platform_that_there_is_is_taken_unless_told(self) -> None:
        layout = Layout()
        top = layout.index(layout.image(simple("x", platform="linux/s390x"), **for_platform("linux/s390x")))
        with misbehaving(layout, top["digest"]) as registry:
            assert read(open_source(registry.reference)).paths == {1: ["x"]}

    def test_several_of_which_none_is_this_machine_s_are_listed(self) -> None:
        """Statement 39."""
        layout = Layout()
        names = ("linux/s390x", "linux/mips64le")
        top = layout.index(*(layout.image(simple(name, platform=name), **for_platform(name)) for name in names))
        with misbehaving(layout, top["digest"]) as registry, pytest.raises(LayerviewError) as raised:
            open_source(registry.reference).describe()
        assert raised.value.hint == "Choose by --platform linux/s390x or --platform linux/mips64le."

    def test_index_that_leads_to_a_manifest_with_another_digest_is_not_trusted(self) -> None:
        """Statement 43."""
        layout = Layout()
        listed = layout.image(simple("x"), **for_platform("linux/amd64"))
        top = layout.index(listed)
        with misbehaving(layout, top["digest"]) as registry:
            registry.contents[f"manifests/{listed['digest']}"] = json.dumps({}).encode()
            with pytest.raises(DamagedError, match="not what its digest"):
                open_source(registry.reference, platform="linux/amd64").describe()
