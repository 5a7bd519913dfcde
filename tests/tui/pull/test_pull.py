"""Pictures of the question whether to pull, and of a pull, on a low and narrow terminal and on larger ones; their keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from layerview.errors import LayerviewError, ServiceError
from layerview.image import Reference
from layerview.sources.pulling import LayerPull, PullProgress, Stop
from layerview.sources.tally import Tally
from layerview.tui.pull.app import PullApp
from layerview.tui.pull.question import QuestionScreen
from layerview.tui.pull.screen import PullScreen
from tests.tui.conftest import said, until

Compare = Callable[..., bool]

SIZES = [pytest.param(size, id=f"{size[0]}x{size[1]}") for size in ((80, 24), (120, 40), (200, 50))]

_LAYERS = (
    LayerPull("6fbd55a1d0fe", "Already exists", complete=True),
    LayerPull("b302f782fc85", "Pull complete", 0, 29_124_181, 29_124_181, True),
    LayerPull("8d2f085d851e", "Extracting", 16_777_216, 52_428_800, 52_428_800),
    LayerPull("d8edc5ac87df", "Download complete", 0, 1_201_465, 1_201_465),
    LayerPull("b86697de7729", "Verifying Checksum", 0, 9_501_846, 9_501_846),
    LayerPull("9df2aa72f5d2", "Downloading", 201_801_903, 201_801_903, 524_288_000),
    LayerPull("0aa7bb574356", "Downloading", 2_100, 2_100, 2_100_825),
    LayerPull("024b6a25fd57", "Retrying in 10 seconds"),
    LayerPull("cb4398eb3570", "Waiting"),
    LayerPull("46eec946a1b7", "Waiting"),
)


class Held:
    """A pull that has told of these layers, and then waits to be stopped, or fails."""

    engine, the = "docker", "the Docker Engine"
    reference = Reference.parse("registry.example.com/team/shop:1")

    def __init__(self, layers: Sequence[LayerPull] = _LAYERS, error: LayerviewError | None = None) -> None:
        self._layers, self._error = layers, error
        self.pulls = 0
        self.ended = threading.Event()

    def check(self) -> None:
        """It answers."""

    def pull(self, progress: PullProgress, stop: Stop) -> None:
        self.pulls += 1
        for layer in self._layers:
            progress(layer)
        if self._error is not None:
            raise self._error
        with stop.by(self.ended.set):
            self.ended.wait()


REFUSED = ServiceError(
    "registry.example.com/team/shop:1 cannot be pulled by the Docker Engine: unauthorized: authentication required",
    "Check the name; docker login registry.example.com leaves a login.",
)


Make = Callable[..., PullApp]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """An app for a pull that ends with the test, and by whose clock it has gone on for ten seconds."""
    pulls: list[Held] = []

    def tally() -> Tally:
        begun = iter((0.0,))
        return Tally(lambda: next(begun, 10.0))

    def make(held: Held, **how: Any) -> PullApp:
        pulls.append(held)
        return PullApp(held, **{"ask": False, "registry": False, **how})

    monkeypatch.setattr("layerview.tui.pull.app.Tally", tally)
    yield make
    for held in pulls:
        held.ended.set()


async def rested(pilot: Any) -> None:
    """Wait until all is shown that has been told."""
    await pilot.pause(0.3)


@pytest.mark.parametrize("size", SIZES)
class TestPictures:
    def test_question(self, snap_compare: Compare, app: Make, size: tuple[int, int]) -> None:
        """Why it is asked, and the three answers."""
        why = "No place has registry.example.com/team/shop:1: The Docker Engine has no image of that name"
        question = app(Held(), ask=True, registry=True, why=why)
        assert snap_compare(question, terminal_size=size, run_before=rested)

    def test_layers_in_every_state(self, snap_compare: Compare, app: Make, size: tuple[int, int]) -> None:
        """A bar for each layer with the engine's words and bytes; the whole, with rate and time left, above."""
        assert snap_compare(app(Held()), terminal_size=size, run_before=rested)

    def test_refusal(self, snap_compare: Compare, app: Make, size: tuple[int, int]) -> None:
        """What the engine said and what to do, below the layers as far as they were."""
        assert snap_compare(app(Held(_LAYERS[:6], REFUSED)), terminal_size=size, run_before=rested)


REFUSED = ServiceError(
    "registry.example.com/team/shop:1 cannot be pulled by the Docker Engine: unauthorized: authentication required",
    "Check the name; docker login registry.example.com leaves a login.",
)


class TestKeys:
    @pytest.mark.parametrize(
        ("keys", "opens"),
        [
            (("enter",), "docker:registry.example.com/team/shop:1"),
            (("down", "enter"), "registry:registry.example.com/team/shop:1"),
            (("end", "enter"), None),
            (("q",), None),
        ],
        ids=["pull", "registry", "leave", "q"],
    )
    async def test_an_answer_says_what_to_open(self, app: Make, keys: tuple[str, ...], opens: str | None) -> None:
        held = Held()
        held.ended.set()
        question = app(held, ask=True, registry=True)
        async with question.run_test() as pilot:
            await pilot.press(*keys)
            await until(pilot, lambda: not question.is_running)
        assert question.return_value == opens
        assert held.pulls == (opens is not None and opens.startswith("docker:"))

    async def test_escape_gives_a_pull_up_for_the_question_and_never_ends_the_program(self, app: Make) -> None:
        held = Held()
        question = app(held, ask=True, registry=True)
        async with question.run_test() as pilot:
            await pilot.press("escape", "enter")
            await until(pilot, lambda: isinstance(question.screen, PullScreen) and held.pulls == 1)
            await pilot.press("escape")
            await until(pilot, held.ended.is_set)
            assert isinstance(question.screen, QuestionScreen)
            await pilot.press("escape")
            assert "Nothing to go back from; q quits." in said(question)
            held.ended.clear()
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(question.screen, PullScreen) and held.pulls == 2)
            await pilot.pause(0.1)
            assert not held.ended.is_set(), "the next pull is not stopped, too"

    @pytest.mark.parametrize("keys", [("escape",), ("enter", "escape", "escape")])
    async def test_what_was_chosen_from_a_list_leads_back_there(self, app: Make, keys: tuple[str, ...]) -> None:
        question = app(Held(), ask=True, chosen=True)
        async with question.run_test() as pilot:
            await pilot.press(*keys)
            await until(pilot, lambda: not question.is_running)
        assert question.return_value is None

    @pytest.mark.parametrize("key", ["q", "ctrl+c"])
    async def test_a_pull_is_stopped(self, app: Make, key: str) -> None:
        held = Held()
        pull = app(held)
        async with pull.run_test() as pilot:
            await until(pilot, lambda: isinstance(pull.screen, PullScreen) and held.pulls == 1)
            await pilot.press(key)
            await until(pilot, lambda: not pull.is_running)
        pull.stop()
        assert held.ended.is_set()
        assert pull.return_value is None

    async def test_what_has_failed_is_pulled_again_or_left_with_its_error(self, app: Make) -> None:
        held = Held((), REFUSED)
        pull = app(held)
        async with pull.run_test() as pilot:
            await until(
                pilot, lambda: bool(pull.screen.query("#refusal")) and pull.screen.query_one("#refusal").display
            )
            await pilot.press("r")
            await until(pilot, lambda: held.pulls == 2)
            await until(
                pilot, lambda: bool(pull.screen.query("#refusal")) and pull.screen.query_one("#refusal").display
            )
            await pilot.press("escape", "q")
            await until(pilot, lambda: not pull.is_running)
        assert pull.return_value is REFUSED
