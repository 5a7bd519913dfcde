"""Several places asked for one image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pytest

from layerview.errors import DamagedError, LayerviewError, NotFoundError, ServiceError
from layerview.image import Config, Image, Platform
from layerview.sources.asking import FirstThatHas
from layerview.sources.protocol import Contents, Job, Source, notices_of

_IMAGE = Image("demo:1", "", Platform(), Config(), ())


@dataclass
class Place:
    """A source that has the image, or says why it has not."""

    answer: Image | LayerviewError
    asked: int = 0
    closed: bool = False

    def describe(self) -> Image:
        self.asked += 1
        if isinstance(self.answer, LayerviewError):
            raise self.answer
        return self.answer

    def jobs(self) -> Sequence[Job]:
        return ()

    def cache_key(self, layer: int) -> str:
        return f"key {layer}"

    def contents(self, layer: int) -> Contents | None:
        return None

    def close(self) -> None:
        self.closed = True


def in_turn(*places: Place) -> list[Callable[[], Source]]:
    """What opens each."""
    return [partial(lambda place: place, place) for place in places]


_ABSENT = NotFoundError("Here it is not", "Build it.")
_DOWN = ServiceError("There is nobody there", "Start it.")


@pytest.mark.parametrize("answer", [_ABSENT, _DOWN])
def test_next_place_is_asked_where_one_has_it_not_or_does_not_answer(answer: LayerviewError) -> None:
    first, second, third = Place(answer), Place(_IMAGE), Place(_IMAGE)
    source = FirstThatHas("demo:1", in_turn(first, second, third))
    assert source.describe() is _IMAGE
    assert (source.cache_key(1), source.contents(1), source.jobs()) == ("key 1", None, ())
    assert (first.asked, second.asked, third.asked) == (1, 1, 0)
    source.close()
    assert (first.closed, second.closed, third.closed) == (True, True, False)


def test_a_place_that_could_not_be_asked_is_told_of_and_one_that_has_it_not_is_not() -> None:
    source = FirstThatHas("demo:1", in_turn(Place(_ABSENT), Place(_DOWN), Place(_IMAGE), Place(_DOWN)))
    source.describe()
    assert notices_of(source) == ("There is nobody there; the image was taken from the next place that has it",)


def test_image_that_is_damaged_in_one_place_is_not_looked_for_in_another() -> None:
    second = Place(_IMAGE)
    with pytest.raises(DamagedError):
        FirstThatHas("demo:1", in_turn(Place(DamagedError("broken")), second)).describe()
    assert not second.asked


@pytest.mark.parametrize(("answers", "kind"), [((_ABSENT, _ABSENT), NotFoundError), ((_DOWN, _ABSENT), ServiceError)])
def test_error_says_what_each_place_answered(answers: tuple[LayerviewError, ...], kind: type[LayerviewError]) -> None:
    with pytest.raises(kind) as raised:
        FirstThatHas("demo:1", in_turn(*map(Place, answers))).describe()
    assert all(answer.message in raised.value.message for answer in answers)
    assert "say where it is" in raised.value.hint
    assert "\n" not in raised.value.message


def test_error_of_the_only_place_is_as_that_says_it() -> None:
    with pytest.raises(NotFoundError) as raised:
        FirstThatHas("demo:1", in_turn(Place(_ABSENT))).describe()
    assert raised.value is _ABSENT
