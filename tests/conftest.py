"""What holds for all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unprivileged import Program, program_for_all


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tests neither see nor fill the cache of whoever runs them."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """The program for one who is not root."""
    with program_for_all() as program:
        yield program


@pytest.fixture(autouse=True, scope="session")
def _heeds_signals() -> None:
    """Programs that tests start heed signals that whoever runs the tests is spared: by nohup, or as a job of a script."""
    for number, action in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, action)
