"""How many files the process may have open."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

_SCRIPT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
import layerview.workers
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
layerview.workers.Workers(1).close()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(("soft", "hard", "then"), [(256, 1024, 1024), (256, 8192, 4096), (6000, 8192, 6000)])
def test_workers_have_as_many_as_images_with_many_layers_need(soft: int, hard: int, then: int) -> None:
    """As many as are allowed, and none more because a module is imported."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < hard:
        pytest.skip(f"here are {most} at most")
    command = [sys.executable, "-c", _SCRIPT, str(soft), str(hard)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.split() == [str(soft), str(then)]
