"""Where paths are that are not at a layer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.filesystem import Elsewhere, elsewhere
from tests.builders import file, whiteout
from tests.stacks import node, stack
from tests.strategies import IMAGES, Layer

LAYERS = (
    (file("a"),),
    (file("root/netrc"), file("root/x")),
    (file("root/netrc", b"1"),),
    (whiteout("root"),),
    (file("b"),),
)


@pytest.mark.parametrize(
    ("paths", "layer", "found"),
    [
        (["root/netrc"], 5, Elsewhere(3, 1, 4)),
        (["root/netrc", "root/x"], 5, Elsewhere(3, 2, 4)),
        (["root/x"], 4, Elsewhere(2, 1, 4)),
        (["root/netrc"], 1, Elsewhere(2, 1, 4)),
        (["b"], 1, Elsewhere(5, 1, 0)),
        (["root/x", "b"], 4, Elsewhere(2, 1, 4)),
        ([], 4, None),
    ],
)
def test_the_nearest_layer_that_holds_them_is_found_lower_ones_first(
    paths: list[str], layer: int, found: Elsewhere | None
) -> None:
    s = stack(*LAYERS)
    mask = bytearray(s.nodes)
    for path in paths:
        mask[node(s, path)] = 1
    assert elsewhere(s, mask, layer) == found


@given(IMAGES, st.data())
def test_what_is_found_is_there_and_gone_where_it_is_said_to_be(layers: list[Layer], data: st.DataObject) -> None:
    s = stack(*layers)
    layer = data.draw(st.integers(1, s.layers))
    absent = [n for n in range(1, s.nodes) if not s.present(n, layer)]
    wanted = data.draw(st.sets(st.sampled_from(absent))) if absent else set()
    found = elsewhere(s, bytes(n in wanted for n in range(s.nodes)), layer)
    ever = [(n, at) for n in wanted for at in range(1, s.layers + 1) if s.present(n, at)]
    assert (found is None) == (not ever)
    if found:
        assert found.paths == sum(s.present(n, found.layer) for n in wanted) > 0
        gone = [n for n in wanted if s.present(n, found.layer) and not s.present(n, found.removed_by)]
        assert not found.removed_by or gone
