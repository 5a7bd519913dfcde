"""Which contents a merge is going to compare: known once paths are numbered, so that another process reads them meanwhile."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import compress

from layerview.filesystem.columns import ABSENT
from layerview.filesystem.nodes import Nodes
from layerview.layers import IS_FILE, LayerIndex

Rivals = tuple[Sequence[int], Sequence[int]]
"""Layers, and a row of each: half a million in as many bytes as they need."""


def rivals(nodes: Nodes, indexes: Mapping[int, LayerIndex]) -> Rivals:
    """The files whose checksums will be asked for, in about that order: they are not known, and the next lower layer that
    has the path holds a file of the same size there. The few that only hard links or older layers lead to are left out.
    """
    layers, rows = array("H"), array("i")
    last_layer, last_row = array("H", [0]) * len(nodes), array("i", [ABSENT]) * len(nodes)
    for layer in sorted(indexes):
        kinds, sizes, hashed = bytes(indexes[layer].kind), indexes[layer].size, indexes[layer].hashed
        is_file = kinds.translate(IS_FILE)
        places = compress(nodes.located[layer].nodes, is_file)
        for node, row in zip(places, compress(range(len(kinds)), is_file), strict=True):
            if (other := last_row[node]) != ABSENT and (below := indexes[last_layer[node]]).size[other] == sizes[row]:
                if not below.hashed[other]:
                    layers.append(last_layer[node])
                    rows.append(other)
                if not hashed[row]:
                    layers.append(layer)
                    rows.append(row)
            last_layer[node], last_row[node] = layer, row
    return layers, rows
