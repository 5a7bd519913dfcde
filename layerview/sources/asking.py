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
    name: str, places: Iterable[_Place], ask: Callable[[_Place], T], aside: LayerviewError | None = None
) -> T:
    """The first answer.

    Raises LayerviewError, with what each answered, where none has the image or can be asked; ``aside`` is told before.
    """
    answers = [] if aside is None else [aside]
    for place in places:
        try:
            return ask(place)
        except (NotFoundError, ServiceError) as error:
            answers.append(error)
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

    def close(self) -> None:
        """Close all that were asked."""
        for source in self._opened:
            source.close()

    @cached_property
    def _found(self) -> tuple[Source, Image | None]:
        try:
            return first_that_has(self._name, self._places, self._ask, self._aside)
        except (NotFoundError, ServiceError) as error:
            error.image = self._name
            raise

    def _ask(self, place: Callable[[], Source]) -> tuple[Source, Image | None]:
        source = place()
        self._opened.append(source)
        return source, source.describe()
