"""Images pulled from a real registry by each engine, and read from it without one: progress, stops, refusals."""

from __future__ import annotations

import base64
import io
import json
import os
import random
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview import cli
from layerview.errors import LayerviewError, NotFoundError, ServiceError
from layerview.exploration import Aborted, Exploration, ExplorationEvent, Finished, Progressed
from layerview.image import Platform
from layerview.layers import Cache, LayerIndex
from layerview.sources import open_source
from layerview.sources.pullers import pulled_by, pullers
from layerview.sources.pulling import LayerPull, Stop
from layerview.sources.registry.connections import session
from layerview.sources.tally import Tally
from tests.builders import file, layer
from tests.commands import told
from tests.engines.conftest import containerd_host, require, run
from tests.engines.relay import relayed
from tests.engines.running_containerd import running_containerd
from tests.engines.slow import SlowRegistry, slowed
from tests.registries import PASSWORD, USER, RunningRegistry, htpasswd, registry
from tests.sources.images import Layout, Saved, docker_archive, for_platform, image, simple, tar
from tests.terminal import LAYERVIEW, Terminal
from tests.waiting import PATIENCE, until

LAYERS = 10
_LIMIT = 480_000
"""Bytes that come of each layer at first: all of the lowest four, and a part of the others."""


@dataclass(frozen=True)
class Engine:
    """One that pulls."""

    scheme: str
    remove: tuple[str, ...]
    """The beginning of a command that removes an image."""
    keeps: float = 1
    """Which part of the layers that it has whole it keeps when a pull is stopped, at least."""
    busy: tuple[str, ...] = ("downloading",)
    """What it calls a layer that it fetches."""
    has_stored: Callable[[], bool] = lambda: True
    """Whether it has put some of them into its store, where it does not tell that itself."""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pulling")


@pytest.fixture(scope="module")
def running(work: Path) -> Iterator[RunningRegistry]:
    with registry(work / "open") as running:
        yield running


@pytest.fixture(scope="module")
def guarded(work: Path) -> Iterator[RunningRegistry]:
    """A registry that wants a user's password."""
    (work / "guarded").mkdir()
    with registry(work / "guarded", auth=htpasswd(work / "guarded")) as running:
        running.push(f"docker-archive:{_archive(work / 'small.tar', 1)}", "small:1")
        yield running


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, running: RunningRegistry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody is logged in anywhere; where logins and caches are kept during a test."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    session.cache_clear()
    return tmp_path


@pytest.fixture
def slow(running: RunningRegistry) -> Iterator[SlowRegistry]:
    with slowed(running.host, _LIMIT) as slow:
        yield slow


@pytest.fixture
def ten(running: RunningRegistry, slow: SlowRegistry, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The name of an image of ten layers that no engine has one of, on the slow registry."""
    path = f"ten/{abs(hash(request.node.name)) % 10**9}:1"
    running.push(f"docker-archive:{_archive(tmp_path / 'ten.tar', LAYERS)}", path)
    return f"{slow.host}/{path}"


def _archive(path: Path, layers: int) -> Path:
    """An image whose layers nobody has, each larger than the one below."""
    contents = [layer(file(f"file-{number}", random.randbytes(110_000 * number))) for number in range(1, layers + 1)]
    path.write_bytes(tar(docker_archive(Saved(image(*contents), ("example.com/ten:1",)))))
    return path


@pytest.fixture(params=["docker", "docker-containerd", "podman", "containerd"])
def engine(
    request: pytest.FixtureRequest, slow: SlowRegistry, guarded: RunningRegistry, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    """Each engine in turn."""
    with _engine(request.param, (slow.host, guarded.host), monkeypatch) as engine:
        yield engine


@contextmanager
def _engine(name: str, registries: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    if name == "docker":
        require("docker")
        yield Engine("docker", ("docker", "rmi", "--force"), keeps=0)
    elif name == "docker-containerd":
        monkeypatch.setenv("DOCKER_HOST", containerd_host())
        # containerd tells of what it fetches by the megabyte.
        yield Engine("docker", ("docker", "rmi", "--force"), busy=("pulling fs layer", "downloading"))
    elif name == "podman":
        require("podman")
        with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder:
            Path(folder, "storage.conf").write_text(
                f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/store"\nrunroot = "{folder}/run"\n'
            )
            Path(folder, "registries.conf").write_text(
                "".join(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n' for host in registries)
            )
            monkeypatch.setenv("CONTAINERS_STORAGE_CONF", f"{folder}/storage.conf")
            monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", f"{folder}/registries.conf")
            try:
                stored = Path(folder, "store/overlay-layers/layers.json")
                busy = ("pulling fs layer", "downloading")
                yield Engine("podman", ("podman", "rmi", "--force"), 0.5, busy, lambda: _layers_in(stored) >= 3)
            finally:  # it mounts the store over itself
                subprocess.run(["umount", f"{folder}/store/overlay"], capture_output=True, check=False)
    else:
        require("containerd", "ctr")
        if os.getuid() != 0:
            pytest.skip("only root can run containerd")
        with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder, running_containerd(Path(folder)) as address:
            monkeypatch.setenv("CONTAINERD_ADDRESS", address)
            yield Engine("containerd", ("ctr", "--address", address, "images", "rm", "--sync"))


def _layers_in(store: Path) -> int:
    with suppress(OSError, ValueError):
        return len(json.loads(store.read_text()))
    return 0


@contextmanager
def removed(engine: Engine, name: str) -> Iterator[None]:
    """The engine has the image no more afterwards, if it has it then."""
    try:
        yield
    finally:
        subprocess.run([*engine.remove, name], capture_output=True, check=False)


def blobs(running: RunningRegistry, name: str) -> dict[str, int]:
    """The layers that the registry has of an image: the beginnings of their digests, and their sizes."""
    path = name.partition("/")[2].partition(":")[0]
    manifest = run("skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{running.host}/{path}:1")
    return {each["digest"][7:19]: each["size"] for each in json.loads(manifest)["layers"]}


@contextmanager
def pulling(name: str, progress: Callable[[LayerPull], None], stop: Stop | None = None) -> Iterator[threading.Thread]:
    """A pull in a thread, which is to end within the block."""
    (puller,) = pullers(name)
    stop = stop or Stop()
    failures: list[LayerviewError] = []

    def run() -> None:
        try:
            puller.pull(progress, stop)
        except LayerviewError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
        assert not failures
    finally:
        stop()
        thread.join()


def _children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


def _command(process: str) -> list[str]:
    """What a process runs; nothing where it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text().split("\0")[:-1]
    return []


def pull(name: str, progress: Callable[[LayerPull], None] = lambda layer: None) -> None:
    (puller,) = pullers(name)
    puller.pull(progress, Stop())


class TestTenLayers:
    def test_are_pulled_in_parallel_each_with_its_progress(
        self, engine: Engine, ten: str, running: RunningRegistry, slow: SlowRegistry, tmp_path: Path
    ) -> None:
        """Their states and bytes are the engine's; then the image is the one that was pushed."""
        sizes, tally, moves = blobs(running, ten), Tally(), dict[str, list[LayerPull]]()

        def take(layer: LayerPull) -> None:
            tally.take(layer)
            moves.setdefault(layer.id, []).append(layer)

        with removed(engine, ten):
            with pulling(f"{engine.scheme}:{ten}", take) as thread:
                until(lambda: sum(layer.state.lower() in engine.busy for layer in tally.layers) > 1)
                slow.release()
                thread.join()
            assert moves.keys() >= sizes.keys()
            assert all(moves[id][-1].complete for id in sizes)
            assert tally.figures().complete == tally.figures().layers
            for id in sizes:
                told_of = [layer for layer in moves[id] if layer.size]
                # ctr rounds to a tenth of a megabyte.
                assert all(layer.size == pytest.approx(sizes[id], abs=60_000) for layer in told_of)
                assert [layer.fetched for layer in told_of] == sorted(layer.fetched for layer in told_of)
                assert not told_of or told_of[-1].fetched == told_of[-1].size
            assert told(f"{engine.scheme}:{ten}") == told(str(tmp_path / "ten.tar"))

    def test_a_stopped_pull_goes_on_where_it_was(
        self, engine: Engine, ten: str, running: RunningRegistry, slow: SlowRegistry
    ) -> None:
        """What the engine has whole is not fetched again, but for what Podman has not put into its store by then.

        Docker's own store lets go of all of it. Of the four layers that are whole, ctr of version 1 goes on to call one
        "waiting" that has come between two looks at it.
        """
        slow.pause = 0.02
        tally, stop = Tally(), Stop()
        with removed(engine, ten):
            with pulling(f"{engine.scheme}:{ten}", tally.take, stop):
                until(lambda: tally.figures().complete >= 3 and engine.has_stored())
            whole = {layer.id for layer in tally.layers if layer.complete}
            assert 3 <= len(whole) <= 4
            with pytest.raises(NotFoundError):  # also where nothing was pulled before
                open_source(f"{engine.scheme}:{ten}").describe()
            slow.pause = 0
            slow.release()
            slow.asked.clear()
            pull(f"{engine.scheme}:{ten}")
            again = set(slow.asked) & blobs(running, ten).keys()
            assert again
            assert len(whole - again) >= engine.keeps * len(whole)
            image = open_source(f"{engine.scheme}:{ten}").describe()
            assert image is not None and len(image.layers) == LAYERS

    def test_without_an_engine_tell_each_how_far_they_are(self, ten: str, slow: SlowRegistry) -> None:
        slow.release()
        slow.pause = 0.003
        told_of: dict[int, list[Progressed]] = {}
        ended = threading.Event()

        def listen(event: ExplorationEvent) -> None:
            if isinstance(event, Progressed):
                told_of.setdefault(event.layer, []).append(event)
            if isinstance(event, Finished | Aborted):
                ended.set()

        exploration = Exploration(open_source(f"registry:{ten}"))
        exploration.start(listen)
        assert ended.wait(PATIENCE)
        exploration.close()
        assert sorted(told_of) == list(range(1, LAYERS + 1))
        assert all(events[-1].done == events[-1].total for events in told_of.values())
        assert 0 < told_of[LAYERS][0].done < told_of[LAYERS][0].total

    def test_without_an_engine_are_fetched_once_where_the_reader_leaves_half_way(
        self, ten: str, slow: SlowRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The layers that were indexed by then."""
        monkeypatch.chdir(tmp_path)
        with Terminal(*LAYERVIEW, f"registry:{ten}", cache=tmp_path) as program:
            program.until(lambda: re.search("[1-9]/10 ▕", program.screen) is not None)
            program.press(b"q")
            assert program.ended() == 0
        image = open_source(f"registry:{ten}").describe()
        assert image is not None
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        cache = Cache(tmp_path / "layerview")
        left = {layer.digest[7:19] for layer in image.layers if cache.get(LayerIndex, layer.diff_id) is None}
        assert 0 < len(left) < LAYERS
        slow.release()
        slow.asked.clear()
        assert cli.main(["report", f"registry:{ten}", "-o", f"json={tmp_path / 'report'}"]) == 0
        config = image.id.removeprefix("sha256:")[:12]
        assert sorted(slow.asked) == sorted([*left, config])


class TestScreen:
    def test_a_name_that_no_engine_has_is_asked_about_pulled_and_opened(
        self, ten: str, slow: SlowRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        require("docker")
        monkeypatch.chdir(tmp_path)
        docker = Engine("docker", ("docker", "rmi", "--force"))
        with removed(docker, ten), Terminal(*LAYERVIEW, ten) as program:
            program.shows("Pull it into the Docker Engine")
            program.shows("Look at it on its registry")
            program.press(b"\r")
            program.shows("Downloading")
            program.shows("Pull complete")
            program.shows("of 10 layers")
            slow.release()
            program.shows("Layers · 10")
            program.shows("file-1")
            program.press(b"q")
            assert program.ended() == 0
            program.assert_as_found()
            run("docker", "image", "inspect", ten)

    @pytest.mark.parametrize("keys", [b"q", b"\x03"], ids=["q", "ctrl-c"])
    def test_a_pull_is_stopped_by_a_key(
        self, ten: str, keys: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        require("docker")
        monkeypatch.chdir(tmp_path)
        with Terminal(*LAYERVIEW, "--pull", f"docker:{ten}") as program:
            program.shows("Downloading")
            program.press(keys)
            assert program.ended() == 130
            program.assert_as_found()
            with pytest.raises(NotFoundError):
                open_source(f"docker:{ten}").describe()

    def test_the_registry_can_be_looked_at_instead(
        self, ten: str, slow: SlowRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        require("docker")
        slow.release()
        monkeypatch.chdir(tmp_path)
        with Terminal(*LAYERVIEW, ten) as program:
            program.shows("Pull it?")
            program.press(b"\x1b[B\r")
            program.shows("file-1")
            program.press(b"q")
            assert program.ended() == 0
            with pytest.raises(NotFoundError):
                open_source(f"docker:{ten}").describe()

    def test_what_the_engine_refuses_is_told_with_what_to_do_and_may_be_left(
        self, slow: SlowRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        require("docker")
        monkeypatch.chdir(tmp_path)
        with Terminal(*LAYERVIEW, f"docker:{slow.host}/absent:1") as program:
            program.shows("Pull it into the Docker Engine")
            assert "registry" not in program.screen
            program.press(b"\r")
            program.shows("manifest unknown")
            program.shows("Check the name and the tag.")
            program.press(b"q")
            assert program.ended() == 2
            program.assert_as_found()


class TestWithoutAScreen:
    def test_pull_pulls_anew_and_says_so_in_one_line(
        self, running: RunningRegistry, work: Path, slow: SlowRegistry
    ) -> None:
        """Where standard error is no terminal; the image that is there already is the older one."""
        require("docker")
        slow.release()
        name = f"{slow.host}/changing:1"
        docker = Engine("docker", ("docker", "rmi", "--force"))
        with ExitStack() as images:
            for content in (b"old", b"newer"):
                layers = layer(file(content.decode(), content))
                (work / "one.tar").write_bytes(tar(docker_archive(Saved(image(layers), ("example.com/one:1",)))))
                running.push(f"docker-archive:{work / 'one.tar'}", "changing:1")
                command = [sys.executable, "-m", "layerview", "ls", "--no-cache", "--pull", f"docker:{name}"]
                done = subprocess.run(command, capture_output=True, check=True, text=True)
                images.enter_context(removed(docker, run("docker", "images", "--quiet", name).decode().strip()))
                assert done.stdout.splitlines()[-1].endswith(content.decode())
                assert len(done.stderr.splitlines()) == 1
                assert f"pulled {name}" in done.stderr

    def test_podman_s_service_does_not_outlive_who_was_killed(
        self, ten: str, slow: SlowRegistry, guarded: RunningRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """But waits for a pull that stands still for longer than it would be without one."""
        with _engine("podman", (slow.host, guarded.host), monkeypatch):
            command = [sys.executable, "-m", "layerview", "ls", "--no-cache", "--pull", f"podman:{ten}"]
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as program:
                until(lambda: bool(slow.asked))
                (service,) = (id for id in _children(program.pid) if "service" in _command(id))
                *command, address = _command(service)
                socket = Path(address.removeprefix("unix://"))
                subprocess.run([*command, f"{address}.other"], check=True)  # ends as soon as one does that has no pull
                assert _command(service)
                program.kill()
            until(lambda: not _command(service))
            socket.parent.rmdir()

    def test_nothing_is_pulled_unasked(self, ten: str, slow: SlowRegistry, capsys: pytest.CaptureFixture[str]) -> None:
        require("docker")
        slow.release()
        assert cli.main(["ls", ten, "--no-cache"]) == 0
        assert "file-1" in capsys.readouterr().out
        with pytest.raises(NotFoundError):
            open_source(f"docker:{ten}").describe()

    def test_a_terminal_is_told_now_and_then(
        self, ten: str, slow: SlowRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        require("docker")
        monkeypatch.setattr("layerview.cli.pulling._PAUSE", 0)
        slow.release()

        class Screen(io.StringIO):
            def isatty(self) -> bool:
                return True

        with removed(Engine("docker", ("docker", "rmi", "--force")), ten), redirect_stderr(Screen()) as screen:
            assert cli.main(["history", "--pull", f"docker:{ten}"]) == 0
        lines = screen.getvalue().splitlines()
        assert len(lines) > 3
        assert any(re.fullmatch(r"\d+ of 10 layers, \S+ .?B of \S+ .?B.*", line) for line in lines), lines

    @pytest.mark.parametrize("name", ["docker", "containerd"])
    def test_the_platform_is_the_one_that_is_asked_for(
        self, name: str, running: RunningRegistry, slow: SlowRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        layout = Layout()
        images = [
            layout.image(simple(f"for-{platform[6:]}", platform=platform), **for_platform(platform))
            for platform in ("linux/amd64", "linux/arm64")
        ]
        layout.index(*images)
        running.put(layout, "several", "1")
        slow.release()
        reference = f"{slow.host}/several:1"
        with _engine(name, (), monkeypatch) as engine, removed(engine, reference):
            (puller,) = pullers(f"{engine.scheme}:{reference}", platform="linux/arm64")
            puller.pull(lambda layer: None, Stop())
            image = open_source(f"{engine.scheme}:{reference}", platform="linux/arm64").describe()
            assert image is not None and image.platform == Platform("linux", "arm64")

    def test_what_is_pulled_by_a_digest_is_found_by_it_whatever_tag_is_beside(
        self, engine: Engine, running: RunningRegistry, slow: SlowRegistry
    ) -> None:
        """Also that of an index, where the image was pulled by its tag."""
        layout = Layout()
        here = layout.image(simple(f"of-{engine.scheme}"), **for_platform(str(Platform.host())))
        index = layout.index(here)["digest"]
        running.put(layout, "pinned", "1")
        slow.release()
        reference = f"{slow.host}/pinned:1@{index}"
        for pulled in (reference, f"{slow.host}/pinned:1"):
            (puller,) = pullers(f"{engine.scheme}:{pulled}")
            with removed(engine, pulled.replace(":1@", "@")):
                puller.pull(lambda layer: None, Stop())
                for name in (pulled_by(puller), f"{engine.scheme}:{reference}"):
                    image = open_source(name).describe()
                    assert image is not None and len(image.layers) == 1
                    assert all(each.count("@") == 1 for each in image.digests)


class TestRefusals:
    def test_a_login_is_handed_over_and_a_wrong_one_is_no_secret(
        self, engine: Engine, guarded: RunningRegistry, settings: Path
    ) -> None:
        name = f"{engine.scheme}:{guarded.host}/small:1"
        login = settings / "docker/config.json"
        login.parent.mkdir()
        _log_in(login, guarded.host, "not-the-password")
        with pytest.raises(ServiceError) as raised:
            pull(name)
        assert f"docker login {guarded.host}" in raised.value.hint
        assert "not-the-password" not in str(raised.value) and "bm90LXRoZS1wYXNzd29yZA" not in str(raised.value)
        _log_in(login, guarded.host, PASSWORD)
        with removed(engine, name.partition(":")[2]):
            pull(name)
            assert open_source(name).describe() is not None

    def test_an_image_that_the_registry_has_not(self, engine: Engine, slow: SlowRegistry) -> None:
        with pytest.raises(NotFoundError, match="absent:1 cannot be pulled by") as raised:
            pull(f"{engine.scheme}:{slow.host}/absent:1")
        assert raised.value.hint == "Check the name and the tag."

    def test_a_registry_that_does_not_answer(self) -> None:
        require("docker")
        with pytest.raises(ServiceError, match="cannot be pulled by") as raised:
            pull("docker:localhost:1/absent:1")
        assert "does not reach the registry" in raised.value.hint

    def test_an_engine_that_goes_away_in_the_middle(self, ten: str, monkeypatch: pytest.MonkeyPatch) -> None:
        require("docker")
        with relayed(at_bytes=4_000) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            with pytest.raises(ServiceError, match="broke off in the middle"):
                pull(f"docker:{ten}")

    def test_no_engine_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        assert cli.main(["ls", "--pull", "docker:absent:1"]) == 3


def _log_in(file: Path, host: str, password: str) -> None:
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    file.write_text(json.dumps({"auths": {host: {"auth": auth}}}))
