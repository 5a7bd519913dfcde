"""What holds for all tests."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.terminal import TRUE_COLOUR
from tests.unprivileged import Program, program_for_all

_TOLD = (
    "CONTAINERD_ADDRESS CONTAINERD_NAMESPACE CONTAINERS_CONF CONTAINERS_REGISTRIES_CONF CONTAINERS_STORAGE_CONF "
    "CONTAINER_CONNECTION CONTAINER_HOST DOCKER_BUILDKIT DOCKER_CONFIG DOCKER_CONTEXT REGISTRY_AUTH_FILE "
    "XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR"
)
"""Variables by which whoever runs the tests tells engines and tools where their things are."""


@pytest.fixture(autouse=True, scope="session")
def _home_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither see nor change what whoever runs them has cached, set and logged in to."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        for name in (*_TOLD.split(), "NO_COLOR"):
            patch.delenv(name, raising=False)
        for name, value in TRUE_COLOUR.items():  # a screen looks otherwise on a terminal with few colours
            patch.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered(_home_of_its_own: None) -> None:
    """No test before has moved borders."""
    shutil.rmtree(os.environ["XDG_STATE_HOME"], ignore_errors=True)


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
