"""What the Details and Image tabs say, as lines of text: no screen in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.filesystem import Aspect, Comparison, Entry, Event, Measure, Stack
from layerview.image import HistoryEntry, Image, Layer
from layerview.layers import Kind
from layerview.text import escape, fit, size
from layerview.trees import Change
from layerview.tui.lists.line import Line
from layerview.wording.changes import SAME, counted_changes, signed
from layerview.wording.entries import KINDS, NONE, device_of, link_of, mode_of, owner_of, value_of
from layerview.wording.figures import counted, exact
from layerview.wording.layers import NOT_RECORDED, step_told
from layerview.wording.times import in_full

LOOKS = {
    Change.UNMODIFIED: "dim",
    Change.ADDED: "added",
    Change.MODIFIED: "modified",
    Change.REMOVED: "removed",
}


def describe_layer(
    image: Image,
    step: tuple[HistoryEntry, Layer | None],
    stack: Stack | None,
    account: Account | None,
    failure: LayerviewError | None,
) -> list[Line]:
    """A layer, or a step of the history that made none."""
    entry, layer = step
    lines = _instruction(entry)
    if entry.lines:
        lines.append(Line("lines", escape(str(entry.lines))))
    if failure:
        lines += [Line("unreadable", escape(failure.message), "removed"), Line("", escape(failure.hint), "dim")]
    lines += _present(
        ("created", escape(entry.created)), ("author", escape(entry.author)), ("comment", escape(entry.comment))
    )
    if layer is None:
        return [*lines, Line("layer", "none: this step changed only the configuration", "dim"), *_lines(entry)]
    lines.append(Line("layer", f"{layer.number} of {len(image.layers)}"))
    if layer.unavailable:
        lines.append(Line("state", escape(layer.unavailable), "modified"))
    if stack and layer.number not in stack.missing:
        lines.append(Line("stores", exact(stack.stored(layer.number))))
        lines.append(Line("entries", f"{stack.entries(layer.number):,}"))
        lines.append(Line("changes", counted_changes(stack.counts(layer.number))))
    elif layer.size is not None:
        lines.append(Line("size", exact(layer.size)))
    if layer.stored_size is not None:
        lines.append(Line("blob", exact(layer.stored_size)))
    lines += [Line("diffID", escape(layer.diff_id), "dim")]
    lines += _present(("digest", escape(layer.digest)), ("media type", escape(layer.media_type)))
    if account:
        lines += _waste(account, layer.number)
    if stack:
        for number, warning in enumerate(stack.warnings(layer.number)):
            label = "" if number else "warnings"
            lines.append(Line(label, f"/{escape(warning.path)}: {escape(warning.text)}", "modified"))
    return [*lines, *_lines(entry)]


def describe_path(comparison: Comparison, node: int, image: Image) -> list[Line]:
    """A path as it is at the comparison's layer, and its history."""
    stack = comparison.stack
    path, entry, change = stack.path(node), comparison.entry(node), comparison.change(node)
    lines = [Line("", f"/{escape(path)}", "strong")]
    if change:
        lines.append(Line("change", signed(change), LOOKS[change]))
    elif comparison.changed_below(node):
        lines.append(
            Line("change", f"· {counted(comparison.changes_below(node), 'path')} below it changed", "modified")
        )
    if entry:
        lines += _metadata(entry, _sizes(comparison, node))
    if entry and entry.kind is Kind.DIRECTORY and stack.present(node, comparison.at):
        lines.append(Line("holds", counted(stack.items(node, comparison.at), "path")))
    return [*lines, Line(), Line("", "History", "strong"), *history_of(stack, node, image)]


def history_of(stack: Stack, node: int, image: Image) -> Iterator[Line]:
    """What each layer did to a path."""
    before: Entry | None = None
    instructions = {layer.number: layer.history for layer in image.layers}
    for event in stack.history(node):
        yield from _event(event, before, instructions.get(event.layer))
        before = event.entry


def describe_image(image: Image) -> list[Line]:
    """The image's configuration."""
    config = image.config
    lines = [Line("", escape(image.name), "strong")]
    lines += _each("tags", image.tags)
    lines += _each("digests", image.digests)
    lines += [Line("id", escape(image.id), "dim"), Line("platform", escape(str(image.platform)))]
    lines += _present(
        ("source", escape(image.source)), ("created", escape(config.created)), ("author", escape(config.author))
    )
    lines.append(Line())
    lines += _present(
        ("entrypoint", _arguments(config.entrypoint)),
        ("command", _arguments(config.cmd)),
        ("user", escape(config.user)),
        ("directory", escape(config.working_dir)),
        ("stop signal", escape(config.stop_signal)),
    )
    lines += _each("ports", config.exposed_ports)
    lines += _each("volumes", config.volumes)
    lines += _each("environment", config.env)
    lines += _each("labels", (f"{key}={value}" for key, value in config.labels.items()))
    if config.healthcheck:
        lines.append(Line("health check", escape(str(config.healthcheck))))
    lines += _each("warnings", image.warnings, "modified")
    return lines


def _instruction(entry: HistoryEntry) -> list[Line]:
    if not entry.instruction:
        told = step_told(entry)
        return [Line("", f"The instruction is {NOT_RECORDED}." if told == NOT_RECORDED else told, "dim")]
    return [Line("", escape(line.expandtabs(4)), "strong") for line in entry.instruction.splitlines()]


def _lines(entry: HistoryEntry) -> Iterator[Line]:
    """The lines of the Dockerfile as they stand there, where they say more than the instruction does."""
    if entry.lines and entry.lines.text != (entry.instruction,):
        yield Line()
        for number, line in enumerate(entry.lines.text, entry.lines.first):
            yield Line(f"{number:>5}", escape(line.expandtabs(4)))


def _present(*fields: tuple[str, str]) -> list[Line]:
    """The fields that have a value."""
    return [Line(label, value) for label, value in fields if value]


def _each(label: str, values: Iterable[str], look: str = "text") -> list[Line]:
    """One line for each value, the first one labelled."""
    return [Line("" if number else label, escape(value), look) for number, value in enumerate(values)]


def _arguments(arguments: Iterable[str] | None) -> str:
    return " ".join(f'"{escape(part)}"' if " " in part or not part else escape(part) for part in arguments or ())


def _waste(account: Account, number: int) -> Iterator[Line]:
    """What of this layer's bytes later layers hide, and what of earlier ones' it hides."""
    hidden = {(by, reason): bytes_ for (of, by, reason), bytes_ in account.matrix.items() if of == number}
    hides = {(of, reason): bytes_ for (of, by, reason), bytes_ in account.matrix.items() if by == number and of != by}
    if hidden:
        yield Line("wasted", f"{exact(sum(hidden.values()))} of what it stores", "removed")
    for (by, reason), bytes_ in hidden.items():
        where = "by itself" if by == number else f"by layer {by}"
        yield Line("", f"{size(bytes_)} hidden {where}: {reason}", "dim")
    if hides:
        yield Line("hides", f"{exact(sum(hides.values()))} of earlier layers", "modified")
    for (of, reason), bytes_ in hides.items():
        yield Line("", f"{size(bytes_)} of layer {of}: {reason}", "dim")


def _sizes(comparison: Comparison, node: int) -> Iterator[Line]:
    """How large a path is; and what of that its layer stores, and by how much it differs, where neither is the same."""
    bytes_, more = comparison.size(node), comparison.difference(node)
    yield Line(Measure.SIZE, exact(bytes_))
    if comparison.is_of_layer and comparison.own.found and comparison.stored(node) not in (0, bytes_):
        yield Line(Measure.STORED, f"{exact(comparison.stored(node))} by this layer")
    if more and abs(more) != bytes_:
        yield Line(Measure.DIFFERENCE, f"{'+' if more > 0 else '−'}{exact(abs(more))}")


def _metadata(entry: Entry, sizes: Iterable[Line]) -> Iterator[Line]:
    implied = ", listed in no layer" if entry.implied else ""
    yield Line("type", KINDS[entry.kind] + implied)
    if entry.link is not None:
        yield Line("link to", f"/{link_of(entry)}" if entry.kind is Kind.HARDLINK else link_of(entry))
    if entry.kind in (Kind.FILE, Kind.HARDLINK, Kind.DIRECTORY):
        yield from sizes
    yield Line("mode", mode_of(entry))
    yield Line("owner", owner_of(entry))
    if not entry.implied:
        yield Line("time", in_full(entry.mtime))
    if entry.device:
        yield Line("device", device_of(entry))
    for number, (name, value) in enumerate(entry.xattrs.items()):
        yield Line("" if number else "xattrs", f"{escape(name)} = {value_of(value)}")
    yield Line("layer", f"{entry.layer}, the last to touch it")


def _event(event: Event, before: Entry | None, history: HistoryEntry | None) -> Iterator[Line]:
    label = f"layer {event.layer}"
    sign = signed(event.change) if event.change else f"{SAME} stored again, the very same"
    instruction = f"  {fit(step_told(history), 60)}" if history else ""
    yield Line(label, sign + instruction, LOOKS[event.change])
    if history and history.lines:
        yield Line("", escape(str(history.lines)), "dim", str(history.lines))
    now = event.entry
    if event.change is Change.MODIFIED and now and before:
        for what in _differences(event, before, now):
            yield Line("", what, "text")
    if event.stored:
        yield Line("", f"{exact(event.stored)} stored", "dim")
    if event.note:
        yield Line("", event.note, "modified")


def _differences(event: Event, before: Entry, now: Entry) -> Iterator[str]:
    """Each thing that changed, as old → new."""
    aspects = event.aspects
    if Aspect.TYPE in aspects:
        yield f"type {KINDS[before.kind]} → {KINDS[now.kind]}"
    if Aspect.MODE in aspects:
        yield f"mode {mode_of(before)} → {mode_of(now)}"
    if aspects & (Aspect.UID | Aspect.GID):
        yield f"owner {owner_of(before)} → {owner_of(now)}"
    if Aspect.CONTENT in aspects:
        yield f"content {size(before.size)} → {size(now.size)}" if before.size != now.size else "content, of equal size"
    if Aspect.LINK in aspects:
        yield f"link {link_of(before)} → {link_of(now)}"
    if Aspect.DEVICE in aspects:
        yield f"device {device_of(before)} → {device_of(now)}"
    if Aspect.XATTRS in aspects:
        yield from _attributes(before.xattrs, now.xattrs)
    if Aspect.TIME in aspects:
        yield f"time {in_full(before.mtime)} → {in_full(now.mtime)}"
    if event.stored and not aspects & (Aspect.CONTENT | Aspect.TYPE):
        yield "content the same, stored again"


def _attributes(before: Mapping[bytes, bytes], now: Mapping[bytes, bytes]) -> Iterator[str]:
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            old, new = (value_of(side[name]) if name in side else NONE for side in (before, now))
            yield f"xattr {escape(name)} {old} → {new}"
