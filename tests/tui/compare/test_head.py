"""The first line while two images are compared: what it tells, and what gives way where it is narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from layerview.analysis import Account
from layerview.exploration import Exploration
from layerview.exploration.pair import ImagePair
from layerview.filesystem import ImageComparison
from layerview.sources import open_source
from layerview.text import columns
from layerview.tui.base import BaseApp
from layerview.tui.compare.head import PairHead
from tests.archives import docker_archive
from tests.builders import file, layer, whiteout

LONG = (
    "registry.example:5000/group/team/a-service:2026.11.29",
    "registry.example:5000/group/team/a-service:2026.11.30",
)
WIDE = ("日本語/" * 30 + ":1", "日本語/" * 30 + ":2")
BASE = layer(file("big", b"1" * 12_000_000), file("kept", b"2" * 300_000_000))


class Alone(BaseApp[None]):
    def __init__(self, names: tuple[str, str], pair: ImagePair) -> None:
        super().__init__()
        self._names, self._pair = names, pair

    def compose(self) -> ComposeResult:
        yield PairHead(self._names)

    def on_mount(self) -> None:
        self.query_one(PairHead).show(self._names, accounts(self._pair), comparison(self._pair), None, None, 0)


def accounts(pair: ImagePair) -> tuple[Account, Account]:
    one, other = (exploration.account for exploration in pair.explorations)
    assert one and other
    return one, other


def comparison(pair: ImagePair) -> ImageComparison:
    assert pair.comparison
    return pair.comparison


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> ImagePair:
    """Twelve megabytes of the first image are wasted in the second, which adds twenty."""
    return pair_of(
        tmp_path_factory.mktemp("grown"),
        [BASE],
        [BASE, layer(whiteout("big"), file("new", b"3" * 20_000_000))],
    )


@pytest.fixture(scope="module")
def squashed(tmp_path_factory: pytest.TempPathFactory) -> ImagePair:
    """The same files, for which the second image stores twelve megabytes less."""
    kept = layer(file("kept", b"2" * 300_000_000))
    return pair_of(tmp_path_factory.mktemp("squashed"), [BASE, layer(whiteout("big"))], [kept])


def pair_of(folder: Path, old: list[bytes], new: list[bytes]) -> ImagePair:
    archives = [str(docker_archive(folder / f"{name}.tar", *made)) for name, made in (("old", old), ("new", new))]
    one, other = (Exploration(open_source(archive)) for archive in archives)
    pair = ImagePair(one, other, (archives[0], archives[1]))
    pair.run()
    return pair


async def head(pair: ImagePair, width: int, names: tuple[str, str] = ("nc/app:1", "nc/app:2")) -> str:
    app: App[None] = Alone(names, pair)
    async with app.run_test(size=(width, 3)) as pilot:
        await pilot.pause()
        widget = app.query_one(PairHead)
        text = widget.render_lines(widget.size.region)[0].text
    assert columns(text) <= width
    return text.strip()


async def test_both_images_are_told_with_what_they_waste(grown: ImagePair) -> None:
    whole = (
        "nc/app:1 → nc/app:2  312 → 332 MB  +20 MB  wasted 0 B → 12 MB  efficiency 100.0 → 96.4 %  "
        "1 added (20 MB)  1 removed (12 MB)  the second wastes 12 MB more"
    )
    assert await head(grown, 160) == whole
    assert await head(grown, 120) == whole[: whole.index("  1 removed")]


async def test_at_eighty_columns_nothing_but_words_gives_way(grown: ImagePair) -> None:
    expected = "nc/app:1 → nc/app:2  312 → 332 MB  +20 MB  wasted 0 B → 12 MB  100.0 → 96.4 %"
    assert await head(grown, 80) == expected


async def test_what_only_wastes_less_has_the_same_files(squashed: ImagePair) -> None:
    told = await head(squashed, 140)
    assert "312 → 300 MB  −12 MB  wasted 12 MB → 0 B" in told
    assert told.endswith("same files  the second wastes 12 MB less")


@pytest.mark.parametrize("names", [LONG, WIDE], ids=["long", "wide"])
@pytest.mark.parametrize("width", [60, 80, 120, 200])
async def test_names_give_way_before_figures_and_are_told_apart(
    grown: ImagePair, names: tuple[str, str], width: int
) -> None:
    """Of whatever length: no figure is cut, and what is left of a name is its end."""
    old, arrow, new, *figures = (await head(grown, width, names)).split()
    assert arrow == "→" and old != new
    assert names[0].endswith(old.strip("…")) and names[1].endswith(new.strip("…"))
    assert " ".join(figures).startswith("312 → 332 MB +20 MB")
