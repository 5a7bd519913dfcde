"""Several places asked for one image, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TypeVar

from layerview.errors import LayerviewError, NotFoundError, ServiceError
from layerview.image import Image
from layerview.sources.protocol import Alternative, Contents, Job, Source, alternatives_of

T = TypeVar("T")
_Place = TypeVar("_Place")


def first_that_has(
    name: str,
    places: Iterable[_Place],
    ask: Callable[[_Place], T],
    aside: LayerviewError | None = None,
    passed_over: Callable[[LayerviewError], None] = lambda error: None,
) -> T:
    """The first answer. ``passed_over`` hears why others that were asked before gave none.

    Raises LayerviewError, with what each answered, where none has the image or can be asked; ``aside`` is told before.
    """
    answers = [] if aside is None else [aside]
    for place in places:
        try:
            return ask(place)
        except (NotFoundError, ServiceError) as error:
            answers.append(error)
            passed_over(error)
    if len(answers) == 1:
        raise answers[0]
    kind = ServiceError if any(isinstance(answer, ServiceError) for answer in answers) else NotFoundError
    said = "; ".join(answer.message for answer in answers)
    raise kind(f"No place has {name}: {said}", "Check its name, or say where it is: docker:NAME, registry:HOST/NAME …")


class FirstThatHas:
    """An image of the first of several sources that has it."""

    def __init__(self, name: str, places: Sequence[Callable[[], Source]], aside: LayerviewError | None = None) -> None:
        """``places`` open the sources, each when it is its turn; ``aside`` is why the image is not where it was looked for."""
        self._name, self._places, self._aside = name, places, aside
        self._opened: list[Source] = []
        self._silent: list[LayerviewError] = []
        """Why places could not be asked."""

    def describe(self) -> Image | None:
        """What the image is, there. Raises LayerviewError."""
        return self._found[1]

    def jobs(self) -> Sequence[Job]:
        """Those of the source that has it."""
        return self._found[0].jobs()

    def cache_key(self, layer: int) -> str:
        """As the source that has it says."""
        return self._found[0].cache_key(layer)

    def contents(self, layer: int) -> Contents | None:
        """As the source that has it says."""
        return self._found[0].contents(layer)

    def alternatives(self) -> Sequence[Alternative]:
        """Those in the place that was asked last: it has the image, or several that may be meant."""
        return alternatives_of(self._opened[-1])

    def notices(self) -> Sequence[str]:
        """Which places could not be asked, and so may have another image of that name."""
        return [f"{error.message}; the image was taken from the next place that has it" for error in self._silent]

    def close(self) -> None:
        """Close all that were asked."""
        for source in self._opened:
            source.close()

    @cached_property
    def _found(self) -> tuple[Source, Image | None]:
        try:
            return first_that_has(self._name, self._places, self._ask, self._aside, self._pass_over)
        except (NotFoundError, ServiceError) as error:
            error.image = self._name
            raise

    def _pass_over(self, error: LayerviewError) -> None:
        if isinstance(error, ServiceError):
            self._silent.append(error)

    def _ask(self, place: Callable[[], Source]) -> tuple[Source, Image | None]:
        source = place()
        self._opened.append(source)
        return source, source.describe()
