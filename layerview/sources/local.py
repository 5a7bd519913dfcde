"""The engines of this machine, asked one after the other where nobody says which is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from layerview.errors import LayerviewError, NotFoundError, ServiceError
from layerview.image import Image
from layerview.sources.protocol import Contents, Job, Source


class FirstOf:
    """An image of the first engine that has it."""

    def __init__(self, name: str, engines: Sequence[Callable[[], Source]]) -> None:
        """``engines`` open the image of that ``name``; describing it tells whether it is there."""
        self._name, self._engines = name, engines
        self._source: Source | None = None

    def describe(self) -> Image | None:
        """What the first one tells. Raises LayerviewError, with what each answered, where none has it."""
        if self._source is not None:
            return self._source.describe()
        answers: list[LayerviewError] = []
        for open_image in self._engines:
            try:
                source = open_image()
                image = source.describe()
            except LayerviewError as error:
                answers.append(error)
            else:
                self._source = source
                return image
        raise _told(self._name, answers) from answers[0]

    def jobs(self) -> Sequence[Job]:
        return self._chosen.jobs()

    def cache_key(self, layer: int) -> str:
        return self._chosen.cache_key(layer)

    def contents(self, layer: int) -> Contents | None:
        return self._chosen.contents(layer)

    def close(self) -> None:
        if self._source is not None:
            self._source.close()

    @property
    def _chosen(self) -> Source:
        assert self._source is not None, "the image is described first"
        return self._source


def _told(name: str, answers: Sequence[LayerviewError]) -> LayerviewError:
    """One answer as it is; of several, what each was."""
    if len(answers) == 1:
        return answers[0]
    kind = NotFoundError if any(isinstance(answer, NotFoundError) for answer in answers) else ServiceError
    said = "; ".join(answer.message for answer in answers)
    hints = (answer.hint for answer in answers if isinstance(answer, kind))
    return kind(f"No engine has {name}: {said}", next(hints, answers[0].hint))
