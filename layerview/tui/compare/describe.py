"""What the tabs say of two images that are compared, as lines of text: no screen in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from layerview.analysis import Account, LayerPair, is_same
from layerview.errors import LayerviewError
from layerview.filesystem import Aspect, Entry, ImageComparison, Stack
from layerview.image import HistoryEntry, Image
from layerview.layers import Kind
from layerview.text import escape
from layerview.trees import Change
from layerview.tui.lists.line import Line
from layerview.tui.panes.describe import LOOKS, describe_image, describe_layer, history_of
from layerview.wording.changes import SIGNS, signed
from layerview.wording.entries import KINDS, NONE, device_of, link_of, mode_of, owner_of, value_of
from layerview.wording.figures import counted, difference, exact
from layerview.wording.times import in_full

Names = tuple[str, str]
"""What the two images are called, the first one's first."""


def names_of(titles: Names, images: tuple[Image | None, Image | None]) -> Names:
    """How to call two images so that they are told apart; ``titles`` are what the reader called them."""
    one, other = images
    if one is None or other is None:
        return titles
    if one.name != other.name:
        return one.name, other.name
    if str(one.platform) != str(other.platform):
        return f"{one.name} {one.platform}", f"{other.name} {other.platform}"
    return titles if titles[0] != titles[1] else (f"{one.name} (first)", f"{other.name} (second)")


def describe_difference(
    comparison: ImageComparison, node: int, images: tuple[Image, Image], names: Names
) -> list[Line]:
    """A path as it is in both images, and its history in each."""
    stack, path = comparison.stack, comparison.stack.path(node)
    change, aspects, below = comparison.change(node), comparison.aspects(node), comparison.changes_below(node)
    lines = [Line("", f"/{escape(path)}", "strong", escape(b"/" + path))]
    if change:
        lines.append(Line("change", signed(change), LOOKS[change]))
    elif aspects == Aspect.TIME:
        lines.append(Line("change", "none but the time, which does not count here", "dim"))
    elif not below:
        lines.append(Line("change", "none: it is the same in both images", "dim"))
    if below:
        label = "" if lines[1:] else "change"
        lines.append(Line(label, f"· {counted(below, 'path')} below it changed", "modified"))
    stacks = comparison.before, stack
    old, new = (each.entry(node, each.layers) for each in stacks)
    sizes = tuple(each.size(node, each.layers) for each in stacks)
    lines += _both(old, new, (sizes[0], sizes[1]), aspects)
    for each, image, name in zip(stacks, images, names, strict=True):
        lines += [Line(), Line("", f"In {escape(name)}", "strong")]
        lines += list(history_of(each, node, image)) or [Line("", "no layer has it", "dim")]
    return lines


def _both(old: Entry | None, new: Entry | None, sizes: tuple[int, int], aspects: Aspect) -> Iterator[Line]:
    """Each thing to be known of a path: once where it is the same in both images, else as old → new."""

    def line(label: str, tell: Callable[[Entry], str]) -> Line:
        told = list(dict.fromkeys(tell(entry) for entry in (old, new) if entry))
        return Line(label, " → ".join(told), "text" if len(told) == 1 else LOOKS[Change.MODIFIED])

    sized = dict(zip(map(id, (old, new)), sizes, strict=True))
    kinds = {entry.kind for entry in (old, new) if entry}
    yield line("type", lambda entry: KINDS[entry.kind] + (", listed in no layer" if entry.implied else ""))
    if any(entry.link is not None for entry in (old, new) if entry):
        yield line("link to", link_of)
    if kinds & {Kind.FILE, Kind.HARDLINK, Kind.DIRECTORY}:
        yield line("size", lambda entry: exact(sized[id(entry)]))
    if old and new and kinds <= {Kind.FILE, Kind.HARDLINK}:
        differs = Aspect.CONTENT in aspects
        yield Line("content", "differs" if differs else "the same", LOOKS[Change.MODIFIED] if differs else "text")
    yield line("mode", mode_of)
    yield line("owner", owner_of)
    yield line("time", lambda entry: NONE if entry.implied else in_full(entry.mtime))
    if any(entry.device for entry in (old, new) if entry):
        yield line("device", device_of)
    attributes = sorted({name for entry in (old, new) if entry for name in entry.xattrs})
    for number, name in enumerate(attributes):
        told = line("" if number else "xattrs", partial(_attribute, name))
        yield replace(told, text=f"{escape(name)} = {told.text}")


def _attribute(name: bytes, entry: Entry) -> str:
    return value_of(entry.xattrs[name]) if name in entry.xattrs else NONE


def describe_configs(images: tuple[Image, Image], names: Names) -> list[Line]:
    """Both configurations, line by line: what only the first has, what only the second has, and what both have."""
    old, new = map(_fields, images)
    lines = [Line("", f"{escape(names[0])} → {escape(names[1])}", "strong")]
    for label in dict.fromkeys([*old, *new]):
        before, after = old.get(label, {}), new.get(label, {})
        told = [
            _signed(line, *((" ", "text") if text in after else (SIGNS[Change.REMOVED], "removed")))
            for text, line in before.items()
        ]
        told += [_signed(line, SIGNS[Change.ADDED], "added") for text, line in after.items() if text not in before]
        lines += [replace(line, label="" if number else label) for number, line in enumerate(told)]
    return lines


def _signed(line: Line, sign: str, look: str) -> Line:
    return Line("", f"{sign} {line.text}", look, line.text)


def _fields(image: Image) -> dict[str, dict[str, Line]]:
    """What the configuration says under each label, by its text."""
    fields: dict[str, dict[str, Line]] = {}
    label = ""
    for line in describe_image(image)[1:]:
        label = line.label or label
        if line.text:
            fields.setdefault(label, {})[line.text] = line
    return fields


def change_of(pair: LayerPair) -> Change:
    """What became of a layer from the first image to the second."""
    if is_same(pair):
        return Change.UNMODIFIED
    return Change.MODIFIED if all(pair) else Change.ADDED if pair[1] else Change.REMOVED


def describe_layer_pair(
    pair: LayerPair,
    images: tuple[Image, Image],
    names: Names,
    sides: Sequence[tuple[Stack | None, Account | None, LayerviewError | None]],
) -> list[Line]:
    """A layer of one image or of both. ``sides`` is what is known of each, and why the layer cannot be read there."""
    where = " and ".join(
        f"layer {layer.number} of {escape(name)}" for layer, name in zip(pair, names, strict=True) if layer
    )
    change = change_of(pair)
    told = {Change.UNMODIFIED: "in both", Change.MODIFIED: "one instruction"}.get(change, "only in")
    lines = [Line(told, where, LOOKS[change] if change else "text")]
    number = 0 if pair[0] and not pair[1] else 1
    layer = pair[number]
    assert layer is not None
    if change is Change.MODIFIED:
        lines += _stored(pair, [stack for stack, _, _ in sides])
    stack, account, failure = sides[number]
    step = (layer.history or HistoryEntry(), layer)
    return [*lines, Line(), *describe_layer(images[number], step, stack, account, failure)]


def _stored(pair: LayerPair, stacks: Sequence[Stack | None]) -> Iterator[Line]:
    """What both layers store, once they are read."""
    sizes = [
        stack.stored(layer.number)
        for layer, stack in zip(pair, stacks, strict=True)
        if layer and stack and layer.number not in stack.missing
    ]
    if len(sizes) == 2:
        old, new = sizes
        yield Line("stores", f"{exact(old)} → {exact(new)}, {difference(old, new)}")
