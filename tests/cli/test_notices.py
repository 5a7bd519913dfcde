"""What makes no difference but to speed is said when it comes: whoever waits for it is to know why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from layerview.cli.opening import explored_from
from layerview.cli.request import Request
from layerview.sources import Job, Reading, Source, open_source
from layerview.sources.protocol import Found
from layerview.sources.standing_in import Fallback, StandIn
from tests.archives import docker_archive
from tests.builders import file, layer


class Listening(StandIn, frozen=True):
    """Begins when the right thing has been said."""

    said: Callable[[], str]
    expected: str

    def run(self, reading: Reading) -> Iterator[Found]:
        assert self.said() == self.expected
        yield from super().run(reading)


class Slower:
    """A source whose layers come another way than the quickest."""

    def __init__(self, source: Source, around: Callable[[Job], Job]) -> None:
        self.describe, self.close = source.describe, source.close
        self.cache_key, self.contents = source.cache_key, source.contents
        self._jobs, self._around = source.jobs, around

    def jobs(self) -> Sequence[Job]:
        return [self._around(job) for job in self._jobs()]


@pytest.mark.parametrize("verbose", [False, True])
def test_it_is_said_before_the_work_begins_and_only_if_that_is_asked_for(
    verbose: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = "layerview: it takes longer \\x1b[31m\n" if verbose else ""

    def around(job: Job) -> Job:
        return Fallback(Listening(job, lambda: capsys.readouterr().err, expected), "it takes longer \x1b[31m")

    source = Slower(open_source(str(docker_archive(tmp_path / "image.tar", layer(file("a"))))), around)
    explored = explored_from(source, Request(cache=False, verbose=verbose))
    assert not explored.failures and explored.stack.find(b"a") is not None
    assert capsys.readouterr().err == ""
