"""Archives that went wrong on their way: a LayerviewError, or a result that is consistent, in bounded time and memory.

``FUZZ_SECONDS`` tells how long to try, and ``FUZZ_SEED`` where to begin; what fails names the seed that makes it
happen again.
"""

from __future__ import annotations

import os
import random
import resource
import time
from pathlib import Path

import pytest

from layerview.analysis import account
from layerview.errors import LayerviewError
from layerview.exploration import Exploration
from layerview.filesystem import Comparison, Stack
from layerview.reports import FORMATS, ExploredImage
from layerview.sources import open_source
from tests.fuzz.mutations import archives, mutated

SECONDS = float(os.environ.get("FUZZ_SECONDS", "8"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
ARCHIVES = archives()


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_that_nothing_happened_to_is_read_whole(kind: str, tmp_path: Path) -> None:
    assert explored(tmp_path / "image", ARCHIVES[kind]) == "whole"


def test_mutated_archives_are_read_or_named(tmp_path: Path) -> None:
    deadline, seed, path = time.monotonic() + SECONDS, SEED, tmp_path / "image"
    kinds = list(ARCHIVES)
    outcomes: dict[str, int] = {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while time.monotonic() < deadline:
        kind = kinds[seed % len(kinds)]
        start = time.monotonic()
        try:
            outcome = explored(path, mutated(ARCHIVES[kind], random.Random(seed)))
        except Exception as error:
            raise AssertionError(f"{kind!r}, {seed}") from error
        assert time.monotonic() - start < 10, (kind, seed)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        seed += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(f"{seed - SEED:,} mutated archives: {outcomes}; {grown / 1e6:.0f} MB")
    assert grown < 500_000_000


def explored(path: Path, content: bytes) -> str:
    """What came of it: "whole", "in part" or "refused"."""
    path.write_bytes(content)
    try:
        exploration = Exploration(open_source(f"docker-archive:{path}"), max_size=100_000_000)
        exploration.run()
    except LayerviewError as error:
        assert error.message
        return "refused"
    image, stack = exploration.image, exploration.stack
    assert image and stack and exploration.account
    assert stack.missing == exploration.failures.keys()
    explored = ExploredImage(image, stack, exploration.account, exploration.failures)
    for report in FORMATS.values():
        report(explored, 80).encode()
    check(stack)
    return "in part" if exploration.failures else "whole"


def check(stack: Stack) -> None:
    """Everything adds up."""
    found = account(stack)
    assert found.total_bytes == sum(map(stack.stored, range(1, stack.layers + 1)))
    assert found.final_bytes == stack.size(0, stack.layers)
    assert sum(waste.bytes for waste in found.wastes) == found.wasted_bytes
    assert 0 <= found.wasted_bytes <= found.total_bytes
    for layer in range(stack.layers + 1):
        nodes = list(stack.walk(layer))
        assert stack.items(0, layer) == len(nodes) - 1
        for node in nodes:
            assert stack.entry(node, layer) is not None
            assert stack.present(stack.parent(node), layer) or node == 0
            assert stack.find(stack.path(node)) == node
        comparison = Comparison(stack, max(layer - 1, 0), layer)
        assert sum(map(bool, comparison.changes)) == comparison.counts().total
