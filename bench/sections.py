"""Which measurements make a row of the results. A section takes both sides of its rows in one run."""

from __future__ import annotations

import math
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.images import (
    HUGE,
    REAL,
    SMALL,
    ensure_in_engine,
    generated_archive,
    huge_archive,
    real_archive,
    small_archive,
)
from bench.programs import LAYERVIEW, Program, Target, dive, environment
from bench.registry import COPY, in_registry, missing
from bench.results import Growth, Row, Section, Spread
from bench.visits import Press, Visit, answers_while_loading, first_frame, fresh_cache, run, visit, warm

CONTAINERD_HOST = "BENCH_CONTAINERD_HOST"
"""The environment variable with the DOCKER_HOST of an engine that uses containerd's image store, if there is one."""

_FRAME = 0.016
"""Seconds in which a key is to be answered, so that the next picture of the screen shows it."""
_EMPTY_APP = "from textual.app import App; App().run()"


class Bench:
    """The sections. ``quick`` takes each measurement once, and leaves out what takes minutes."""

    def __init__(self, quick: bool) -> None:
        self._quick = quick
        self._dive = dive()

    # Archives

    def archive(self, section: Section) -> None:
        """The real image as an archive."""
        path = real_archive()
        mine, other = self._open_both(path, 5, 3)
        section.rows += [
            Row("real archive: launch to a tree that answers keys", _ready(mine), "dive", _shown(other), 20),
            Row("real archive: launch to all layers indexed", _complete(mine), "dive", _shown(other), 20),
        ]
        self._look_closely(section, "real archive", path, memory=10)
        self._compare_reports(section, path)

    def huge(self, section: Section) -> None:
        """The largest archive. dive takes minutes for it, and is left out where time is short."""
        path = huge_archive()
        mine, other = self._open_both(path, 3, 0 if self._quick else 1)
        section.rows += [
            Row("14 GB archive: launch to a tree that answers keys", _ready(mine), "dive", _shown(other), 60),
            Row("14 GB archive: launch to all layers indexed", _complete(mine), "dive", _shown(other), 60),
        ]
        self._look_closely(section, "14 GB archive", path, memory=40, with_dive=not self._quick)
        self._press_meanwhile(section, "14 GB archive", Target.archive(path), seconds=20, times=3)

    def small(self, section: Section) -> None:
        """A small image, as an archive and in the engine."""
        path = small_archive()
        mine, other = self._open_both(path, 5, 5)
        work = "small archive: launch to a tree that answers keys"
        section.rows.append(Row(work, _ready(mine), "dive", _shown(other), 1))
        ensure_in_engine(SMALL, path)
        mine, other = self._visit_both(Target(SMALL, in_engine=True), 5, 5)
        work = "small image of the engine: launch to a tree that answers keys"
        section.rows.append(Row(work, _ready(mine), "dive", _shown(other), 2))

    # The engine

    def engine(self, section: Section) -> None:
        """The real image in the engine, by the engine's own records."""
        self._compare_in_engine(section, REAL, real_archive(), "real")

    def huge_in_engine(self, section: Section) -> None:
        """The largest image likewise; docker save and dive take some twenty minutes for it."""
        self._compare_in_engine(section, HUGE, huge_archive(), "14 GB")

    def _compare_in_engine(self, section: Section, image: str, archive: Path, name: str) -> None:
        ensure_in_engine(image, archive)
        save = self._save(image, environment())
        mine = self._repeat(LAYERVIEW, Target(image, in_engine=True), 5)
        other = self._repeat(self._dive, Target(image, in_engine=True), 1)
        section.rows += [
            Row(f"{name} image of the engine: launch to the layers", _layers(mine), "limit", 1.0, 1),
            Row(f"{name} image of the engine: all layers indexed", _complete(mine), "docker save", save, 10),
            Row(f"{name} image of the engine: all layers indexed", _complete(mine), "dive", _shown(other), 100),
        ]

    def export(self, section: Section) -> None:
        """The real image in the engine, by export."""
        ensure_in_engine(REAL, real_archive())
        target, name = Target(REAL, in_engine=True), "real image of the engine, by export"
        saved, exported = [], []
        for _ in range(self._times(4)):  # in turn, as an engine may take half as long again as it took a minute before
            saved.append(self._save(REAL, environment(), 1))
            exported += self._repeat(LAYERVIEW, target, 1, "--export")
        save = statistics.median(saved)
        section.rows.append(Row(f"{name}: all layers indexed", _complete(exported), "docker save", save, 1 / 1.1))
        self._press_meanwhile(section, name, target, "--export", seconds=15, times=4)
        with fresh_cache() as cache:
            self._visit(LAYERVIEW, target, cache, (), "--export")
            again = self._visit(LAYERVIEW, target, cache, (), "--export")
        section.rows.append(
            Row(f"{name}, opened before: all layers indexed", _complete([again]), "docker save", save, 10)
        )

    def containerd(self, section: Section) -> None:
        """An engine with containerd's image store, where there is one."""
        host = os.environ.get(CONTAINERD_HOST)
        if not host:
            return
        engine = {"DOCKER_HOST": host}
        ensure_in_engine(REAL, real_archive(), {**environment(), **engine})
        save = self._save(REAL, {**environment(), **engine})
        mine = self._repeat(LAYERVIEW, Target(REAL, in_engine=True), 3, more=engine)
        work = "real image of an engine with containerd's store: all layers indexed"
        section.rows.append(Row(work, _complete(mine), "docker save", save, 5))

    # A registry

    def registry(self, section: Section) -> None:
        """The real image in a registry of this machine, where there are the programs for it."""
        if lacking := missing():
            print(f"registry: left out, as there is no {' and no '.join(lacking)}", flush=True)
            return
        ensure_in_engine(REAL, real_archive())
        mine, other, floor = [], [], []
        with in_registry(REAL) as name:
            command = [*LAYERVIEW.command, f"registry:{name}"]
            print(" ", *command, flush=True)
            for _ in range(self._times(5)):
                with fresh_cache() as cache:
                    mine.append(visit(LAYERVIEW, command, environment(cache)))
                with tempfile.TemporaryDirectory() as folder:
                    copy = [*COPY, "--src-tls-verify=false", "--src-no-creds", f"docker://{name}", f"dir:{folder}"]
                    other.append(run(copy, environment()))
                floor.append(run([sys.executable, "-m", "bench.floor", name], environment()))
        yardstick = "skopeo copy to a folder", statistics.median(other), 1.0
        section.rows += [
            Row("real image of a registry: all layers indexed", _complete(mine), *yardstick),
            Row("the same blobs unpacked and verified, and nothing else", statistics.median(floor), *yardstick),
        ]

    # What was opened before

    def again(self, section: Section) -> None:
        """Images that were opened before, against the time in which Textual paints anything."""
        empty = [first_frame([sys.executable, "-c", _EMPTY_APP], environment()) for _ in range(self._times(5))]
        limit = statistics.median(empty) + 0.5
        for name, archive in (("small", small_archive), ("real", real_archive), ("14 GB", huge_archive)):
            with fresh_cache() as cache:
                visits = [self._visit(LAYERVIEW, Target.archive(archive()), cache) for _ in range(self._times(5) + 1)]
            work = f"{name} archive opened before: launch to a tree that answers keys"
            section.rows.append(Row(work, _ready(visits[1:]), "an empty Textual app and 0.5 s", limit, 1))

    # Growth

    def growth(self, section: Section) -> None:
        """How cost grows with the number of entries."""
        for entries in (10_000, 100_000) if self._quick else (10_000, 100_000, 1_000_000):
            target = Target.archive(generated_archive(entries))
            warm(Path(target.name))
            for program in (LAYERVIEW, self._dive):
                if program is self._dive and entries > 100_000:
                    continue  # it needs more memory than most machines have
                opened = self._repeat(program, target, 1 if program is self._dive else 3)
                with fresh_cache() as cache:
                    seen = self._visit(program, target, cache, _growth_presses(program), watched=True)
                keys = {key: Spread.of("", "", key, seen.keys.get(key, [None])) for key in ("cursor", "filter", "sort")}
                section.growth.append(
                    Growth(
                        program.name,
                        entries,
                        _complete(opened),
                        seen.peak,
                        keys["cursor"].p95 / 1000,
                        keys["filter"].median / 1000,
                        keys["sort"].median / 1000,
                    )
                )

    # What the sections share

    def _times(self, wanted: int) -> int:
        return min(wanted, 1) if self._quick else wanted

    def _open_both(self, path: Path, mine: int, other: int) -> tuple[list[Visit], list[Visit]]:
        warm(path)
        return self._visit_both(Target.archive(path), mine, other)

    def _visit_both(self, target: Target, mine: int, other: int) -> tuple[list[Visit], list[Visit]]:
        return self._repeat(LAYERVIEW, target, mine), self._repeat(self._dive, target, other)

    def _repeat(
        self, program: Program, target: Target, times: int, *options: str, more: Mapping[str, str] | None = None
    ) -> list[Visit]:
        """Visits with nothing in the cache."""
        visits = []
        for _ in range(self._times(times)):
            with fresh_cache() as cache:
                visits.append(self._visit(program, target, cache, (), *options, more=more))
        return visits

    def _visit(
        self,
        program: Program,
        target: Target,
        cache: Path,
        presses: Iterable[Press] = (),
        *options: str,
        watched: bool = False,
        more: Mapping[str, str] | None = None,
    ) -> Visit:
        command = program.explore(target, *options)
        print(" ", *command, flush=True)
        return visit(program, command, {**environment(cache), **(more or {})}, presses, watched=watched)

    def _look_closely(self, section: Section, name: str, path: Path, memory: float, with_dive: bool = True) -> None:
        """Memory and keys, each in a visit of its own; of dive, which is slow anyway, in the same."""
        peaks = {}
        for program in (LAYERVIEW, self._dive) if with_dive else (LAYERVIEW,):
            with fresh_cache() as cache:
                found = self._visit(program, Target.archive(path), cache, _presses(program), watched=True)
            peaks[program] = found.peak or math.inf
            if program is LAYERVIEW:
                with fresh_cache() as cache:
                    found = self._visit(program, Target.archive(path), cache, _presses(program))
            section.keys += [Spread.of(name, program.name, key, times) for key, times in found.keys.items()]
        section.rows.append(
            Row(f"{name}: peak memory", peaks[LAYERVIEW], "dive", peaks.get(self._dive, math.inf), memory, "bytes")
        )
        mine = [spread for spread in section.keys if (spread.image, spread.program) == (name, "layerview")]
        for spread in mine:
            work = f"{name}: {spread.key}, 95 of 100 presses"
            section.rows.append(Row(work, spread.p95, "limit", _FRAME * 1000, 1, "ms"))

    def _press_meanwhile(
        self, section: Section, name: str, target: Target, *options: str, seconds: float, times: int
    ) -> None:
        """Keys while layers are indexed, from the first files on, and afterwards: for so many seconds a visit in all."""
        command = LAYERVIEW.explore(target, *options)
        loading, idle = list[float](), list[float]()
        for _ in range(self._times(times)):
            print(" ", *command, flush=True)
            with fresh_cache() as cache:
                meanwhile, afterwards = answers_while_loading(LAYERVIEW, command, environment(cache), seconds)
            loading += meanwhile
            idle += afterwards
        calm = Spread.of(f"{name}, afterwards", "layerview", "cursor", idle or [None])
        section.keys.append(calm)
        if not loading:
            print(f"{name}: files came with the last layer, so that no key could be pressed before", flush=True)
            return
        busy = Spread.of(f"{name}, while it is indexed", "layerview", "cursor", loading)
        section.keys.append(busy)
        work = f"{name}: cursor while layers are indexed, 95 of 100 presses"
        section.rows.append(Row(work, busy.p95, "afterwards", calm.p95, 0.5, "ms"))

    def _compare_reports(self, section: Section, path: Path) -> None:
        target = Target.archive(path)
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "report.json")
            other = [run(self._dive.write_report(target, output), environment()) for _ in range(self._times(3))]
            first, again = [], []
            for _ in range(self._times(3)):
                with fresh_cache() as cache:
                    command = LAYERVIEW.write_report(target, output)
                    first.append(run(command, environment(cache)))
                    again.append(run(command, environment(cache)))
        against = statistics.median(other)
        section.rows += [
            Row("real archive: report -o json", statistics.median(first), "dive --json", against, 5),
            Row("real archive: report -o json, from the cache", statistics.median(again), "dive --json", against, 10),
        ]

    def _save(self, image: str, environment: Mapping[str, str], times: int = 2) -> float:
        """Seconds that ``docker save`` takes, its output thrown away."""
        return statistics.median(run(["docker", "save", image], environment) for _ in range(self._times(times)))


SECTIONS: dict[str, Callable[[Bench, Section], None]] = {
    "small": Bench.small,
    "archive": Bench.archive,
    "again": Bench.again,
    "engine": Bench.engine,
    "export": Bench.export,
    "containerd": Bench.containerd,
    "registry": Bench.registry,
    "growth": Bench.growth,
    "huge": Bench.huge,
    "huge-in-engine": Bench.huge_in_engine,
}
QUICK = ("small", "archive", "growth")


def _presses(program: Program) -> Iterator[Press]:
    """From the second layer of seven on, and then in the files: every kind of key, 40 times."""
    yield Press("", [program.back, "down"])
    yield Press("next layer", ["down", "down", "down", "down", "up", "up", "up", "up"] * 5)
    if program is LAYERVIEW:
        yield Press("what is compared", ["c"] * 40)
        yield Press("", ["f"])
        yield Press("next layer, compared from another", ["down", "up"] * 20)
        yield Press("", ["f"])
    yield Press("other pane", ["tab", program.back] * 20)
    yield Press("", ["tab"])
    yield Press("fold or unfold", ["space"] * 40)
    if program.open_all:
        yield Press("", [program.open_all])
    yield Press("cursor", ["down"] * 40)
    yield Press("page down", ["page down"] * 40)
    if program is LAYERVIEW:
        yield from _presses_of_its_own()


def _presses_of_its_own() -> Iterator[Press]:
    """What dive has no keys for."""
    yield Press("which bytes are shown of files", ["v"] * 21)
    yield Press("sort", ["s"] * 21)
    yield Press("", ["home", "/"])
    yield Press("letter of a filter", [*"conf", *["backspace"] * 4] * 5)
    yield Press("", ["escape"])
    yield Press("which bytes are shown", ["v"] * 39)
    yield Press("compare from this layer, or not", ["f"] * 39)
    yield Press("next layer, compared with that", ["]", "["] * 20)
    yield Press("", ["f"])
    yield Press("list of files, or their tree", ["t"] * 21)
    yield Press("cursor in the list of files", ["down"] * 40)
    yield Press("page down in the list of files", ["page down"] * 40)
    yield Press("next layer in the list of files", ["]", "["] * 20)
    yield Press("", ["t"])
    yield Press("first look at what layers store", ["T"])
    yield Press("page down in what layers store", ["page down"] * 40)
    yield Press("", ["tab", "tab"])
    yield Press("zoom", ["z"] * 40)
    yield Press("border", ["{", "}", "-", "+"] * 10)
    yield Press("first look at what is wasted", ["2"], quiet=0.005)  # it is added up behind that, between keys
    yield Press("", ["1"], quiet=3.0)
    yield Press("another tab", ["1", "2", "3"] * 13)
    yield Press("", ["2", "home"])
    yield Press("cursor in what is wasted", ["down", "up"] * 20)
    yield Press("fold or unfold what is wasted", ["space"] * 40)
    yield Press("fold or unfold all that is wasted", ["\x00"] * 11)
    yield Press("page down in what is wasted", ["page down"] * 40)


def _growth_presses(program: Program) -> Iterator[Press]:
    if program.open_all:
        yield Press("", [program.open_all])
    yield Press("cursor", ["down"] * 40)
    yield Press("sort", ["\x0f"] * 6)  # Ctrl+O
    yield Press("", ["\x06", *"confi"])  # Ctrl+F
    # Letters are shown at once, and what they filter once no more of them come for a while.
    yield Press("filter", ["g", "\x7f", "g", "\x7f", "g"], quiet=1.0)


def _ready(visits: Sequence[Visit]) -> float:
    """Launch to a tree that answers keys."""
    return _median(visit.answer for visit in visits)


def _shown(visits: Sequence[Visit]) -> float:
    """Launch to a tree: the yardstick that dive gives, which may take seconds more to answer."""
    return _median(visit.tree for visit in visits)


def _complete(visits: Sequence[Visit]) -> float:
    return _median(visit.complete for visit in visits)


def _layers(visits: Sequence[Visit]) -> float:
    return _median(visit.layers for visit in visits)


def _median(times: Iterable[float | None]) -> float:
    """Infinite where there are none, or one did not come to it."""
    return statistics.median([math.inf if time is None else time for time in times] or [math.inf])
