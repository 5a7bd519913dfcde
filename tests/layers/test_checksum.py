from __future__ import annotations

import pytest
from fastcrc.crc64 import go_iso

from layerview.layers.checksum import checksum_of_zeros


@pytest.mark.parametrize("count", [0, 1, 511, (1 << 20) - 1, 1 << 20, 5_000_077])
@pytest.mark.parametrize("before", [b"", b"abc"])
def test_zeros_that_are_not_made_count_as_if_they_were(count: int, before: bytes) -> None:
    assert checksum_of_zeros(count, go_iso(before)) == go_iso(before + bytes(count))


def test_holes_add_up() -> None:
    assert checksum_of_zeros(3 << 45, checksum_of_zeros(7 << 40, 1)) == checksum_of_zeros((3 << 45) + (7 << 40), 1)
