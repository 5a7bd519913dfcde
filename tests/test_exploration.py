"""An exploration: the same result whichever way it runs, what stays of a damaged image, and that it ends at once."""

from __future__ import annotations

import gc
import gzip
import math
import os
import queue
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from io import FileIO
from pathlib import Path

import pytest
from fastcrc.crc64 import go_iso
from msgspec.structs import replace

from layerview import exploration, workers
from layerview.analysis import account
from layerview.errors import AmbiguousError, DamagedError, LayerviewError
from layerview.exploration import (
    Aborted,
    Begun,
    Described,
    Exploration,
    Finished,
    LayerFailed,
    Progressed,
    Restacked,
    exploring,
    run,
)
from layerview.exploration.checksums import Checksums, shared_size
from layerview.exploration.tasks import ChecksumTask, Expected, Merged, MergeTask
from layerview.filesystem import Stack
from layerview.layers import Cache, LayerIndex, content_checksum
from layerview.sources import Alternative, Contents, Several, Source, open_source
from layerview.sources.archives.choosing import FromArchive, Wanted
from layerview.sources.archives.passing import PassingArchive
from layerview.sources.protocol import NearContents
from layerview.workers import Send, Task, Workers
from tests.archives import docker_archive
from tests.builders import directory, file, hardlink, layer, symlink, whiteout
from tests.sources.images import Saved, image, tar
from tests.sources.images import docker_archive as docker_archive_of
from tests.waiting import PATIENCE, until

LAYERS = (
    layer(directory("d"), file("d/a", b"1" * 700), file("d/b", b"2" * 300), symlink("l", "d")),
    layer(file("d/a", b"1" * 700, mode=0o600), hardlink("c", "d/b"), file("same", b"x" * 50)),
    layer(whiteout("d/b"), file("same", b"y" * 50)),
    layer(file("same", b"x" * 50)),
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return docker_archive(tmp_path / "image.tar", *LAYERS)


def explored(path: Path, cache: Cache | None = None) -> Exploration:
    explored = Exploration(open_source(str(path)), cache)
    explored.run()
    return explored


def told(path: Path, cache: Cache | None = None) -> tuple[Exploration, list[exploration.ExplorationEvent]]:
    """Explores in the background, to the end; what was told on the way."""
    events: queue.Queue[exploration.ExplorationEvent] = queue.Queue()
    explored = Exploration(open_source(str(path)), cache)
    explored.start(events.put)
    heard: list[exploration.ExplorationEvent] = []
    while not heard or not isinstance(heard[-1], Finished | Aborted):
        heard.append(events.get(timeout=PATIENCE))
    explored.close()
    return explored, heard


def summary(explored: Exploration) -> object:
    stack, account = explored.stack, explored.account
    assert stack is not None and account is not None
    states = [
        [(stack.path(node), stack.entry(node, at), stack.size(node, at)) for node in stack.walk(at)]
        for at in range(stack.layers + 1)
    ]
    return states, account.total_bytes, account.matrix, [stack.history(node) for node in range(stack.nodes)]


def test_processes_find_what_one_process_finds(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = explored(archive)
    monkeypatch.setattr(exploring, "SMALL", -1)
    assert summary(explored(archive)) == summary(here)
    assert here.account is not None and here.account.wasted_bytes == 700 + 50 + 50


def test_what_one_process_has_read_another_finds(archive: Path, tmp_path: Path) -> None:
    merging = explored(archive).merge_task()

    def shared(name: str) -> MergeTask:
        size = shared_size(merging.indexes, merging.contents)
        (tmp_path / name).touch()
        os.truncate(tmp_path / name, size)
        return replace(merging, shared=FileIO(tmp_path / name, "r+"))

    told: list[object] = []
    shared("merge").run(told.append)
    (rivals,) = (message.rivals for message in told if isinstance(message, Expected))
    ChecksumTask(shared("help"), rivals).run(told.append)
    archive.unlink()
    found = Checksums(merging.indexes, merging.contents, shared=FileIO(tmp_path / "help", "r+"))
    contents = b"1" * 700, b"1" * 700, b"x" * 50, b"y" * 50, b"y" * 50, b"x" * 50
    assert [found(*row) for row in zip(*rivals, strict=True)] == [*map(go_iso, contents)]


@pytest.mark.parametrize(("processes", "helped"), [(1, 0), (2, 1)])
def test_an_idle_process_reads_what_a_merge_compares(
    archive: Path, monkeypatch: pytest.MonkeyPatch, processes: int, helped: int
) -> None:
    submitted: list[Task] = []
    submit = Workers.submit

    def noting(self: Workers, task: Task, *, first: bool = False) -> None:
        submitted.append(task)
        submit(self, task, first=first)

    here = explored(archive)
    monkeypatch.setattr(Workers, "submit", noting)
    monkeypatch.setattr(exploring, "SMALL", -1)
    monkeypatch.setattr(exploring, "worker_count", lambda: processes)
    assert summary(explored(archive)) == summary(here)
    assert sum(isinstance(task, ChecksumTask) for task in submitted) == helped


def test_events_tell_the_image_first_then_trees_that_grow(archive: Path) -> None:
    found, events = told(archive)
    assert isinstance(events[0], Described)
    assert isinstance(events[-1], Finished)
    stacks = [event.stack for event in events if isinstance(event, Restacked)]
    assert stacks[-1] is found.stack and not stacks[-1].missing
    assert summary(found) == summary(explored(archive))


@pytest.mark.parametrize(("worth", "least", "most"), [(0.0, 2, 4), (math.inf, 1, 1)])
def test_a_tree_is_made_early_only_where_that_takes_less_than_all_layers_do(
    archive: Path, monkeypatch: pytest.MonkeyPatch, worth: float, least: int, most: int
) -> None:
    monkeypatch.setattr(run, "_FEW", 1)
    monkeypatch.setattr(run, "_WORTH", worth)
    found, events = told(archive)
    assert least <= sum(isinstance(event, Restacked) for event in events) <= most
    assert summary(found) == summary(explored(archive))


def test_all_early_trees_together_cost_two_of_the_last_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many layers there are: each has twice the entries of the one before."""
    path = docker_archive(
        tmp_path / "image.tar", *(layer(*(file(f"{number}-{name}") for name in range(20))) for number in range(16))
    )
    for name, value in (("_FEW", 1), ("_WORTH", 0.0), ("_PAUSE", 0.0)):
        monkeypatch.setattr(run, name, value)
    monkeypatch.setattr(exploring, "worker_count", lambda: 1)
    _, events = told(path)
    *early, last = (entries_of(event.stack) for event in events if isinstance(event, Restacked))
    assert last == 320
    assert len(early) >= 3
    assert sum(early) <= 2 * last


def entries_of(stack: Stack) -> int:
    """How many entries the layers have that are in the tree."""
    return sum(stack.entries(layer) for layer in range(1, stack.layers + 1) if layer not in stack.missing)


def test_a_tree_grows_while_layers_are_merged(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its paths, which are numbered once, are in the same pages all the while."""
    monkeypatch.setattr(run, "_WORTH", math.inf)
    monkeypatch.setattr(import_module("layerview.filesystem.merge"), "_MUCH", 1)
    found, events = told(archive)
    first, *_, last = (event.stack for event in events if isinstance(event, Restacked))
    assert first.missing and not last.missing
    files = {os.fstat(workers._file_of(stack.paths)).st_ino for stack in (first, last)}
    assert len(files) == 1
    assert summary(found) == summary(explored(archive))


def test_files_of_the_lowest_layer_are_told_of_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("layerview.layers.beginning"), "_SOON", 0)
    upper = layer(*(file(f"upper/{number}") for number in range(200)))
    path = docker_archive(
        tmp_path / "image.tar", layer(*(file(f"d/{number:03}", b"1") for number in range(200))), upper
    )
    found, events = told(path, Cache(tmp_path / "cache", 1 << 30))
    kinds = [type(event) for event in events]
    assert kinds.index(Described) < kinds.index(Begun) < kinds.index(Restacked)
    (begun,) = (event.stack for event in events if isinstance(event, Begun))
    assert begun.missing == {2}
    assert begun.all_paths() == [b"", b"d", *(b"d/%03d" % number for number in range(64))]
    assert begun.size(0, 1) == 64
    assert summary(found) == summary(explored(path)) == summary(told(path, Cache(tmp_path / "cache", 1 << 30))[0])


def test_nothing_is_told_of_a_layer_that_one_job_reads_among_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which one it is only the job knows."""
    monkeypatch.setattr(import_module("layerview.layers.beginning"), "_SOON", 0)
    twice = layer(*(file(f"d/{number:03}", b"1") for number in range(200)))
    _, events = told(docker_archive(tmp_path / "image.tar", twice, twice))
    assert not any(isinstance(event, Begun) for event in events)
    assert isinstance(events[-1], Finished)


def test_no_tree_is_shown_that_does_not_know_contents_which_are_far_away(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would call them different, and take that back."""
    monkeypatch.setattr(import_module("layerview.filesystem.merge"), "_MUCH", 1)
    near = replace(explored(archive).merge_task(), least=0)

    class Far:
        def __init__(self, contents: Contents | None) -> None:
            assert isinstance(contents, NearContents)
            self.read = contents.read

        def checksums(self, index: LayerIndex, rows: Sequence[int]) -> dict[int, int]:
            return {row: content_checksum(index, row, self.read) for row in rows}

    far = replace(near, contents={layer: Far(contents) for layer, contents in near.contents.items()})
    trees: list[list[Merged]] = []
    for task in (near, far):
        sent: list[object] = []
        task.run(sent.append)
        trees.append([message for message in sent if isinstance(message, Merged)])
    assert len(trees[0]) > 1 == len(trees[1])
    states = [Stack(found[-1].tree, near.indexes) for found in trees]
    assert account(states[0]).matrix == account(states[1]).matrix != {}


class Niceness:
    """A task that says how nice the process is that runs it."""

    def run(self, send: Send) -> None:
        send(os.nice(0))


@pytest.mark.parametrize(("yielding", "nicer"), [(True, 10), (False, 0)])
def test_workers_yield_to_a_screen_and_to_nothing_else(yielding: bool, nicer: int) -> None:
    crew = Workers(1, yielding=yielding)
    crew.submit(Niceness())
    _, niceness = crew.receive()
    crew.close()
    assert niceness == min(os.nice(0) + nicer, 19)


@pytest.mark.parametrize("forked", [True, False])
def test_an_archive_from_a_pipe_is_read_in_another_process(archive: Path, forked: bool) -> None:
    """One that was forked, or, where there is a second thread, one that was not."""
    came = threading.Event()
    other = threading.Thread(target=came.wait)
    if not forked:
        other.start()
    with subprocess.Popen(["cat", archive], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        pipe = FileIO(os.dup(writer.stdout.fileno()))
        writer.stdout.close()
        heard: queue.Queue[exploration.ExplorationEvent] = queue.Queue()
        found = Exploration(PassingArchive(pipe, FromArchive(None, Wanted()), "A pipe"))
        found.start(heard.put)
        while not isinstance(heard.get(timeout=PATIENCE), Finished):
            pass
        found.close()
    came.set()
    assert writer.returncode == 0
    assert summary(found) == summary(explored(archive))


SEVERAL = [Saved(image(LAYERS[0], LAYERS[n]), (f"demo:{n}",)) for n in (1, 2)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["in place", "in one pass"])
def test_several_images_are_told_of_before_an_error_says_that_one_must_be_chosen(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "several"
    path.write_bytes(pack(tar(docker_archive_of(*SEVERAL))))
    found, events = told(path)
    assert [type(event) for event in events if not isinstance(event, Progressed)] == [Several, Aborted]
    assert isinstance(events[-1], Aborted) and isinstance(events[-1].error, AmbiguousError)
    for number, choice in enumerate(found.alternatives, 1):
        again = Exploration(choice.open())
        again.run()
        alone = docker_archive(tmp_path / "alone.tar", LAYERS[0], LAYERS[number])
        assert summary(again) == summary(explored(alone))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["in place", "in one pass"])
def test_what_else_there_is_is_told_of_beside_the_image_that_was_named(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "several"
    path.write_bytes(pack(tar(docker_archive_of(*SEVERAL))))
    found, events = told(Path(f"docker-archive:{path}:demo:2"))
    assert isinstance(events[-1], Finished)
    assert [(choice.names, choice.meant) for choice in found.alternatives] == [
        (("demo:1",), False),
        (("demo:2",), True),
    ]
    assert found.image is not None and found.image.name == "demo:2"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="nothing tells which files are open")
def test_nothing_of_an_exploration_stays_open_when_another_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "several"
    path.write_bytes(gzip.compress(tar(docker_archive_of(*SEVERAL))))

    def open_files() -> int:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    def explore(source: Source) -> tuple[Alternative, ...]:
        heard: queue.Queue[exploration.ExplorationEvent] = queue.Queue()
        found = Exploration(source)
        found.start(heard.put)
        while not isinstance(heard.get(timeout=PATIENCE), Finished):
            pass
        found.close()
        return found.alternatives

    alternatives = explore(open_source(f"docker-archive:{path}:demo:1"))
    explore(alternatives[0].open())
    before = open_files()
    for alternative in alternatives * 2:
        explore(alternative.open())
    assert open_files() == before


@pytest.mark.parametrize("small", [-1, exploring.SMALL])
def test_a_damaged_layer_is_named_and_the_others_are_shown(
    archive: Path, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploring, "SMALL", small)
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b"d/a\0", b"d/?\0", 1))
    found, events = told(archive)
    assert list(found.failures) == [1]
    assert isinstance(found.failures[1], DamagedError)
    assert [event.layer for event in events if isinstance(event, LayerFailed)] == [1]
    assert found.stack is not None and found.stack.missing == {1}
    assert found.stack.find(b"same") is not None


def test_what_is_no_image_is_told_as_one_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.tar.gz"
    path.write_bytes(gzip.compress(b"hello" * 1000))
    with pytest.raises(LayerviewError):
        explored(path)
    _, events = told(path)
    assert [type(event) for event in events if not isinstance(event, Progressed)] == [Aborted]


_SLOW = """
import sys
from layerview.exploration import Exploration
from layerview.sources import open_source
if __name__ == "__main__":
    exploration = Exploration(open_source(sys.argv[1]))
    exploration.start(lambda event: print(type(event).__name__, flush=True))
    sys.stdin.read()
    exploration.close()
    print("closed", flush=True)
"""


@pytest.fixture
def slow(tmp_path: Path) -> subprocess.Popen[str]:
    """A program that explores an image for many seconds."""
    zeros = tarfile.TarInfo("zeros")
    zeros.size = 200 << 26
    large = gzip.compress(zeros.tobuf()) + gzip.compress(bytes(1 << 26)) * 200 + gzip.compress(bytes(1024))
    bomb = docker_archive(tmp_path / "slow.tar", large, *LAYERS)
    script = tmp_path / "slow.py"
    script.write_text(_SLOW)
    process = subprocess.Popen(
        [sys.executable, str(script), str(bomb)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "Described\n"
    return process


def alive(session: int) -> list[int]:
    """Processes of a session that run; those that have ended and wait to be reaped do not."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of_session = status.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(of_session) == session and state != "Z":
            found.append(int(status.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_no_process_outlives_a_program_that_is_killed(slow: subprocess.Popen[str], signal_: signal.Signals) -> None:
    until(lambda: len(alive(slow.pid)) >= 3)
    slow.send_signal(signal_)
    slow.wait(PATIENCE)
    until(lambda: not alive(slow.pid))
    slow.communicate()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_closing_in_the_middle_ends_at_once_and_says_nothing_more(slow: subprocess.Popen[str]) -> None:
    until(lambda: len(alive(slow.pid)) >= 3)
    output, _ = slow.communicate("", timeout=PATIENCE)
    assert output.splitlines()[-1] == "closed"
    assert "Aborted" not in output
    until(lambda: not alive(slow.pid))
