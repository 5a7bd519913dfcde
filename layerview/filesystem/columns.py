"""The merged tree as columns: what the merge computes and the stack answers from.

Four tables. *Paths* are those that any layer holds, in preorder, children in byte order of their names, so that a
subtree is a range; a *node* is the number of one. They have a record of their own, as trees share them: those that
grow while layers are merged, and those of two images that are compared. What layers made of each node is in the other
record. *Events* are what each layer did to each path, by layer and
then by node; events of one node are chained from the last to the first. *Inodes* are the contents
that layers store, each with the layer that hid it, if any.

Like the index of a layer they are raw bytes, to cross a process border untouched.
"""

from __future__ import annotations

from typing import NamedTuple

from layerview.layers.columns import I32, I64, U8, U16, U64, ColumnRecord

ABSENT = -1
"""No event, no inode, no row, no parent."""


NEVER = 0xFFFF
"""No layer."""


class Paths(ColumnRecord, frozen=True):
    """The paths of a merged tree, or of several, by node."""

    CACHED_AS = ".paths"

    text: U8
    """``/``, ``/etc``, ``/etc/passwd`` … in preorder, each ended by a newline; a newline in a name is a NUL here."""
    start: U64
    """Where a node's path begins in ``text``, and one more item for where the last one ends."""
    parent: I32
    end: I32
    """The first node behind the node's subtree."""
    depth: I32
    """0 for the root."""


class Columns(ColumnRecord, frozen=True):
    """What layers made of the paths."""

    CACHED_AS = ".tree"

    layers: int
    missing: tuple[int, ...]
    """Layers that were not at hand, in order."""
    stored: tuple[int, ...]
    """Regular-file bytes that each layer stores, from the lowest up."""
    wasted: tuple[tuple[int, int, int, int], ...]
    """Layer that stores, layer that hides, Reason, and the bytes that this costs; ascending."""
    wasted_files: int
    """How many files with bytes these are."""

    born: U16
    """By node, the first layer that holds the path; NEVER where none does."""
    gone: U16
    """The first layer that removes it; NEVER where none does."""
    returned: I32
    """The nodes that a layer holds again after one below it removed them, ascending."""
    last: I32
    """The node's last event."""

    event_bounds: tuple[int, ...]
    """First event of layer 1, of layer 2, …, and one more item for where the last layer's end."""
    event_node: I32
    """Ascending within a layer."""
    event_layer: U16
    event_row: I32
    """Row of the layer's index; ABSENT for a removal and for a parent that no layer lists."""
    event_change: U8
    """A Change. UNMODIFIED where the layer stores the very same again."""
    event_aspects: U16
    """Aspects of a modification."""
    event_inode: I32
    """Of what stores or links content, else ABSENT."""
    event_previous: I32
    """The node's event before this one."""

    inode_layer: U16
    """The layer that stores it. Inodes are of regular files, and of what else has a hard link."""
    inode_row: I32
    inode_node: I32
    """The path it was stored under; ABSENT for AUFS bookkeeping."""
    inode_size: I64
    """Bytes."""
    inode_crc: U64
    """0 where it was not needed."""
    inode_sha256: U64
    """As layers have it; empty where none has."""
    inode_gone: U16
    """The layer that hid its last name, 0 where the image still shows it."""
    inode_reason: U8
    """A Reason, where it is gone."""
    names: dict[int, tuple[int, ...]]
    """Inode with more than one name ever: its nodes, ascending."""

    total_last: I32
    """Of a directory, its newest row in the table of totals, else ABSENT."""
    total_layer: U16
    total_bytes: I64
    """Bytes below the directory from that layer on, each inode once."""
    total_items: I32
    """Paths below it."""
    total_previous: I32

    notes: dict[int, str]
    """Event: what a reader must know of it."""


class Tree(NamedTuple):
    """A merged tree."""

    paths: Paths
    columns: Columns
